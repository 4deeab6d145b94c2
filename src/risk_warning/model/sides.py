"""Sides: which rows a model learns from, and which judge it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.splits import OutOfTime, borrower_fold
from risk_warning.core.target import TargetSpec

MAX_TRAINING_ROWS = 400_000
"""Larger books are thinned by a hash of borrower and date; more rows hardly change a shallow model."""
HELD_OUT_TENTHS = 3
_PARTS = 10_000


@dataclass(frozen=True)
class Sides:
    """The two sides of a training; without a `split` every row is on both, judged by folds."""

    target: TargetSpec
    split: OutOfTime | None
    rows_expected: int
    """Rows that could be learnt from, at most."""

    def learn_on(self, days: Iterable[date]) -> tuple[date, ...]:
        """Those of the days whose outcomes are known when the first test date begins."""
        return tuple(day for day in days if self._learns(day))

    def judge_on(self, days: Iterable[date]) -> tuple[date, ...]:
        """Those of the days on which held-out borrowers judge; between both lies a gap of one horizon."""
        return tuple(day for day in days if self._judges(day))

    def keep(self, borrower_id: NDArray[Any], day: date) -> NDArray[np.bool_]:
        """Which of the borrowers have a row on the day, by their ids alone; shape (n,)."""
        if self.split is None:
            return self._thinned(borrower_id, day)
        held_out = borrower_fold(borrower_id, 10, seed=1) < HELD_OUT_TENTHS
        if self._learns(day):
            return ~held_out & self._thinned(borrower_id, day)
        return held_out & self._judges(day)

    def _learns(self, day: date) -> bool:
        return self.split is None or self.target.window_end(day) <= self.split.test[0]

    def _judges(self, day: date) -> bool:
        return self.split is None or day >= self.split.test[0]

    def _thinned(self, borrower_id: NDArray[Any], day: date) -> NDArray[np.bool_]:
        share = min(1.0, MAX_TRAINING_ROWS / max(1, self.rows_expected))
        return borrower_fold(borrower_id, _PARTS, seed=day.toordinal()) < round(share * _PARTS)
