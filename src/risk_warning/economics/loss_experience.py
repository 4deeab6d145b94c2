"""Loss experience: the outcomes of a book's bad borrowers, from its own payments."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from risk_warning.book import StagedBook
from risk_warning.core.economics.loss_rates import LossCounts
from risk_warning.core.outcomes.bad_events import BadEvents
from risk_warning.core.outcomes.target import TargetSpec


def loss_counts(
    book: StagedBook,
    target: TargetSpec,
    window_months: int,
    borrowers_per_chunk: int,
    advance: Callable[[int], None],
) -> LossCounts:
    """Count the bad events of the whole book that are old enough to be judged, and those that led to default."""
    counts, complete = LossCounts(), book.data_through + timedelta(days=1)
    for rows in book.chunks(borrowers_per_chunk):
        history = book.history(rows, target.dpd_tolerance_ratio)
        counts += LossCounts.of(BadEvents.of(history, target.bad_dpd), complete, window_months)
        advance(rows.n)
    return counts
