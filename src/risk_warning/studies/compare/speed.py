"""Speed: how many borrowers a second each model scores and explains here; no figure of the comparison itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from time import perf_counter

import numpy as np

from risk_warning.book import StagedBook
from risk_warning.model.risk_model import RiskModel

_MEASURED = 5_000
"""Borrowers at most; the same for both models."""
_EXPLAINED = 1_000


@dataclass(frozen=True)
class Speed:
    """Of one model on this machine, the best of three."""

    scored_per_second: float
    """Borrowers, from their rows to scores, one chunk on one thread of ours."""
    explained_per_second: float | None
    """Scored borrowers, from features to points; None where nobody is scored."""


def speed(book: StagedBook, model: RiskModel, day: date) -> Speed:
    """The model's speed on the book's first borrowers."""
    rows, observed = book.rows(0, min(book.n_borrowers, _MEASURED)), model.observed_in(book)
    scored = model.score(rows, observed, day)
    x = scored.x[np.flatnonzero(scored.not_scored < 0)[:_EXPLAINED]]
    scoring, explaining = [], []
    for _ in range(3):
        start = perf_counter()
        model.score(rows, observed, day)
        scoring.append(perf_counter() - start)
        start = perf_counter()
        if len(x):
            model.points(x)
            explaining.append(perf_counter() - start)
    return Speed(rows.n / min(scoring), len(x) / min(explaining) if explaining else None)
