"""The counts of a book, row by row, from which every share of the evidence can be computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from risk_warning.studies.target.roll_rates import AFTER, BUCKETS


@dataclass(frozen=True)
class RollCounts:
    """Number of loans by bucket of days past due and by state a month later."""

    loans_by_month: NDArray[np.int64]
    """Shape (months, buckets, states), as returned by `roll_rates.rolls`."""
    buckets: tuple[str, ...] = BUCKETS
    states: tuple[str, ...] = AFTER

    @property
    def loans(self) -> NDArray[np.int64]:
        """The counts of all months together, shape (buckets, states)."""
        total: NDArray[np.int64] = self.loans_by_month.sum(axis=0)
        return total


@dataclass(frozen=True, kw_only=True)
class CureCount:
    """What became of the loans that reached a level, within a number of months."""

    dpd: int
    within_months: int
    times_reached: int
    """A loan that cures and becomes late again counts again."""
    back_at_0: int
    reached_90_or_written_off: int


@dataclass(frozen=True, kw_only=True)
class VintageCount:
    """The loans opened in one quarter."""

    opened_from: date
    """First day of the quarter."""
    loans: int
    ever_30_by_month_on_book: tuple[int, ...]
    """Number ever 30 days past due or written off by 1, 2, … months on book, as far as all of them are known."""


@dataclass(frozen=True, kw_only=True)
class HorizonCount:
    """The borrowers who turn bad by one definition within one horizon; all horizons use the same dates."""

    bad_dpd: int
    horizon_months: int
    current_borrowers: int
    bads: int


@dataclass(frozen=True, kw_only=True)
class MaturityCount:
    """The borrowers who reach 30 days past due within each horizon from one date."""

    as_of_date: date
    current_borrowers: int
    bads: Mapping[int, int | None]
    """By horizon in months; None if the date is not mature for it."""
    mature_on: Mapping[int, date]
    """First day on which the whole horizon is known."""
