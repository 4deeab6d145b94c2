"""Utilisation and balance: how much of the limit is drawn, and its trend."""

from __future__ import annotations

from risk_warning.core.features.absence import no_statement, not_on_both
from risk_warning.core.features.declare import Family, span
from risk_warning.core.features.phrase import (
    DIFFERENCE_OF_RATIOS,
    GROWTH,
    NUMBER,
    TREND_OF_RATIOS,
    Missing,
    Phrase,
    at_zero,
)
from risk_warning.core.features.value import CountOf, Largest, Latest, Mean, Now, Ratio, Slope, Spread, change, growth

FAMILY = Family("utilisation and balance", [])
_add = FAMILY.add
_NULL = "no balance with a limit was observed then"


def _no_use(months: int) -> Missing:
    return no_statement("a balance and a credit limit", "余额与授信额度", months)


_add(
    "utilisation_now",
    Latest("utilisation", 3),
    unit="ratio",
    null=_NULL,
    monotone=1,
    reason="utilisation",
    en="Use of the credit limit, latest of the last 3 months",
    zh="额度使用率（近3个月中最近一月）",
    missing=_no_use(3),
)
for _m in (3, 6, 12):
    _add(
        f"utilisation_mean_{_m}m",
        Mean("utilisation", _m),
        unit="ratio",
        null=_NULL,
        monotone=1,
        reason="utilisation",
        en=f"Use of the credit limit, mean over {span(_m)}",
        zh=f"近{_m}个月平均额度使用率",
        missing=_no_use(_m),
    )
    _add(
        f"utilisation_max_{_m}m",
        Largest("utilisation", _m),
        unit="ratio",
        null=_NULL,
        monotone=0,
        reason="utilisation",
        en=f"Use of the credit limit, highest month end of {span(_m)}",
        zh=f"近{_m}个月月末最高额度使用率",
        missing=_no_use(_m),
    )
_add(
    "utilisation_change_1m",
    change("utilisation", 1, 3),
    unit="ratio difference",
    null=_NULL,
    monotone=0,
    reason="utilisation_change",
    en="Use of the credit limit, last month against the 3 before",
    zh="近1个月额度使用率（较此前3个月）",
    phrases=DIFFERENCE_OF_RATIOS,
    missing=not_on_both("use of a credit limit", "额度使用率", 1, 3),
)
_add(
    "utilisation_change_3m",
    change("utilisation", 3, 9),
    unit="ratio difference",
    null=_NULL,
    monotone=0,
    reason="utilisation_change",
    en="Use of the credit limit, last 3 months against the 9 before",
    zh="近3个月平均额度使用率（较此前9个月）",
    phrases=DIFFERENCE_OF_RATIOS,
    missing=not_on_both("use of a credit limit", "额度使用率", 3, 9),
)
_add(
    "utilisation_slope_6m",
    Slope("utilisation", 6),
    unit="ratio difference a month",
    null="fewer than three months observed",
    monotone=0,
    reason="utilisation_change",
    en="Trend of the use of the credit limit over the last 6 months",
    zh="近6个月额度使用率的趋势",
    phrases=TREND_OF_RATIOS,
    missing=Missing(
        "The use of a credit limit is known in fewer than 3 of the last 6 months",
        "近6个月中已知额度使用率的不足3个月",
        "card_unknown",
    ),
)
_add(
    "utilisation_spread_12m",
    Spread("utilisation", 12),
    unit="ratio difference",
    null="fewer than two months observed",
    monotone=0,
    reason="utilisation",
    en="Spread of the use of the credit limit over the last 12 months",
    zh="近12个月额度使用率的波动（标准差）",
    phrases=at_zero("The use of the credit limit did not vary over the last 12 months", "近12个月额度使用率没有波动"),
    missing=Missing(
        "The use of a credit limit is known in fewer than 2 of the last 12 months",
        "近12个月中已知额度使用率的不足2个月",
        "card_unknown",
    ),
)
_add(
    "months_nearly_full_6m",
    CountOf("utilisation", ">=", 0.9, months=6),
    unit="months",
    null=_NULL,
    monotone=1,
    reason="utilisation",
    en="Months with 90 % or more of the limit used, of the last 6",
    zh="近6个月中额度使用90%及以上的月数",
    phrases=at_zero(
        "No month with 90 % or more of the limit used seen in the last 6", "近6个月未见额度使用90%及以上", NUMBER
    ),
    missing=_no_use(6),
)
_add(
    "limit_now",
    Latest("credit_limit", 3),
    unit="minor units",
    null="no limit was observed",
    monotone=-1,
    reason="credit_limit",
    en="Credit limit on the latest statements of the last 3 months",
    zh="近3个月最近账单的授信额度",
    missing=no_statement("a credit limit", "授信额度", 3),
)
_add(
    "limit_change_6m",
    growth("credit_limit", 3, 9),
    unit="ratio to before",
    null="no limit was observed then",
    monotone=0,
    reason="credit_limit",
    en="Credit limit, mean of the last 3 months against the 9 before",
    zh="近3个月平均授信额度（较此前9个月平均）",
    phrases=GROWTH,
    missing=not_on_both("credit limit", "授信额度", 3, 9),
)
_add(
    "undrawn_amount",
    Latest("credit_limit", 3) - Latest("balance", 3),
    unit="minor units",
    null=_NULL,
    monotone=-1,
    reason="utilisation",
    en="Left of the credit limit on the latest statements",
    zh="最近账单的剩余额度",
    phrases=(
        Phrase(
            "Drawn beyond the credit limit on the latest statements: {size}",
            "最近账单超出授信额度：{size}",
            high=0.0,
            excludes_high=True,
        ),
        *at_zero("Nothing is left of the credit limit on the latest statements", "最近账单的额度已用完"),
    ),
    missing=_no_use(3),
)
_add(
    "balance_now",
    Latest("balance", 3),
    unit="minor units",
    null="no balance was observed",
    monotone=0,
    reason="balance",
    en="Balance on the latest card and account statements",
    zh="最近信用卡及账户账单余额",
    missing=no_statement("a balance", "余额", 3),
)
_add(
    "balance_mean_6m",
    Mean("balance", 6),
    unit="minor units",
    null="no balance was observed",
    monotone=0,
    reason="balance",
    en="Balance of cards and accounts, mean over the last 6 months",
    zh="近6个月信用卡及账户平均余额",
    missing=no_statement("a balance", "余额", 6),
)
_add(
    "balance_growth_3m",
    growth("balance", 3, 9),
    unit="ratio to before",
    null="no balance before",
    monotone=0,
    reason="balance",
    en="Balance of cards and accounts, last 3 months against the 9 before",
    zh="近3个月信用卡及账户平均余额（较此前9个月平均）",
    phrases=GROWTH,
    missing=not_on_both("balance", "余额", 3, 9),
)
_add(
    "balance_to_income_ratio",
    Ratio(Latest("balance", 3), Now("monthly_income")),
    unit="ratio",
    null="no balance or income known",
    monotone=0,
    reason="debt_burden",
    en="Card and account balance against the monthly income",
    zh="信用卡及账户余额与月收入之比",
    missing=Missing(
        "No card or account balance, or no monthly income above 0, is known",
        "信用卡及账户余额未知，或没有已知且大于零的月收入",
    ),
)
