"""Leverage and new borrowing: how much is owed, how much falls due soon, how recent the loans are."""

from __future__ import annotations

from risk_warning.core.features.declare import Family
from risk_warning.core.features.phrase import AGO, GROWTH, NUMBER, Missing, at_zero
from risk_warning.core.features.value import Mean, MonthsSince, Now, Ratio, Total, growth

FAMILY = Family("leverage and new borrowing", [])
_add = FAMILY.add
_NO_INCOME = Missing("No monthly income above 0 is known", "没有已知且大于零的月收入", "income_unknown")
_NOTHING_LEFT = ("Nothing is still to be repaid on instalments", "没有分期待还金额")
_NOTHING_SOON = ("No instalment falls due in the next 30 days", "未来30天没有分期到期")

_add(
    "open_loan_count",
    Now("open_loan_count"),
    unit="loans",
    null="never",
    monotone=0,
    reason="debt_burden",
    en="Open loans and cards",
    zh="在用借款及信用卡数",
    phrases=at_zero("No loan or card is open", "没有在用的借款或信用卡", NUMBER),
)
for _m in (3, 6, 12):
    _add(
        f"new_loan_count_{_m}m",
        Total("new_loan_count", _m),
        unit="loans",
        null="no history yet",
        monotone=0,
        reason="new_borrowing",
        en=f"Loans and cards opened in the last {_m} months",
        zh=f"近{_m}个月新开借款及信用卡数",
        phrases=at_zero(
            f"No loan or card was opened in the last {_m} months", f"近{_m}个月没有新开借款或信用卡", NUMBER
        ),
    )
_add(
    "months_since_new_loan",
    MonthsSince("new_loan_count", ">", 0),
    unit="months",
    null="none seen in the window",
    monotone=0,
    reason="new_borrowing",
    en="Latest loan or card opened",
    zh="最近一次新开借款或信用卡",
    phrases=AGO,
    missing=Missing(
        "No loan or card seen to open in the last 24 months", "近24个月未见新开借款或信用卡", "new_borrowing_none"
    ),
)
for _name, _unit, _en, _zh, _missing_en, _missing_zh in (
    ("loan_principal", "minor units", "Principal of the open loans", "在用借款本金合计", "a principal", "本金"),
    (
        "loan_credit_limit",
        "minor units",
        "Credit limit of the open cards and accounts",
        "在用信用卡及账户授信额度合计",
        "a credit limit",
        "授信额度",
    ),
    ("loan_annual_rate", "ratio a year", "Highest interest rate of an open loan", "在用借款最高利率", "a rate", "利率"),
    ("loan_term_months", "months", "Longest term of an open loan", "在用借款最长期限", "a term", "期限"),
):
    _add(
        _name,
        Now(_name),
        unit=_unit,
        null="no open loan states it",
        monotone=0,
        reason="loan_terms",
        en=_en,
        zh=_zh,
        missing=Missing(f"No open loan or card states {_missing_en}", f"没有列明{_missing_zh}的在用借款或信用卡"),
    )
_add(
    "outstanding_amount",
    Now("outstanding_amount"),
    unit="minor units",
    null="never",
    monotone=0,
    reason="debt_burden",
    en="Still to be repaid on instalments",
    zh="分期待还金额",
    phrases=at_zero(*_NOTHING_LEFT),
)
_add(
    "remaining_instalment_count",
    Now("remaining_count"),
    unit="instalments",
    null="never",
    monotone=0,
    reason="debt_burden",
    en="Instalments still to be settled",
    zh="尚未结清的期数",
    phrases=at_zero(*_NOTHING_LEFT, NUMBER),
)
_add(
    "due_next_30d_amount",
    Now("due_next_30d_amount"),
    unit="minor units",
    null="never",
    monotone=0,
    reason="debt_burden",
    en="Falls due on instalments in the next 30 days",
    zh="未来30天分期应还金额",
    phrases=at_zero(*_NOTHING_SOON),
)
_add(
    "outstanding_to_income_ratio",
    Ratio(Now("outstanding_amount"), Now("monthly_income")),
    unit="ratio",
    null="no income above 0 known",
    monotone=0,
    reason="debt_burden",
    en="Still to be repaid on instalments against the monthly income",
    zh="分期待还金额与月收入之比",
    phrases=at_zero(*_NOTHING_LEFT),
    missing=_NO_INCOME,
)
_add(
    "due_next_30d_to_income_ratio",
    Ratio(Now("due_next_30d_amount"), Now("monthly_income")),
    unit="ratio",
    null="no income above 0 known",
    monotone=0,
    reason="debt_burden",
    en="Falls due in the next 30 days against the monthly income",
    zh="未来30天分期应还金额与月收入之比",
    phrases=at_zero(*_NOTHING_SOON),
    missing=_NO_INCOME,
)
_add(
    "due_to_income_3m",
    Ratio(Mean("instalment_due_amount", 3), Now("monthly_income")),
    unit="ratio",
    null="no income above 0, or no history of instalments, known",
    monotone=0,
    reason="debt_burden",
    en="Instalments due a month, last 3 months, against the monthly income",
    zh="近3个月月均到期应还与月收入之比",
    phrases=at_zero("No instalment fell due in the last 3 months", "近3个月没有到期的分期"),
    missing=Missing(
        "No monthly income above 0, or not what fell due in the last 3 months, is known",
        "没有已知且大于零的月收入，或近3个月到期应还未知",
    ),
)
_add(
    "due_amount_growth_3m",
    growth("instalment_due_amount", 3, 9),
    unit="ratio to before",
    null="nothing was due before",
    monotone=0,
    reason="debt_burden",
    en="Instalments due a month, last 3 months against the 9 before",
    zh="近3个月月均到期应还（较此前9个月月均）",
    phrases=GROWTH,
    missing=Missing(
        "No instalment fell due in the 9 months before the last 3",
        "近3个月之前的9个月没有到期的分期",
        "nothing_to_compare",
    ),
)
