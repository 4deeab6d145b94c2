"""Behaviour events: what the borrower does between payments, compared with their own past."""

from __future__ import annotations

from dataclasses import dataclass

from risk_warning.core.features.declare import Direction, Family, span
from risk_warning.core.features.phrase import AGO, DIFFERENCE, GROWTH, NUMBER, Missing, Phrase, at_zero
from risk_warning.core.features.value import MonthsSince, Total, change, growth

FAMILY = Family("behaviour events", [])
_add = FAMILY.add
_NULL = "the lender does not send such events, or the history begins later"


@dataclass(frozen=True)
class _Kind:
    """A kind of event and its names."""

    name: str
    direction: Direction
    reason: str
    one: str
    many: str
    zh: str
    has_latest: bool = False
    """Whether the months since the latest one are a feature."""


_KINDS = (
    _Kind("payment_failed", 1, "direct_debit", "failed direct debit", "failed direct debits", "扣款失败", True),
    _Kind("cash_advance", 0, "cash_advance", "cash advance", "cash advances", "信用卡取现", True),
    _Kind(
        "external_enquiry",
        1,
        "credit_enquiry",
        "credit enquiry elsewhere",
        "credit enquiries elsewhere",
        "在其他机构的信贷查询",
        True,
    ),
    _Kind("salary_in", 0, "salary", "salary payment", "salary payments", "工资入账", True),
    _Kind("limit_increase_request", 0, "limit_request", "higher-limit request", "higher-limit requests", "提额申请"),
    _Kind("balance_enquiry", 0, "balance_enquiry", "balance enquiry", "balance enquiries", "余额查询"),
    _Kind("login", 0, "login", "login", "logins", "登录"),
    _Kind(
        "contact_change", 0, "contact_change", "change of contact details", "changes of contact details", "联系方式变更"
    ),
    _Kind("support_call", 0, "support_call", "call to support", "calls to support", "致电客服"),
)


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]


for _kind in _KINDS:
    _signal = f"{_kind.name}_count"
    for _m in (1, 3, 12):
        _add(
            f"{_kind.name}_count_{_m}m",
            Total(_signal, _m),
            unit="events",
            null=_NULL,
            monotone=_kind.direction,
            reason=_kind.reason,
            en=f"{_capital(_kind.many)} in {span(_m)}",
            zh=f"近{_m}个月{_kind.zh}",
            phrases=at_zero(f"No {_kind.one} in {span(_m)}", f"近{_m}个月没有{_kind.zh}", NUMBER),
        )
    _add(
        f"{_kind.name}_change_3m",
        change(_signal, 3, 9),
        unit="events a month",
        null=_NULL,
        monotone=0,
        reason=_kind.reason,
        en=f"{_capital(_kind.many)} a month, last 3 months against the 9 before",
        zh=f"近3个月每月{_kind.zh}（较此前9个月）",
        phrases=DIFFERENCE,
        missing=Missing(
            f"{_capital(_kind.many)} in {span(3)}, or in the 9 months before: not known",
            f"近3个月或此前9个月的{_kind.zh}：未知",
        ),
    )
for _kind in (kind for kind in _KINDS if kind.has_latest):
    _add(
        f"months_since_{_kind.name}",
        MonthsSince(f"{_kind.name}_count", ">", 0),
        unit="months",
        null="none seen in the window",
        monotone=0,
        reason=_kind.reason,
        en=f"Latest {_kind.one}",
        zh=f"最近一次{_kind.zh}",
        phrases=AGO,
        missing=Missing(
            f"No {_kind.one} seen in the last 24 months", f"近24个月未见{_kind.zh}", f"{_kind.reason}_none"
        ),
    )
for _name, _recent, _past in (("salary_amount_growth_3m", 3, 9), ("salary_amount_growth_1m", 1, 6)):
    _add(
        _name,
        growth("salary_in_amount", _recent, _past),
        unit="ratio to before",
        null="no salary amount seen before",
        monotone=-1,
        reason="salary",
        en=f"Salary a month, {span(_recent).removeprefix('the ')} against the mean of the {_past} before",
        zh=f"近{_recent}个月月均工资（较此前{_past}个月月均）",
        phrases=(
            Phrase(
                f"No salary amount seen in {span(_recent)}, unlike in the {_past} months before",
                f"近{_recent}个月未见工资金额，此前{_past}个月有",
                0.0,
                0.0,
            ),
            *GROWTH,
        ),
        missing=Missing(
            f"No salary amount seen in the {_past} months before {span(_recent)}",
            f"近{_recent}个月之前的{_past}个月未见工资金额",
        ),
    )
_add(
    "cash_advance_amount_3m",
    Total("cash_advance_amount", 3),
    unit="minor units",
    null=_NULL,
    monotone=0,
    reason="cash_advance",
    en=f"Amount of cash advances in {span(3)}",
    zh="近3个月信用卡取现金额",
    phrases=at_zero(f"No amount of cash advances seen in {span(3)}", "近3个月未见信用卡取现金额"),
)
