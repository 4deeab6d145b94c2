"""The months of the simulated book, and the seasonal factors on missed payments.

The lunar new year falls between 21 January and 20 February. Year-end bonuses are paid before it, travel and gifts
empty the accounts in its month, and the month after is still affected. A smaller bonus is paid in July.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.calendar import add_months, to_day

HORIZON_MONTHS = 3
"""Length of the outcome window: the product's default."""

_NEW_YEAR = {
    2022: (2, 1),
    2023: (1, 22),
    2024: (2, 10),
    2025: (1, 29),
    2026: (2, 17),
    2027: (2, 6),
    2028: (1, 26),
    2029: (2, 13),
    2030: (2, 3),
    2031: (1, 23),
    2032: (2, 11),
}
"""Month and day of the lunar new year, from almanacs, for 2022 to the year after the last year of the longest book."""

BEFORE_NEW_YEAR, NEW_YEAR, AFTER_NEW_YEAR, BONUS = 0.72, 1.45, 1.15, 0.85
"""Factors on the odds of a missed payment. Chosen so that the season is visible in the share of borrowers bad within
three months (a factor of about 1.3 between the best and the worst start) without hiding a downturn."""
_BONUS_MONTH = 7


def lunar_new_year(year: int) -> date:
    """Return the first day of the lunar year that starts in `year` (2022 to 2032).

    >>> lunar_new_year(2023)
    datetime.date(2023, 1, 22)
    """
    return date(year, *_NEW_YEAR[year])


@dataclass(frozen=True)
class Months:
    """The book's months, counted from 0; negative months are before the book."""

    first: date
    count: int

    def starts(self, before: int = 0, after: int = 0) -> NDArray[np.int64]:
        """Return the first days of months `-before` to `count + after`; `count` is the first month after the book."""
        span = range(-before, self.count + after + 1)
        return np.array([to_day(add_months(self.first, k)) for k in span], np.int64)

    def seasons(self) -> NDArray[np.float64]:
        """Return the factor on the odds of a missed payment in each month; shape (count + HORIZON_MONTHS,)."""
        return np.array([_season(add_months(self.first, k)) for k in range(self.count + HORIZON_MONTHS)])


def _season(month: date) -> float:
    new_year = lunar_new_year(month.year).month
    # December is before a new year in January, and January is before a new year in February.
    following = lunar_new_year(month.year + 1).month if month.month == 12 else new_year
    if month.month == new_year:
        return NEW_YEAR
    if month.month == new_year + 1:
        return AFTER_NEW_YEAR
    if month.month % 12 == following - 1:
        return BEFORE_NEW_YEAR
    return BONUS if month.month == _BONUS_MONTH else 1.0
