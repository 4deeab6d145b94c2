"""Chunks of a book's borrowers, scored by one model, two or many on any number of dates.

Every study goes through a book this way. Chunks are read and scored several at a time; neither their size nor the
number of threads changes a score by a bit, and results come in the order of the borrowers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from risk_warning.book import StagedBook
from risk_warning.core.history.history import History
from risk_warning.core.observed import Observed
from risk_warning.core.outcomes.labels import known_and_bad
from risk_warning.core.panel.builder import panel_of
from risk_warning.core.rows import ByBorrower, Rows
from risk_warning.model.risk_model import RiskModel, Scored
from risk_warning.settings import ScoreSettings

T = TypeVar("T")
Advance = Callable[[int], None]
Only = Callable[[Rows, NDArray[np.int64]], NDArray[np.bool_]]
"""(rows of a chunk, numbers of its borrowers in the book) → whether each borrower is looked at."""


@dataclass(frozen=True)
class Chunk:
    """Some borrowers of a book, and the models that score them; all models have the target of the first."""

    rows: Rows
    borrower: NDArray[np.int64]
    """Number of each borrower in the book, in order of ids."""
    models: Sequence[RiskModel]
    history: History
    """All that the book holds of the borrowers; outcomes come from it."""
    outcome_dates: frozenset[date]
    _read: Sequence[History]
    """What each model may read; one and the same object for models that read the same columns."""

    def score(self, as_of_date: date) -> tuple[Scored, ...]:
        """Return each model's scores, bit-identical to those it gives alone.

        Models that read the same columns share one panel.
        """
        scored: dict[int, Scored] = {}
        for history in {id(history): history for history in self._read}.values():
            sharing = [k for k, own in enumerate(self._read) if own is history]
            needs = frozenset[str]().union(*(self.models[k].needs for k in sharing))
            panel = panel_of(history, as_of_date, needs=needs)
            scored |= {k: self.models[k].score_panel(history.rows, panel) for k in sharing}
        return tuple(scored[k] for k in range(len(self.models)))

    def outcomes(self, as_of_date: date) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return (whether each borrower's outcome is known, whether it is bad)."""
        return known_and_bad(self.history, as_of_date, self.models[0].target, set(self.outcome_dates))


def over_chunks(
    book: StagedBook,
    models: Sequence[RiskModel],
    do: Callable[[Chunk], T],
    settings: ScoreSettings,
    advance: Advance,
    *,
    only: Only | None = None,
) -> Iterator[T]:
    """Call `do` on each chunk, several at a time, and yield its results in order of the borrowers.

    Parameters
    ----------
    models
        At least one, all of one target.
    advance
        Called with the number of borrowers done after each chunk.
    only
        The borrowers looked at; None: all of them.

    Raises
    ------
    ContractError
        The book lacks something that one of the models was trained on.
    """
    observed = [model.observed_in(book) for model in models]
    tolerance, outcome_dates = models[0].target.dpd_tolerance_ratio, frozenset(book.outcome_dates)
    # Computed here once: threads would all compute it.
    _ = book.closings

    def work(low: int) -> tuple[T, int]:
        high = min(low + settings.borrowers_per_chunk, book.n_borrowers)
        rows, borrower = book.rows(low, high), np.arange(low, high)
        if only is not None:
            chosen = np.flatnonzero(only(rows, borrower))
            rows, borrower = ByBorrower.of(rows).select(chosen), borrower[chosen]
        history = book.history(rows, tolerance)
        chunk = Chunk(rows, borrower, models, history, outcome_dates, _histories(models, observed, rows))
        return do(chunk), high - low

    with ThreadPoolExecutor(settings.workers) as pool:
        for result, done in pool.map(work, range(0, book.n_borrowers, settings.borrowers_per_chunk)):
            advance(done)
            yield result


def _histories(models: Sequence[RiskModel], observed: Sequence[Observed], rows: Rows) -> list[History]:
    histories: list[History] = []
    for k, model in enumerate(models):
        same = next((j for j in range(k) if observed[j] == observed[k]), None)
        histories.append(model.history(rows, observed[k]) if same is None else histories[same])
    return histories
