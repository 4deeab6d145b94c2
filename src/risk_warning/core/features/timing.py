"""Payment timing: days early or late, and the drift against the borrower's own past."""

from __future__ import annotations

from risk_warning.core.features.declare import Family, span
from risk_warning.core.features.value import (
    Largest,
    Latest,
    Mean,
    MonthsSince,
    Ratio,
    Slope,
    Spread,
    Streak,
    Total,
    change,
)

FAMILY = Family("payment timing", [])
_add = FAMILY.add
_DUE = "no instalment fell due then"


def _late_share(months: int, start: int = 0) -> Ratio:
    return Ratio(Total("late_count", months, start), Total("due_count", months, start))


for _m in (1, 3, 6, 12):
    _add(
        f"days_late_mean_{_m}m",
        Mean("days_late_mean", _m),
        unit="days",
        null=_DUE,
        monotone=1,
        reason="pays_late",
        en=f"Pays late on average over {span(_m)}",
        zh=f"近{_m}个月平均还款偏晚",
    )
for _m in (3, 6, 12):
    _add(
        f"days_late_max_{_m}m",
        Largest("days_late_max", _m),
        unit="days",
        null=_DUE,
        monotone=1,
        reason="pays_late",
        en=f"Paid an instalment very late within {_m} months",
        zh=f"近{_m}个月内有一期还款很晚",
    )
_add(
    "days_late_latest",
    Latest("days_late_max", 3),
    unit="days",
    null=_DUE,
    monotone=1,
    reason="pays_late",
    en="The latest instalment was paid late",
    zh="最近一期还款偏晚",
)
_add(
    "days_late_drift_1m",
    change("days_late_mean", 1, 6),
    unit="days",
    null=_DUE,
    monotone=0,
    reason="payment_drift",
    en="Paid the last instalment later than in the six months before",
    zh="最近一期还款比此前6个月更晚",
)
_add(
    "days_late_drift_3m",
    change("days_late_mean", 3, 9),
    unit="days",
    null=_DUE,
    monotone=0,
    reason="payment_drift",
    en="Pays later than in the months before",
    zh="还款时间比以往推迟",
)
_add(
    "days_late_slope_6m",
    Slope("days_late_mean", 6),
    unit="days a month",
    null="fewer than three months with a due date",
    monotone=0,
    reason="payment_drift",
    en="Pays later month by month",
    zh="还款逐月推迟",
)
_add(
    "days_late_spread_12m",
    Spread("days_late_mean", 12),
    unit="days",
    null="fewer than two months with a due date",
    monotone=0,
    reason="pays_late",
    en="Pays at irregular times",
    zh="还款时间不规律",
)
for _m in (1, 3, 6, 12):
    _add(
        f"late_share_{_m}m",
        _late_share(_m),
        unit="ratio",
        null=_DUE,
        monotone=1,
        reason="pays_late",
        en=f"Many instalments were paid after the due date over {span(_m)}",
        zh=f"近{_m}个月多期在到期日后还款",
    )
_add(
    "late_share_change_3m",
    _late_share(3) - _late_share(9, 3),
    unit="ratio",
    null=_DUE,
    monotone=0,
    reason="payment_drift",
    en="Late payments have become more frequent",
    zh="迟还更加频繁",
)
_add(
    "late_streak_months",
    Streak("late_count", ">", 0),
    unit="months",
    null=_DUE,
    monotone=1,
    reason="pays_late",
    en="Has paid late several months in a row",
    zh="连续多月迟还",
)
_add(
    "months_since_late",
    MonthsSince("late_count", ">", 0),
    unit="months",
    null="never late in the window",
    monotone=0,
    reason="pays_late",
    en="Paid late not long ago",
    zh="不久前曾迟还",
)
