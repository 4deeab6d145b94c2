"""Delinquency: how far behind, how often, how long ago."""

from __future__ import annotations

from risk_warning.core.features.declare import Family
from risk_warning.core.features.value import (
    CountOf,
    Largest,
    Latest,
    Mean,
    MonthsSince,
    Now,
    Ratio,
    Smallest,
    Spread,
    Streak,
    change,
)

FAMILY = Family("delinquency", [])
RISES_WITH_STATUS = frozenset(
    {"status_now", *(f"status_{what}_{m}m" for what in ("max", "mean", "min") for m in (3, 6)), "status_late_months_6m"}
)
"""Features that are never safer for a higher status, where the lender says that its codes rise with risk."""
_add = FAMILY.add
_DPD = "no instalment or days_past_due was observed then"

_add(
    "dpd_now",
    Now("dpd"),
    unit="days",
    null=_DPD,
    monotone=1,
    reason="past_due_now",
    en="A payment is past due today",
    zh="目前有逾期未还款项",
)
for _m in (3, 6, 12):
    _add(
        f"dpd_max_{_m}m",
        Largest("dpd", _m),
        unit="days",
        null=_DPD,
        monotone=1,
        reason="past_due_before",
        en=f"Was past due at a month's end in the last {_m} months",
        zh=f"近{_m}个月内月末曾逾期",
    )
for _m in (3, 12):
    _add(
        f"dpd_mean_{_m}m",
        Mean("dpd", _m),
        unit="days",
        null=_DPD,
        monotone=1,
        reason="past_due_before",
        en=f"Days past due are high on average over {_m} months",
        zh=f"近{_m}个月平均逾期天数偏高",
    )
_add(
    "dpd_change_3m",
    change("dpd", 3, 9),
    unit="days",
    null=_DPD,
    monotone=0,
    reason="past_due_worse",
    en="Days past due have risen against the months before",
    zh="逾期天数较以往上升",
)
_add(
    "dpd_spread_12m",
    Spread("dpd", 12),
    unit="days",
    null="fewer than two months observed",
    monotone=0,
    reason="past_due_before",
    en="Days past due swing from month to month",
    zh="逾期天数波动大",
)
for _m in (3, 6, 12):
    _add(
        f"months_past_due_{_m}m",
        CountOf("dpd", ">", 0, months=_m),
        unit="months",
        null=_DPD,
        monotone=1,
        reason="past_due_before",
        en=f"Several month ends past due in the last {_m} months",
        zh=f"近{_m}个月内多次月末逾期",
    )
_add(
    "months_dpd30_24m",
    CountOf("dpd", ">=", 30, months=24),
    unit="months",
    null=_DPD,
    monotone=1,
    reason="past_due_long",
    en="Was 30 or more days past due within two years",
    zh="两年内曾逾期30天以上",
)
_add(
    "months_since_past_due",
    MonthsSince("dpd", ">", 0),
    unit="months",
    null="never past due at a month's end in the window",
    monotone=0,
    reason="past_due_before",
    en="Was past due not long ago",
    zh="不久前曾逾期",
)
_add(
    "months_since_dpd30",
    MonthsSince("dpd", ">=", 30),
    unit="months",
    null="never 30 days past due in the window",
    monotone=0,
    reason="past_due_long",
    en="Was 30 or more days past due not long ago",
    zh="不久前曾逾期30天以上",
)
_add(
    "past_due_streak_months",
    Streak("dpd", ">", 0),
    unit="months",
    null=_DPD,
    monotone=1,
    reason="past_due_now",
    en="Past due at several month ends in a row",
    zh="连续多个月末逾期",
)
_add(
    "clean_streak_months",
    Streak("dpd", "==", 0),
    unit="months",
    null=_DPD,
    monotone=-1,
    reason="past_due_before",
    en="Only a short time without being past due",
    zh="无逾期的时间较短",
)
_add(
    "written_off_days",
    Now("written_off_days"),
    unit="days",
    null="no loan was ever written off",
    monotone=0,
    reason="written_off_before",
    en="A loan was written off in the past",
    zh="曾有借款被核销",
)
_add(
    "forborne_loan_count",
    Now("forborne_loan_count"),
    unit="loans",
    null="no instalment was ever due",
    monotone=0,
    reason="forborne",
    en="Loans whose instalments were deferred or reduced",
    zh="曾展期或减额的借款笔数",
)
_add(
    "overdue_to_outstanding_ratio",
    Ratio(Now("overdue_amount"), Now("outstanding_amount")),
    unit="ratio",
    null="nothing is owed",
    monotone=1,
    reason="past_due_now",
    en="A large part of what is owed is overdue",
    zh="未还款项中逾期占比高",
)

_STATUS = "no statement with a status was observed then"
_add(
    "status_now",
    Latest("status", 3),
    unit="status code",
    null=_STATUS,
    monotone=0,
    reason="past_due_now",
    en="The account's latest status is late",
    zh="账户最近状态为迟还",
)
for _m in (3, 6):
    _add(
        f"status_max_{_m}m",
        Largest("status", _m),
        unit="status code",
        null=_STATUS,
        monotone=0,
        reason="past_due_before",
        en=f"The account was late within {_m} months",
        zh=f"近{_m}个月内账户曾迟还",
    )
    _add(
        f"status_mean_{_m}m",
        Mean("status", _m),
        unit="status code",
        null=_STATUS,
        monotone=0,
        reason="past_due_before",
        en=f"The account is often late over {_m} months",
        zh=f"近{_m}个月账户经常迟还",
    )
    _add(
        f"status_min_{_m}m",
        Smallest("status", _m),
        unit="status code",
        null=_STATUS,
        monotone=0,
        reason="past_due_before",
        en=f"The lowest status of the account over {_m} months",
        zh=f"近{_m}个月账户最低状态",
    )
_add(
    "status_late_months_6m",
    CountOf("status", ">=", 1, months=6),
    unit="months",
    null=_STATUS,
    monotone=0,
    reason="past_due_before",
    en="The account was late in several of six months",
    zh="近6个月账户多次迟还",
)
_add(
    "status_change_3m",
    change("status", 3, 3),
    unit="status code",
    null=_STATUS,
    monotone=0,
    reason="past_due_worse",
    en="The account's status got worse",
    zh="账户状态变差",
)
