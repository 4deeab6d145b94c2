"""Sides: the rows that evaluate a model, and those that its judged twin and the model in service learn from."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.outcomes.target import TargetSpec
from risk_warning.core.splits import OutOfTime, borrower_fold
from risk_warning.learning.training_set import TrainingSet

MAX_TRAINING_ROWS = 400_000
"""Larger books are thinned by a hash of borrower and date, since more rows hardly change a shallow model."""
FEW_ROWS = 100_000
"""Up to here every row is learnt from; above, one a borrower and month on average, though a month has two dates."""
HELD_OUT_TENTHS = 3
_PARTS = 10_000


@dataclass(frozen=True)
class Sides:
    """The sides of a training; without a `split` every row is on all of them and evaluated by folds."""

    target: TargetSpec
    split: OutOfTime | None
    learn_dates: tuple[date, ...]
    """As-of dates to learn from; the twin learns only from those before the first test date."""
    rows_expected: int
    """Largest possible number of rows to learn from."""
    in_service_from: date = date.min
    """First day that the model in service learns from. A recipe's months count back from its own last date."""

    @property
    def dates(self) -> tuple[date, ...]:
        """All as-of dates on which rows are needed, ascending, without duplicates."""
        return tuple(sorted({*self.learn_dates, *(self.split.test if self.split else ())}))

    def keep(self, borrower_id: NDArray[Any], day: date) -> NDArray[np.bool_]:
        """Whether each borrower has a row on the day, decided by the id alone; shape (n,)."""
        is_kept = np.zeros(len(borrower_id), np.bool_)
        if self._learns(day):
            is_kept |= self._thinned(borrower_id, day)
        if self._judges(day):
            is_kept |= held_out(borrower_id)
        return is_kept

    def learnt(self, rows: TrainingSet) -> NDArray[np.bool_]:
        """Whether the model in service learns from each row; shape (n,)."""
        return self._on(rows, self._learns_in_service) & self._thinned_rows(rows)

    def learnt_by_twin(self, rows: TrainingSet) -> NDArray[np.bool_]:
        """Whether the judged twin learns from each row; shape (n,).

        It learns from borrowers that are not held out, and from outcomes known by the first test date.
        """
        if self.split is None:
            return self.learnt(rows)
        is_learnt = self._on(rows, lambda day: self._learns(day) and self._before_test(day))
        return is_learnt & self._thinned_rows(rows) & ~held_out(rows.borrower_id)

    def judging(self, rows: TrainingSet, *, at_openings: bool = False) -> NDArray[np.bool_]:
        """Whether each row evaluates the twin; shape (n,)."""
        if self.split is None:
            return np.ones(len(rows.bad), np.bool_)
        if at_openings:
            first = self.split.test[0]
            return self._on(rows, lambda day: day >= first) & held_out(rows.borrower_id) & rows.at_opening
        return self._on(rows, self._judges) & held_out(rows.borrower_id) & ~rows.at_opening

    def learn_on(self, days: Iterable[date]) -> tuple[date, ...]:
        """Return those of the days that the twin learns from."""
        return tuple(day for day in days if self._learns(day) and self._before_test(day))

    def _learns(self, day: date) -> bool:
        return self.split is None or day in self.learn_dates or day not in self.split.test

    def _learns_in_service(self, day: date) -> bool:
        return self._learns(day) and day >= self.in_service_from

    def _judges(self, day: date) -> bool:
        return self.split is not None and day in self.split.test

    def _before_test(self, day: date) -> bool:
        return self.split is None or self.target.window_end(day) <= self.split.test[0]

    def _on(self, rows: TrainingSet, wanted: Callable[[date], bool]) -> NDArray[np.bool_]:
        is_on: NDArray[np.bool_] = np.array([wanted(day) for day in rows.dates], np.bool_)[rows.date_index]
        return is_on

    def _thinned_rows(self, rows: TrainingSet) -> NDArray[np.bool_]:
        is_kept = np.zeros(len(rows.bad), np.bool_)
        for index in np.unique(rows.date_index):
            here = np.flatnonzero(rows.date_index == index)
            is_kept[here] = self._thinned(rows.borrower_id[here], rows.dates[index])
        return is_kept

    def _thinned(self, borrower_id: NDArray[Any], day: date) -> NDArray[np.bool_]:
        return borrower_fold(borrower_id, _PARTS, seed=day.toordinal()) < round(self._share * _PARTS)

    @cached_property
    def _share(self) -> float:
        """Share of the expected rows to learn from."""
        months = len({(day.year, day.month) for day in self.learn_dates})
        one_a_month = self.rows_expected * months / max(1, len(self.learn_dates))
        wanted = min(MAX_TRAINING_ROWS, max(FEW_ROWS, one_a_month))
        return min(1.0, wanted / max(1, self.rows_expected))


def held_out(borrower_id: NDArray[Any]) -> NDArray[np.bool_]:
    """Whether each borrower is held out, so that no judged model learns from them; shape (n,)."""
    return borrower_fold(borrower_id, 10, seed=1) < HELD_OUT_TENTHS
