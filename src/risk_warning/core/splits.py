"""Splits: no borrower is on both sides, and a gap of one horizon separates training from test dates.

A borrower's side depends only on their id, so it is the same for any order of rows.

Worked example: horizon 3 months, mature as-of dates 2023-04-01 … 2024-12-01 (21). The last quarter, from 2024-08-01,
is the test; the last training date is 2024-05-01, whose outcomes end where the first test date begins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas
from numpy.typing import NDArray

from risk_warning.core.calendar import add_months


def borrower_fold(borrower_id: NDArray[Any], folds: int, *, seed: int = 0) -> NDArray[np.int16]:
    """Return the fold of each borrower, 0 … folds − 1, from a hash of the id; shape (n,)."""
    keys = borrower_id if borrower_id.dtype.kind in "iu" else borrower_id.astype(object)
    hashed = pandas.util.hash_array(keys, categorize=False)
    mixed = pandas.util.hash_array(hashed ^ np.uint64(seed * 0x9E3779B97F4A7C15 % 2**64), categorize=False)
    return (mixed % np.uint64(folds)).astype(np.int16)


@dataclass(frozen=True)
class OutOfTime:
    """Training dates and test dates."""

    train: tuple[date, ...]
    test: tuple[date, ...]


def out_of_time(as_of_dates: Sequence[date], horizon_months: int, *, test_share: float = 0.25) -> OutOfTime | None:
    """Test on the last `test_share` of the dates; train on those whose outcomes end by the first of these.

    Return None if no date is left to train on.
    """
    dates = sorted(as_of_dates)
    count = max(1, round(len(dates) * test_share))
    test = tuple(dates[-count:])
    train = tuple(day for day in dates[:-count] if add_months(day, horizon_months) <= test[0])
    return OutOfTime(train, test) if train and test else None


def spread_over_month(dates: Sequence[date], not_after: date, horizon_months: int, *, seed: int) -> tuple[date, ...]:
    """Return the dates with days drawn from 1–28, since a book is scored on any day of the month.

    A date keeps its own day if the outcomes of the drawn date would end after `not_after`.
    """
    drawn = []
    days = np.random.default_rng(seed).integers(1, 29, size=len(dates))
    for day, number in zip(dates, days, strict=True):
        moved = day.replace(day=int(number))
        drawn.append(moved if moved >= day and add_months(moved, horizon_months) <= not_after else day)
    return tuple(drawn)
