"""Utilisation and balance: how much of the limit is drawn, and where it is going."""

from __future__ import annotations

from risk_warning.core.features.declare import Family
from risk_warning.core.features.value import CountOf, Largest, Latest, Mean, Now, Ratio, Slope, Spread, change, growth

FAMILY = Family("utilisation and balance", [])
_add = FAMILY.add
_NEEDS = "balance credit_limit"
_NULL = "no balance with a limit was observed then"


_add(
    "utilisation_now",
    Latest("utilisation", 3),
    unit="ratio",
    null=_NULL,
    monotone=1,
    reason="high_utilisation",
    en="Most of the limit is used",
    zh="额度使用率高",
)
for _m in (3, 6, 12):
    _add(
        f"utilisation_mean_{_m}m",
        Mean("utilisation", _m),
        unit="ratio",
        null=_NULL,
        monotone=1,
        reason="high_utilisation",
        en=f"Most of the limit is used over {_m} months",
        zh=f"近{_m}个月额度使用率高",
    )
    _add(
        f"utilisation_max_{_m}m",
        Largest("utilisation", _m),
        unit="ratio",
        null=_NULL,
        monotone=0,
        reason="high_utilisation",
        en=f"The limit was nearly used up within {_m} months",
        zh=f"近{_m}个月额度曾接近用满",
    )
_add(
    "utilisation_change_1m",
    change("utilisation", 1, 3),
    unit="ratio",
    null=_NULL,
    monotone=0,
    reason="rising_utilisation",
    en="Uses more of the limit than in the three months before",
    zh="额度使用率较此前3个月上升",
)
_add(
    "utilisation_change_3m",
    change("utilisation", 3, 9),
    unit="ratio",
    null=_NULL,
    monotone=0,
    reason="rising_utilisation",
    en="Uses more of the limit than before",
    zh="额度使用率较以往上升",
)
_add(
    "utilisation_slope_6m",
    Slope("utilisation", 6),
    unit="ratio a month",
    null="fewer than three months observed",
    monotone=0,
    reason="rising_utilisation",
    en="Uses more of the limit month by month",
    zh="额度使用率逐月上升",
)
_add(
    "utilisation_spread_12m",
    Spread("utilisation", 12),
    unit="ratio",
    null="fewer than two months observed",
    monotone=0,
    reason="high_utilisation",
    en="Use of the limit swings from month to month",
    zh="额度使用率波动大",
)
_add(
    "months_nearly_full_6m",
    CountOf("utilisation", ">=", 0.9, months=6),
    unit="months",
    null=_NULL,
    monotone=1,
    reason="high_utilisation",
    en="Months with over 90 % of the limit used",
    zh="多个月额度使用超过90%",
)
_add(
    "limit_now",
    Latest("credit_limit", 3),
    unit="minor units",
    null="no limit was observed",
    monotone=-1,
    reason="small_limit",
    en="A small credit limit",
    zh="授信额度较低",
)
_add(
    "limit_change_6m",
    growth("credit_limit", 3, 9),
    unit="ratio",
    null="no limit was observed then",
    monotone=0,
    reason="small_limit",
    en="The credit limit has changed",
    zh="授信额度有变化",
)
_add(
    "undrawn_amount",
    Latest("credit_limit", 3) - Latest("balance", 3),
    unit="minor units",
    null=_NULL,
    monotone=-1,
    reason="high_utilisation",
    en="Little of the limit is left",
    zh="剩余额度少",
)
_add(
    "balance_now",
    Latest("balance", 3),
    unit="minor units",
    null="no balance was observed",
    monotone=0,
    reason="balance",
    en="The card's balance",
    zh="信用卡余额",
)
_add(
    "balance_mean_6m",
    Mean("balance", 6),
    unit="minor units",
    null="no balance was observed",
    monotone=0,
    reason="balance",
    en="The card's balance over six months",
    zh="近6个月信用卡余额",
)
_add(
    "balance_growth_3m",
    growth("balance", 3, 9),
    unit="ratio",
    null="no balance before",
    monotone=0,
    reason="rising_utilisation",
    en="The balance has grown against the months before",
    zh="余额较以往增长",
)
_add(
    "balance_to_income_ratio",
    Ratio(Latest("balance", 3), Now("monthly_income")),
    unit="ratio",
    null="no balance or income known",
    monotone=0,
    reason="debt_burden",
    en="The card's balance is high for the income",
    zh="信用卡余额相对收入偏高",
)
