"""Behaviour events: what the borrower does between payments, against their own past."""

from __future__ import annotations

from risk_warning.core.features.declare import Direction, Family, span
from risk_warning.core.features.value import MonthsSince, Total, change, growth

FAMILY = Family("behaviour events", [])
_add = FAMILY.add
_NULL = "the lender does not send such events, or the history begins later"

_KINDS: tuple[tuple[str, Direction, str, str, str], ...] = (
    ("payment_failed", 1, "failed_payment", "A direct debit failed", "扣款失败"),
    ("cash_advance", 0, "cash_advance", "Drew cash on the card", "信用卡取现"),
    ("external_enquiry", 1, "credit_enquiry", "Asked other lenders for credit", "在其他机构申请借款"),
    ("salary_in", 0, "salary", "Salary payments arrived", "工资入账"),
    ("limit_increase_request", 0, "limit_request", "Asked for a higher limit", "申请提额"),
    ("balance_enquiry", 0, "balance_enquiry", "Looked up the balance", "查询余额"),
    ("login", 0, "login", "Logged in", "登录"),
    ("contact_change", 0, "contact_change", "Changed contact details", "变更联系方式"),
    ("support_call", 0, "support_call", "Called support", "致电客服"),
)
for _kind, _direction, _reason, _en, _zh in _KINDS:
    _signal = f"{_kind}_count"
    for _m in (1, 3, 12):
        _add(
            f"{_kind}_count_{_m}m",
            Total(_signal, _m),
            unit="events",
            null=_NULL,
            monotone=_direction,
            reason=_reason,
            en=f"{_en} in {span(_m)}",
            zh=f"{_zh}：近{_m}个月次数",
        )
    _add(
        f"{_kind}_change_3m",
        change(_signal, 3, 9),
        unit="events a month",
        null=_NULL,
        monotone=0,
        reason=_reason,
        en=f"{_en}: change against the months before",
        zh=f"{_zh}：较以往变化",
    )
for _kind, _reason, _en, _zh in (
    ("payment_failed", "failed_payment", "A direct debit failed not long ago", "不久前扣款失败"),
    ("cash_advance", "cash_advance", "Drew cash on the card not long ago", "不久前信用卡取现"),
    ("external_enquiry", "credit_enquiry", "Asked another lender for credit not long ago", "不久前在其他机构申请借款"),
    ("salary_in", "salary", "No salary has come in lately", "近期没有工资入账"),
):
    _signal = f"{_kind}_count"
    _add(
        f"months_since_{_kind}",
        MonthsSince(_signal, ">", 0),
        unit="months",
        null="none in the window",
        monotone=0,
        reason=_reason,
        en=_en,
        zh=_zh,
    )
_add(
    "salary_amount_growth_3m",
    growth("salary_in_amount", 3, 9),
    unit="ratio",
    null="no salary before",
    monotone=-1,
    reason="salary",
    en="Salary is lower than in the months before",
    zh="工资较以往减少",
)
_add(
    "salary_amount_growth_1m",
    growth("salary_in_amount", 1, 6),
    unit="ratio",
    null="no salary before",
    monotone=-1,
    reason="salary",
    en="Last month's salary is lower than before",
    zh="上月工资较以往减少",
)
_add(
    "cash_advance_amount_3m",
    Total("cash_advance_amount", 3),
    unit="minor units",
    null=_NULL,
    monotone=0,
    reason="cash_advance",
    en="Drew much cash on the card",
    zh="信用卡取现金额高",
)
