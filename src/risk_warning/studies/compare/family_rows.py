"""The rows of a family: PDs of several models for the same borrowers on the same dates, with the outcomes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from risk_warning.book import StagedBook
from risk_warning.core.outcomes.labels import known_and_bad
from risk_warning.model.risk_model import RiskModel


@dataclass(frozen=True)
class FamilyRows:
    """One row per borrower and date that every model scores; arrays of shape (n,), in order of dates and borrowers."""

    pd: NDArray[np.float64]
    """Shape (models, n)."""
    bad: NDArray[np.bool_]
    borrower: NDArray[np.int64]
    """Number of the borrower in the book, in order of ids."""
    date_index: NDArray[np.int64]
    not_by_all: int
    """Rows with an outcome that some of the models score and others do not."""
    outcome_unknown: int
    """Rows that all models score but whose outcome is unknown; they are not among the n."""


def score_family(
    book: StagedBook,
    models: Sequence[RiskModel],
    dates: Sequence[date],
    borrowers_per_chunk: int,
    advance: Callable[[int], None],
) -> FamilyRows:
    """Return every borrower that all models score, on every date; the models have one target.

    Raises
    ------
    ContractError
        If the book lacks something that one of the models was trained on.
    """
    observed = [model.observed_in(book) for model in models]
    target, given_on = models[0].target, set(book.outcome_dates)
    parts: list[tuple[NDArray[Any], ...]] = []
    not_by_all = outcome_unknown = low = 0
    for rows in book.chunks(borrowers_per_chunk):
        history = book.history(rows, target.dpd_tolerance_ratio)
        seen = [model.history(rows, own) for model, own in zip(models, observed, strict=True)]
        for index, day in enumerate(dates):
            known, bad = known_and_bad(history, day, target, given_on)
            scored = [model.score_history(own, day) for model, own in zip(models, seen, strict=True)]
            eligible = np.array([one.not_scored < 0 for one in scored])
            by_all = known & eligible.all(axis=0)
            not_by_all += int((known & eligible.any(axis=0) & ~by_all).sum())
            outcome_unknown += int((~known & eligible.all(axis=0)).sum())
            positions = np.flatnonzero(by_all)
            pd = np.array([one.pd[positions] for one in scored])
            parts.append((np.full(len(positions), index), positions + low, bad[positions], pd))
        low += rows.n
        advance(rows.n)
    when, who, bad, pd = (np.concatenate(column, axis=-1) for column in zip(*parts, strict=True))
    order = np.lexsort((who, when))
    return FamilyRows(pd[:, order], bad[order], who[order], when[order], not_by_all, outcome_unknown)
