"""Payment timing: days early or late, and the drift against the borrower's own past."""

from __future__ import annotations

from risk_warning.core.features import windows as w
from risk_warning.core.features.declare import Family, Values, span
from risk_warning.core.panel import Panel, ratio

FAMILY = Family("payment timing", [])
_add = FAMILY.add
_DUE = "no instalment fell due then"


def _late_share(panel: Panel, months: int, start: int = 0) -> Values:
    return ratio(w.total(panel["late_count"], months, start), w.total(panel["due_count"], months, start))


for _m in (1, 3, 6, 12):
    _add(
        f"days_late_mean_{_m}m",
        lambda p, m=_m: w.mean(p["days_late_mean"], m),
        needs="days_late_mean",
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
        lambda p, m=_m: w.largest(p["days_late_max"], m),
        needs="days_late_max",
        unit="days",
        null=_DUE,
        monotone=1,
        reason="pays_late",
        en=f"Paid an instalment very late within {_m} months",
        zh=f"近{_m}个月内有一期还款很晚",
    )
_add(
    "days_late_latest",
    lambda p: w.latest(p["days_late_max"], 3),
    needs="days_late_max",
    unit="days",
    null=_DUE,
    monotone=1,
    reason="pays_late",
    en="The latest instalment was paid late",
    zh="最近一期还款偏晚",
)
_add(
    "days_late_drift_1m",
    lambda p: w.change(p["days_late_mean"], 1, 6),
    needs="days_late_mean",
    unit="days",
    null=_DUE,
    monotone=0,
    reason="payment_drift",
    en="Paid the last instalment later than in the six months before",
    zh="最近一期还款比此前6个月更晚",
)
_add(
    "days_late_drift_3m",
    lambda p: w.change(p["days_late_mean"], 3, 9),
    needs="days_late_mean",
    unit="days",
    null=_DUE,
    monotone=0,
    reason="payment_drift",
    en="Pays later than in the months before",
    zh="还款时间比以往推迟",
)
_add(
    "days_late_slope_6m",
    lambda p: w.slope(p["days_late_mean"], 6),
    needs="days_late_mean",
    unit="days a month",
    null="fewer than three months with a due date",
    monotone=0,
    reason="payment_drift",
    en="Pays later month by month",
    zh="还款逐月推迟",
)
_add(
    "days_late_spread_12m",
    lambda p: w.spread(p["days_late_mean"], 12),
    needs="days_late_mean",
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
        lambda p, m=_m: _late_share(p, m),
        needs="late_count due_count",
        unit="ratio",
        null=_DUE,
        monotone=1,
        reason="pays_late",
        en=f"Many instalments were paid after the due date over {span(_m)}",
        zh=f"近{_m}个月多期在到期日后还款",
    )
_add(
    "late_share_change_3m",
    lambda p: _late_share(p, 3) - _late_share(p, 9, 3),
    needs="late_count due_count",
    unit="ratio",
    null=_DUE,
    monotone=0,
    reason="payment_drift",
    en="Late payments have become more frequent",
    zh="迟还更加频繁",
)
_add(
    "late_streak_months",
    lambda p: w.streak(p["late_count"] > 0, p["late_count"]),
    needs="late_count",
    unit="months",
    null=_DUE,
    monotone=1,
    reason="pays_late",
    en="Has paid late several months in a row",
    zh="连续多月迟还",
)
_add(
    "months_since_late",
    lambda p: w.months_since(p["late_count"] > 0),
    needs="late_count",
    unit="months",
    null="never late in the window",
    monotone=0,
    reason="pays_late",
    en="Paid late not long ago",
    zh="不久前曾迟还",
)
