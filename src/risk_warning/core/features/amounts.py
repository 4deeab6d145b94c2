"""Payment amount: how much of what was owed is paid."""

from __future__ import annotations

from risk_warning.core.features import windows as w
from risk_warning.core.features.declare import Family, Values, span
from risk_warning.core.panel import Panel, ratio

FAMILY = Family("payment amount", [])
_add = FAMILY.add
_OWED = "nothing was owed then"


def _paid_to_due(panel: Panel, kind: str, months: int, start: int = 0) -> Values:
    paid = w.total(panel[f"{kind}_paid_amount"], months, start)
    return ratio(paid, w.total(panel[f"{kind}_due_amount"], months, start))


for _m in (1, 3, 6, 12):
    _add(
        f"instalment_paid_to_due_{_m}m",
        lambda p, m=_m: _paid_to_due(p, "instalment", m),
        needs="instalment_paid_amount instalment_due_amount",
        unit="ratio",
        null=_OWED,
        monotone=-1,
        reason="pays_less",
        en=f"Paid less than fell due over {span(_m)}",
        zh=f"近{_m}个月还款少于应还",
    )
_add(
    "instalment_paid_to_due_change_3m",
    lambda p: _paid_to_due(p, "instalment", 3) - _paid_to_due(p, "instalment", 9, 3),
    needs="instalment_paid_amount instalment_due_amount",
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
        lambda p, m=_m: ratio(w.total(p["partial_count"], m), w.total(p["due_count"], m)),
        needs="partial_count due_count",
        unit="ratio",
        null=_OWED,
        monotone=1,
        reason="pays_in_parts",
        en=f"Pays instalments in parts over {_m} months",
        zh=f"近{_m}个月分多次还一期",
    )
    _add(
        f"unpaid_share_{_m}m",
        lambda p, m=_m: ratio(w.total(p["instalment_unpaid_amount"], m), w.total(p["instalment_due_amount"], m)),
        needs="instalment_unpaid_amount instalment_due_amount",
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
        lambda p, m=_m: _paid_to_due(p, "statement", m),
        needs="statement_paid_amount statement_due_amount",
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
        lambda p, m=_m: w.mean(p.card_paid_to_balance, m),
        needs="statement_paid_amount balance",
        unit="ratio",
        null=_OWED,
        monotone=-1,
        reason="card_pays_less",
        en=f"Paid little of the card's balance over {span(_m)}",
        zh=f"近{_m}个月信用卡还款占余额比例低",
    )
_add(
    "card_paid_to_balance_min_6m",
    lambda p: w.smallest(p.card_paid_to_balance, 6),
    needs="statement_paid_amount balance",
    unit="ratio",
    null=_OWED,
    monotone=-1,
    reason="card_pays_less",
    en="Paid hardly anything in one of six months",
    zh="近6个月中有一月几乎未还款",
)
_add(
    "card_paid_to_balance_change_3m",
    lambda p: w.change(p.card_paid_to_balance, 3, 9),
    needs="statement_paid_amount balance",
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
        lambda p, m=_m: w.mean(p["statement_paid_amount"], m),
        needs="statement_paid_amount",
        unit="minor units",
        null="no statement then",
        monotone=-1,
        reason="card_pays_less",
        en=f"Small card payments over {span(_m)}",
        zh=f"近{_m}个月信用卡还款额小",
    )
_add(
    "card_paid_amount_min_6m",
    lambda p: w.smallest(p["statement_paid_amount"], 6),
    needs="statement_paid_amount",
    unit="minor units",
    null="no statement then",
    monotone=-1,
    reason="card_pays_less",
    en="A very small card payment within six months",
    zh="近6个月有一次信用卡还款额很小",
)
_add(
    "card_paid_to_limit_6m",
    lambda p: ratio(w.mean(p["statement_paid_amount"], 6), w.mean(p["credit_limit"], 6)),
    needs="statement_paid_amount credit_limit",
    unit="ratio",
    null="no limit known",
    monotone=-1,
    reason="card_pays_less",
    en="Small payments against the limit",
    zh="还款额相对额度偏小",
)
_add(
    "card_unpaid_months_6m",
    lambda p: w.count_of(p["statement_paid_amount"] <= 0, p["statement_paid_amount"], 6),
    needs="statement_paid_amount",
    unit="months",
    null="no statement then",
    monotone=0,
    reason="card_pays_less",
    en="Months without any card payment",
    zh="多个月没有信用卡还款",
)
