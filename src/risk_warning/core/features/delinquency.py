"""Delinquency: how far behind a borrower is, how often and how long ago they were."""

from __future__ import annotations

from risk_warning.core.features.declare import Family
from risk_warning.core.features.phrase import DIFFERENCE, NUMBER, Missing, at_zero, since_end
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
"""Features whose higher values are never safer, if the lender states that its status codes rise with risk."""
_add = FAMILY.add
_DPD = "no instalment or days_past_due was observed then"
_UNKNOWN = Missing(code="arrears_unknown")
_WINDOW = 24
"""Months that a panel holds."""


def _none_past_due(months: int) -> tuple[str, str]:
    """Return words for zero days past due; "seen", because some month ends may not be observed."""
    return (
        f"Nothing past due seen at the last {months} month ends, today included",
        f"近{months}个月末（含今日）未见逾期",
    )


_add(
    "dpd_now",
    Now("dpd"),
    unit="days",
    null=_DPD,
    monotone=1,
    reason="arrears_now",
    en="Days past due today",
    zh="目前逾期天数",
    phrases=at_zero("Nothing is past due today", "目前没有逾期"),
    missing=_UNKNOWN,
)
for _m in (3, 6, 12):
    _add(
        f"dpd_max_{_m}m",
        Largest("dpd", _m),
        unit="days",
        null=_DPD,
        monotone=1,
        reason="arrears_history",
        en=f"Most days past due at the last {_m} month ends, today included",
        zh=f"近{_m}个月末（含今日）最长逾期天数",
        phrases=at_zero(*_none_past_due(_m)),
        missing=_UNKNOWN,
    )
for _m in (3, 12):
    _add(
        f"dpd_mean_{_m}m",
        Mean("dpd", _m),
        unit="days",
        null=_DPD,
        monotone=1,
        reason="arrears_history",
        en=f"Mean days past due at the last {_m} month ends, today included",
        zh=f"近{_m}个月末（含今日）平均逾期天数",
        phrases=at_zero(*_none_past_due(_m)),
        missing=_UNKNOWN,
    )
_add(
    "dpd_change_3m",
    change("dpd", 3, 9),
    unit="days",
    null=_DPD,
    monotone=0,
    reason="arrears_change",
    en="Mean days past due, last 3 month ends against the 9 before",
    zh="近3个月末（含今日）平均逾期天数（较此前9个月末）",
    phrases=DIFFERENCE,
    missing=Missing(
        "Days past due at the last 3 month ends, or at the 9 before: not known",
        "近3个月末或此前9个月末的逾期天数：未知",
        "arrears_unknown",
    ),
)
_add(
    "dpd_spread_12m",
    Spread("dpd", 12),
    unit="days",
    null="fewer than two months observed",
    monotone=0,
    reason="arrears_history",
    en="Spread of days past due over the last 12 month ends",
    zh="近12个月末逾期天数的波动（标准差）",
    phrases=at_zero("Days past due did not vary over the last 12 month ends", "近12个月末逾期天数没有波动"),
    missing=Missing(
        "Days past due are known at fewer than two of the last 12 month ends",
        "近12个月末中已知逾期天数的不足两个",
        "arrears_unknown",
    ),
)
for _m in (3, 6, 12):
    _add(
        f"months_past_due_{_m}m",
        CountOf("dpd", ">", 0, months=_m),
        unit="months",
        null=_DPD,
        monotone=1,
        reason="arrears_history",
        en=f"Month ends past due, of the last {_m} with today's",
        zh=f"近{_m}个月末（含今日）中逾期的月数",
        phrases=at_zero(*_none_past_due(_m), NUMBER),
        missing=_UNKNOWN,
    )
_add(
    "months_dpd30_24m",
    CountOf("dpd", ">=", 30, months=_WINDOW),
    unit="months",
    null=_DPD,
    monotone=1,
    reason="arrears_30_days",
    en=f"Month ends 30 or more days past due, of the last {_WINDOW}",
    zh=f"近{_WINDOW}个月末中逾期30天及以上的月数",
    phrases=at_zero(
        f"Nothing 30 or more days past due seen at the last {_WINDOW} month ends",
        f"近{_WINDOW}个月末未见逾期30天及以上",
        NUMBER,
    ),
    missing=_UNKNOWN,
)
_add(
    "months_since_past_due",
    MonthsSince("dpd", ">", 0),
    unit="months",
    null="not seen past due at a month end in the window",
    monotone=0,
    reason="arrears_history",
    en="Latest month end past due",
    zh="最近一次月末逾期",
    phrases=since_end("Past due today", "目前有逾期"),
    missing=Missing(
        f"Nothing past due seen at a month end in {_WINDOW} months", f"近{_WINDOW}个月月末未见逾期", "arrears_none"
    ),
)
_add(
    "months_since_dpd30",
    MonthsSince("dpd", ">=", 30),
    unit="months",
    null="not seen 30 days past due at a month end in the window",
    monotone=0,
    reason="arrears_30_days",
    en="Latest month end 30 or more days past due",
    zh="最近一次月末逾期30天及以上",
    phrases=since_end("30 or more days past due today", "目前逾期30天及以上"),
    missing=Missing(
        f"Nothing 30 or more days past due seen at a month end in {_WINDOW} months",
        f"近{_WINDOW}个月月末未见逾期30天及以上",
        "arrears_30_days_none",
    ),
)
_add(
    "past_due_streak_months",
    Streak("dpd", ">", 0),
    unit="months",
    null=_DPD,
    monotone=1,
    reason="arrears_now",
    en="Month ends past due in a row, up to today",
    zh="截至今日连续逾期的月末数",
    phrases=at_zero("Nothing is seen to be past due today", "目前未见逾期", NUMBER),
    missing=_UNKNOWN,
)
_add(
    "clean_streak_months",
    Streak("dpd", "==", 0),
    unit="months",
    null=_DPD,
    monotone=-1,
    reason="arrears_history",
    en="Month ends in a row, up to today, known to be free of arrears",
    zh="截至今日连续确知无逾期的月末数",
    phrases=(NUMBER,),
    missing=_UNKNOWN,
)
_add(
    "written_off_days",
    Now("written_off_days"),
    unit="days",
    null="no loan was ever written off",
    monotone=0,
    reason="write_off",
    en="Time since a loan was written off",
    zh="借款核销至今",
    missing=Missing("No loan written off before is known", "此前未见借款核销", "write_off_none"),
)
_add(
    "forborne_loan_count",
    Now("forborne_loan_count"),
    unit="loans",
    null="never",
    monotone=0,
    reason="forbearance",
    en="Loans with deferred or reduced instalments",
    zh="有展期或减额的借款",
    phrases=at_zero("No loan with deferred or reduced instalments", "没有展期或减额的借款", NUMBER),
)
_add(
    "overdue_to_outstanding_ratio",
    Ratio(Now("overdue_amount"), Now("outstanding_amount")),
    unit="ratio",
    null="nothing is owed",
    monotone=1,
    reason="arrears_now",
    en="Overdue part of what is still to be repaid on instalments",
    zh="分期待还金额中已逾期的比例",
    phrases=at_zero("Nothing of what is still to be repaid on instalments is overdue", "分期待还金额中没有逾期部分"),
    missing=Missing("Nothing is still to be repaid on instalments", "没有分期待还金额", "no_instalment_left"),
)

_STATUS = "no statement with a status was observed then"
_add(
    "status_now",
    Latest("status", 3),
    unit="status code",
    null=_STATUS,
    monotone=0,
    reason="account_status",
    en="Highest status code of an account on the latest statements",
    zh="最近账单的账户状态码（取最高）",
)
for _m in (3, 6):
    _add(
        f"status_max_{_m}m",
        Largest("status", _m),
        unit="status code",
        null=_STATUS,
        monotone=0,
        reason="account_status",
        en=f"Highest status code of an account in the last {_m} months",
        zh=f"近{_m}个月账户状态码最高值",
    )
    _add(
        f"status_mean_{_m}m",
        Mean("status", _m),
        unit="status code",
        null=_STATUS,
        monotone=0,
        reason="account_status",
        en=f"Mean of the highest status codes of the last {_m} months",
        zh=f"近{_m}个月各月最高账户状态码的平均值",
    )
    _add(
        f"status_min_{_m}m",
        Smallest("status", _m),
        unit="status code",
        null=_STATUS,
        monotone=0,
        reason="account_status",
        en=f"Lowest of the months' highest status codes, last {_m} months",
        zh=f"近{_m}个月各月最高账户状态码的最低值",
    )
_add(
    "status_late_months_6m",
    CountOf("status", ">=", 1, months=6),
    unit="months",
    null=_STATUS,
    monotone=0,
    reason="account_status",
    en="Months with a status code of 1 or more, of the last 6",
    zh="近6个月中账户状态码为1及以上的月数",
    phrases=at_zero("No status code of 1 or more seen in the last 6 months", "近6个月未见账户状态码为1及以上", NUMBER),
)
_add(
    "status_change_3m",
    change("status", 3, 3),
    unit="status code",
    null=_STATUS,
    monotone=0,
    reason="account_status",
    en="Mean of the highest status codes, last 3 months against the 3 before",
    zh="近3个月各月最高账户状态码的平均值（较此前3个月）",
    phrases=DIFFERENCE,
    missing=Missing(
        "Status codes of the last 3 months, or of the 3 before: not known", "近3个月或此前3个月的账户状态码：未知"
    ),
)
