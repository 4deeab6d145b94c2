"""Leverage and new borrowing: how much is owed, how much is coming, how recently it was taken."""

from __future__ import annotations

from risk_warning.core.features.declare import Family
from risk_warning.core.features.value import Mean, MonthsSince, Now, Ratio, Total, growth

FAMILY = Family("leverage and new borrowing", [])
_add = FAMILY.add

_add(
    "open_loan_count",
    Now("open_loan_count"),
    unit="loans",
    null="never",
    monotone=0,
    reason="debt_burden",
    en="Several loans are open",
    zh="在贷笔数较多",
)
for _m in (3, 6, 12):
    _add(
        f"new_loan_count_{_m}m",
        Total("new_loan_count", _m),
        unit="loans",
        null="no history yet",
        monotone=0,
        reason="new_borrowing",
        en=f"Took new loans within {_m} months",
        zh=f"近{_m}个月新增借款",
    )
_add(
    "months_since_new_loan",
    MonthsSince("new_loan_count", ">", 0),
    unit="months",
    null="none in the window",
    monotone=0,
    reason="new_borrowing",
    en="Took a loan not long ago",
    zh="不久前新增借款",
)
for _name, _unit, _en, _zh in (
    ("loan_principal", "minor units", "A large amount was borrowed", "借款本金较高"),
    ("loan_credit_limit", "minor units", "The limits of the open accounts", "在用账户授信额度"),
    ("loan_annual_rate", "ratio a year", "A high interest rate", "借款利率较高"),
    ("loan_term_months", "months", "A long term", "借款期限较长"),
):
    _add(
        _name,
        Now(_name),
        unit=_unit,
        null="no open loan states it",
        monotone=0,
        reason="debt_burden",
        en=_en,
        zh=_zh,
    )
_add(
    "outstanding_amount",
    Now("outstanding_amount"),
    unit="minor units",
    null="never",
    monotone=0,
    reason="debt_burden",
    en="Much is still to be repaid",
    zh="待还金额较高",
)
_add(
    "remaining_instalment_count",
    Now("remaining_count"),
    unit="instalments",
    null="never",
    monotone=0,
    reason="debt_burden",
    en="Many instalments are still to come",
    zh="剩余期数较多",
)
_add(
    "due_next_30d_amount",
    Now("due_next_30d_amount"),
    unit="minor units",
    null="never",
    monotone=0,
    reason="debt_burden",
    en="Much falls due in the next 30 days",
    zh="未来30天应还金额较高",
)
_add(
    "outstanding_to_income_ratio",
    Ratio(Now("outstanding_amount"), Now("monthly_income")),
    unit="ratio",
    null="no income known",
    monotone=0,
    reason="debt_burden",
    en="What is owed is high for the income",
    zh="待还金额相对收入偏高",
)
_add(
    "due_next_30d_to_income_ratio",
    Ratio(Now("due_next_30d_amount"), Now("monthly_income")),
    unit="ratio",
    null="no income known",
    monotone=0,
    reason="debt_burden",
    en="The next payment is high for the income",
    zh="下期应还相对收入偏高",
)
_add(
    "due_to_income_3m",
    Ratio(Mean("instalment_due_amount", 3), Now("monthly_income")),
    unit="ratio",
    null="no income or nothing due",
    monotone=0,
    reason="debt_burden",
    en="Instalments are high for the income",
    zh="月供相对收入偏高",
)
_add(
    "due_amount_growth_3m",
    growth("instalment_due_amount", 3, 9),
    unit="ratio",
    null="nothing was due before",
    monotone=0,
    reason="new_borrowing",
    en="Instalments have grown against the months before",
    zh="月供较以往增加",
)
