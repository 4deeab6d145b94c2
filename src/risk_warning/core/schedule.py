"""Schedules: the level instalments that repay a loan, in whole minor units.

The level payment is P·i / (1 − (1 + i)^−n) for a principal P, a monthly rate i (a twelfth of the annual rate) and n
months; P / n without interest. Source: the value of an ordinary annuity, e.g. Brealey, Myers and Allen, Principles of
Corporate Finance, chapter 2. Amounts are computed with decimals of fifty digits, so every processor rounds alike.
"""

from __future__ import annotations

from datetime import date
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal, localcontext

from risk_warning.core.calendar import add_months

_ONE = Decimal(1)
_LEAST_RATE = Decimal("1e-20")
"""A lower monthly rate adds less than a minor unit to any principal, and would be lost to the precision."""


def level_amounts(principal_amount: float, annual_rate: float, term_months: int) -> tuple[int, ...]:
    """Return the amount due each month in minor units: all equal but the last, which takes the rounding remainder.

    `principal_amount` is in whole minor units, `annual_rate` is a ratio (0.12 = 12 %). The payment is rounded
    half-even, but never down below the first month's interest. If that repays the loan sooner, the schedule is shorter
    than `term_months`.

    >>> level_amounts(100_000, 0.12, 3)
    (34002, 34002, 34003)
    >>> level_amounts(100_000, 0.0, 3) == level_amounts(100_000, 1e-300, 3)
    True
    >>> level_amounts(100_000, 0.0, 3)
    (33333, 33333, 33334)
    """
    with localcontext() as context:
        context.prec = 50
        principal, rate = Decimal(int(principal_amount)), Decimal(repr(float(annual_rate))) / 12
        if rate < _LEAST_RATE:
            rate = Decimal(0)
        exact = principal * rate / (_ONE - (_ONE + rate) ** -term_months) if rate else principal / term_months
        least = max((principal * rate).to_integral_value(ROUND_CEILING), _ONE)
        payment = max(exact.to_integral_value(ROUND_HALF_EVEN), least)
        amounts: list[int] = []
        owed = principal * (_ONE + rate)
        while owed > payment and len(amounts) < term_months - 1:
            amounts.append(int(payment))
            owed = (owed - payment) * (_ONE + rate)
        rest = int(owed.to_integral_value(ROUND_HALF_EVEN))
        return (*amounts, rest) if rest > 0 else tuple(amounts)


def due_dates(opened_on: date, first_due_on: date | None, count: int) -> tuple[date, ...]:
    """Return monthly due dates, each clipped to its month's end.

    Without `first_due_on`, the first is a month after the opening. Each date is computed from the start, not from the
    date before it, so one short month does not move the later dates.

    >>> [day.isoformat() for day in due_dates(date(2024, 1, 31), None, 3)]
    ['2024-02-29', '2024-03-31', '2024-04-30']
    """
    if first_due_on is None:
        return tuple(add_months(opened_on, k + 1) for k in range(count))
    return tuple(add_months(first_due_on, k) for k in range(count))
