"""Speed: borrowers per second that each model scores and explains on this machine.

The figures of the comparison itself do not include it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from time import perf_counter

import numpy as np

from risk_warning.book import StagedBook
from risk_warning.model.risk_model import RiskModel

_MEASURED = 5_000
"""Largest number of borrowers; they are the same for both models."""
_EXPLAINED = 1_000


@dataclass(frozen=True)
class Speed:
    """The speed of one model on this machine, the best of three runs."""

    scored_per_second: float
    """Borrowers, from their rows to scores; one chunk on one thread of this program."""
    explained_per_second: float | None
    """Scored borrowers, from features to points; None if nobody is scored."""


@dataclass(frozen=True)
class Speeds:
    """The speeds of both models; None if not measured."""

    a: Speed | None
    b: Speed | None


def speed(book: StagedBook, model: RiskModel, day: date) -> Speed:
    """Return the model's speed on the book's first borrowers."""
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
