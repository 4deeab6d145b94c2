"""The training set: a book's eligible borrowers on several as-of dates, with what became of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from risk_warning.book import StagedBook
from risk_warning.core import features
from risk_warning.core.features import Feature
from risk_warning.core.panel import History
from risk_warning.core.target import REASONS, TargetSpec, given_outcomes, is_bad, not_scored


@dataclass(frozen=True)
class TrainingSet:
    """One row a borrower and as-of date; all arrays of length n."""

    features: tuple[Feature, ...]
    x: NDArray[np.float32]
    """Shape (n, features); a category feature holds its code in the book's categories."""
    bad: NDArray[np.bool_]
    borrower_id: NDArray[Any]
    date_index: NDArray[np.int16]
    dates: tuple[date, ...]
    dpd: NDArray[np.float32]
    """Days past due on the as-of date, NaN where unknown."""
    left_out: dict[str, int]
    """Why borrowers on a date are not in it → how many."""

    def take(self, rows: NDArray[np.bool_]) -> TrainingSet:
        """The rows chosen."""
        return TrainingSet(
            self.features,
            self.x[rows],
            self.bad[rows],
            self.borrower_id[rows],
            self.date_index[rows],
            self.dates,
            self.dpd[rows],
            self.left_out,
        )

    def on(self, dates: Sequence[date]) -> NDArray[np.bool_]:
        """Whether each row stands on one of the dates."""
        wanted = np.array([day in set(dates) for day in self.dates])
        return wanted[self.date_index]


def training_set(
    book: StagedBook,
    dates: Sequence[date],
    spec: TargetSpec,
    chosen: Sequence[Feature],
    *,
    borrowers_per_chunk: int,
    keep: Callable[[NDArray[Any], date], NDArray[np.bool_]] | None = None,
    advance: Callable[[int], None] | None = None,
) -> TrainingSet:
    """Every eligible borrower on every date, in order of borrowers within chunks.

    `keep` (ids, date → which to keep) thins large books before anything is computed for a row's target;
    `advance` is told the borrowers done.
    """
    outcome_dates = set(book.outcome_dates)
    needs = features.signals_of(chosen)
    parts: list[tuple[NDArray[Any], ...]] = []
    left_out = dict.fromkeys((*REASONS, "no_outcome"), 0)
    for rows in book.chunks(borrowers_per_chunk):
        history = History.of(rows, book.observed, dpd_tolerance_ratio=spec.dpd_tolerance_ratio)
        for index, day in enumerate(dates):
            panel = history.panel(day, needs=needs)
            why = not_scored(panel, spec, rows.set_aside)
            for code, reason in enumerate(REASONS):
                left_out[reason] += int((why == code).sum())
            wanted = why < 0
            if day in outcome_dates:
                has_row, bad = given_outcomes(history, day)
                left_out["no_outcome"] += int((wanted & ~has_row).sum())
                wanted &= has_row
            else:
                bad = is_bad(history, day, spec)
            if keep is not None:
                wanted &= keep(rows.borrower_id, day)
            found = np.flatnonzero(wanted)
            dpd = panel["dpd"][0] if "dpd" in panel.signals else np.full(rows.n, np.nan, np.float32)
            x = features.matrix(panel, chosen)[:, found].T
            day_index = np.full(len(found), index, np.int16)
            parts.append((x, bad[found], rows.borrower_id[found], day_index, dpd[found]))
        if advance:
            advance(rows.n)
    x, bad, borrower_id, date_index, dpd = (np.concatenate(column) for column in zip(*parts, strict=True))
    return TrainingSet(tuple(chosen), x, bad, borrower_id, date_index, tuple(dates), dpd, left_out)
