"""Payment amount: how much of what was owed is paid."""

from __future__ import annotations

from risk_warning.core.features.declare import Family, span
from risk_warning.core.features.value import CountOf, Mean, Ratio, Smallest, Total, change

FAMILY = Family("payment amount", [])
_add = FAMILY.add
_OWED = "nothing was owed then"


def _paid_to_due(kind: str, months: int, start: int = 0) -> Ratio:
    return Ratio(Total(f"{kind}_paid_amount", months, start), Total(f"{kind}_due_amount", months, start))


for _m in (1, 3, 6, 12):
    _add(
        f"instalment_paid_to_due_{_m}m",
        _paid_to_due("instalment", _m),
        unit="ratio",
        null=_OWED,
        monotone=-1,
        reason="pays_less",
        en=f"Paid less than fell due over {span(_m)}",
        zh=f"近{_m}个月还款少于应还",
    )
_add(
    "instalment_paid_to_due_change_3m",
    _paid_to_due("instalment", 3) - _paid_to_due("instalment", 9, 3),
    unit="ratio",
    null=_OWED,
    monotone=0,
    reason="pays_less",
    en="Pays a smaller part of the instalments than before",
    zh="分期还款比例较以往下降",
)
for _m in (3, 6):
    _add(
        f"partial_share_{_m}m",
        Ratio(Total("partial_count", _m), Total("due_count", _m)),
        unit="ratio",
        null=_OWED,
        monotone=1,
        reason="pays_in_parts",
        en=f"Pays instalments in parts over {_m} months",
        zh=f"近{_m}个月分多次还一期",
    )
    _add(
        f"unpaid_share_{_m}m",
        Ratio(Total("instalment_unpaid_amount", _m), Total("instalment_due_amount", _m)),
        unit="ratio",
        null=_OWED,
        monotone=1,
        reason="pays_less",
        en=f"Part of the last {_m} months' instalments is unpaid",
        zh=f"近{_m}个月应还款有未还部分",
    )
for _m in (1, 3, 6, 12):
    _add(
        f"card_paid_to_due_{_m}m",
        _paid_to_due("statement", _m),
        unit="ratio",
        null=_OWED,
        monotone=-1,
        reason="card_pays_less",
        en=f"Paid little against the card's amount due over {span(_m)}",
        zh=f"近{_m}个月信用卡还款占应还比例低",
    )
for _m in (1, 3, 6, 12):
    _add(
        f"card_paid_to_balance_{_m}m",
        Mean("card_paid_to_balance", _m),
        unit="ratio",
        null=_OWED,
        monotone=-1,
        reason="card_pays_less",
        en=f"Paid little of the card's balance over {span(_m)}",
        zh=f"近{_m}个月信用卡还款占余额比例低",
    )
_add(
    "card_paid_to_balance_min_6m",
    Smallest("card_paid_to_balance", 6),
    unit="ratio",
    null=_OWED,
    monotone=-1,
    reason="card_pays_less",
    en="Paid hardly anything in one of six months",
    zh="近6个月中有一月几乎未还款",
)
_add(
    "card_paid_to_balance_change_3m",
    change("card_paid_to_balance", 3, 9),
    unit="ratio",
    null=_OWED,
    monotone=0,
    reason="card_pays_less",
    en="Pays a smaller part of the card's balance than before",
    zh="信用卡还款比例较以往下降",
)
for _m in (1, 3, 6):
    _add(
        f"card_paid_amount_mean_{_m}m",
        Mean("statement_paid_amount", _m),
        unit="minor units",
        null="no statement then",
        monotone=-1,
        reason="card_pays_less",
        en=f"Small card payments over {span(_m)}",
        zh=f"近{_m}个月信用卡还款额小",
    )
_add(
    "card_paid_amount_min_6m",
    Smallest("statement_paid_amount", 6),
    unit="minor units",
    null="no statement then",
    monotone=-1,
    reason="card_pays_less",
    en="A very small card payment within six months",
    zh="近6个月有一次信用卡还款额很小",
)
_add(
    "card_paid_to_limit_6m",
    Ratio(Mean("statement_paid_amount", 6), Mean("credit_limit", 6)),
    unit="ratio",
    null="no limit known",
    monotone=-1,
    reason="card_pays_less",
    en="Small payments against the limit",
    zh="还款额相对额度偏小",
)
_add(
    "card_unpaid_months_6m",
    CountOf("statement_paid_amount", "<=", 0, months=6),
    unit="months",
    null="no statement then",
    monotone=0,
    reason="card_pays_less",
    en="Months without any card payment",
    zh="多个月没有信用卡还款",
)
