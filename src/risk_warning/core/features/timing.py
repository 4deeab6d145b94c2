"""Payment timing: days early or late, and the drift compared with the borrower's own past.

An unsettled instalment counts with the days it is late so far, so no wording claims that a late instalment was paid.
"""

from __future__ import annotations

from risk_warning.core.features.absence import none_due, not_due_in_both
from risk_warning.core.features.declare import Family, span
from risk_warning.core.features.phrase import (
    AGO,
    DIFFERENCE,
    DIFFERENCE_OF_RATIOS,
    MOST_DAYS,
    NUMBER,
    TREND,
    Missing,
    Phrase,
    at_zero,
    days_late,
)
from risk_warning.core.features.value import (
    Largest,
    Latest,
    Mean,
    MonthsSince,
    Now,
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
_CAPPED = f"(at most {MOST_DAYS:.0f})"
_CAPPED_ZH = f"（至多{MOST_DAYS:.0f}天）"


def _late_share(months: int, start: int = 0) -> Ratio:
    return Ratio(Total("late_count", months, start), Total("due_count", months, start))


for _m in (1, 3, 6, 12):
    _add(
        f"days_late_mean_{_m}m",
        Mean("days_late_mean", _m),
        unit="days",
        null=_DUE,
        monotone=1,
        reason="payment_timing",
        en=f"Mean days late or overdue {_CAPPED} over {span(_m)}",
        zh=f"近{_m}个月平均迟还或逾期天数{_CAPPED_ZH}",
        phrases=days_late(),
        missing=none_due(_m),
    )
for _m in (3, 6, 12):
    _add(
        f"days_late_max_{_m}m",
        Largest("days_late_max", _m),
        unit="days",
        null=_DUE,
        monotone=1,
        reason="payment_timing",
        en=f"Most days late or overdue {_CAPPED} in {span(_m)}",
        zh=f"近{_m}个月最长迟还或逾期天数{_CAPPED_ZH}",
        phrases=days_late(),
        missing=none_due(_m),
    )
_add(
    "days_late_latest",
    Latest("days_late_max", 3),
    unit="days",
    null=_DUE,
    monotone=1,
    reason="payment_timing",
    en=f"Most days late or overdue {_CAPPED} in the latest month due",
    zh=f"最近到期月最长迟还或逾期天数{_CAPPED_ZH}",
    phrases=(
        Phrase(
            "The instalments of the latest month due were settled {size} or more before their due dates",
            "最近到期月的分期均在到期日前{size}或更早结清",
            high=-1.0,
        ),
        Phrase(
            "The instalments of the latest month due were settled by their due dates",
            "最近到期月的分期均在到期日或之前结清",
            high=0.0,
        ),
        Phrase(
            "An instalment of the latest month due was settled, or stands unpaid, {value} or more after its due date",
            "最近到期月有一期在到期日后{value}或更晚结清，或至今未还",
            low=MOST_DAYS,
        ),
        Phrase(
            "An instalment of the latest month due was settled, or stands unpaid, {value} after its due date",
            "最近到期月有一期在到期日后{value}结清，或至今未还已过{value}",
            low=0.0,
            excludes_low=True,
        ),
    ),
    missing=none_due(3),
)
_add(
    "days_late_drift_1m",
    change("days_late_mean", 1, 6),
    unit="days",
    null=_DUE,
    monotone=0,
    reason="payment_timing_change",
    en="Mean days late or overdue, last month against the 6 before",
    zh="近1个月平均迟还或逾期天数（较此前6个月）",
    phrases=DIFFERENCE,
    missing=not_due_in_both(1, 6),
)
_add(
    "days_late_drift_3m",
    change("days_late_mean", 3, 9),
    unit="days",
    null=_DUE,
    monotone=0,
    reason="payment_timing_change",
    en="Mean days late or overdue, last 3 months against the 9 before",
    zh="近3个月平均迟还或逾期天数（较此前9个月）",
    phrases=DIFFERENCE,
    missing=not_due_in_both(3, 9),
)
_add(
    "days_late_slope_6m",
    Slope("days_late_mean", 6),
    unit="days a month",
    null="fewer than three months with a due date",
    monotone=0,
    reason="payment_timing_change",
    en="Trend of the mean days late or overdue over the last 6 months",
    zh="近6个月平均迟还或逾期天数的趋势",
    phrases=TREND,
    missing=Missing(
        "Instalments fell due in fewer than 3 of the last 6 months",
        "近6个月中有到期分期的不足3个月",
        "nothing_to_compare",
    ),
)
_add(
    "days_late_spread_12m",
    Spread("days_late_mean", 12),
    unit="days",
    null="fewer than two months with a due date",
    monotone=0,
    reason="payment_timing",
    en="Spread of the mean days late or overdue over the last 12 months",
    zh="近12个月平均迟还或逾期天数的波动（标准差）",
    phrases=at_zero(
        "The mean days late or overdue did not vary over the last 12 months", "近12个月平均迟还或逾期天数没有波动"
    ),
    missing=Missing(
        "Instalments fell due in fewer than 2 of the last 12 months",
        "近12个月中有到期分期的不足2个月",
        "nothing_to_compare",
    ),
)
for _m in (1, 3, 6, 12):
    _add(
        f"late_share_{_m}m",
        _late_share(_m),
        unit="ratio",
        null=_DUE,
        monotone=1,
        reason="payment_timing",
        en=f"Instalments of {span(_m)} settled late or overdue",
        zh=f"近{_m}个月到期分期中迟还或逾期未还的比例",
        phrases=at_zero(
            f"No instalment of {span(_m)} was settled late or is overdue", f"近{_m}个月到期分期没有迟还或逾期未还"
        ),
        missing=none_due(_m),
    )
_add(
    "late_share_change_3m",
    _late_share(3) - _late_share(9, 3),
    unit="ratio difference",
    null=_DUE,
    monotone=0,
    reason="payment_timing_change",
    en="Instalments settled late or overdue, last 3 months against 9 before",
    zh="近3个月到期分期中迟还或逾期未还的比例（较此前9个月）",
    phrases=DIFFERENCE_OF_RATIOS,
    missing=not_due_in_both(3, 9),
)
_add(
    "late_streak_months",
    Streak("late_count", ">", 0),
    unit="months",
    null=_DUE,
    monotone=1,
    reason="payment_timing",
    en="Months in a row with an instalment settled late or overdue",
    zh="连续有分期迟还或逾期未还的月数",
    phrases=at_zero(
        "No instalment of the last month was settled late or is overdue", "近1个月到期分期没有迟还或逾期未还", NUMBER
    ),
)
_add(
    "months_since_late",
    MonthsSince("late_count", ">", 0),
    unit="months",
    null="not seen late in the window",
    monotone=0,
    reason="payment_timing",
    en="Due date of the latest instalment settled late or overdue",
    zh="最近一期迟还或逾期未还分期的到期日",
    phrases=AGO,
    missing=Missing(
        "No instalment settled late or overdue seen in 24 months",
        "近24个月未见迟还或逾期未还的分期",
        "late_payment_none",
    ),
)
_add(
    "next_due_days",
    Now("next_due_days"),
    unit="days",
    null="no instalment is known to fall due any more",
    monotone=0,
    reason="payment_cycle",
    en="Time until the next instalment falls due",
    zh="距下一期到期日",
    missing=Missing("No instalment is known to fall due any more", "未见尚未到期的分期", "no_instalment_left"),
)
_add(
    "last_due_days",
    Now("last_due_days"),
    unit="days",
    null="no instalment has fallen due yet",
    monotone=0,
    reason="payment_cycle",
    en="Time since the latest instalment fell due",
    zh="距最近一期到期日",
    missing=Missing("No instalment is known to have fallen due yet", "未见已到期的分期", "no_instalment_due"),
)
_add(
    "last_statement_days",
    Now("last_statement_days"),
    unit="days",
    null="no statement was observed",
    monotone=0,
    reason="payment_cycle",
    en="Time since the latest statement",
    zh="距最近一期账单",
    missing=Missing("No card or account statement is known", "未见信用卡或账户账单", "card_unknown"),
)
