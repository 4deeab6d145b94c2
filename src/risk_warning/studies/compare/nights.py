"""Nights: the scores that two models give every borrower on each night, and who fell behind when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from risk_warning.book import StagedBook
from risk_warning.core.calendar import to_day
from risk_warning.core.outcomes.arrears import Arrears
from risk_warning.core.outcomes.arrivals import Arrivals, first_arrivals
from risk_warning.core.outcomes.labels import outcomes
from risk_warning.model.risk_model import RiskModel
from risk_warning.scoring.chunks import Advance, Chunk, over_chunks
from risk_warning.settings import ScoreSettings
from risk_warning.studies.compare.lead_time import EARLIEST_DAYS


@dataclass(frozen=True)
class Watch:
    """One model's scores by night, and the days past due.

    Arrays of shape (nights, borrowers); NaN where a borrower is not scored or nothing is known.
    """

    score: NDArray[np.float64]
    days_past_due: NDArray[np.float32]

    @property
    def is_scored(self) -> NDArray[np.bool_]:
        """Whether the model scored each borrower on each night."""
        return ~np.isnan(self.score)


@dataclass(frozen=True)
class WatchedNights:
    """A series of nights as scored by two models, and what followed."""

    nights: NDArray[np.int32]
    """Days, in ascending order."""
    a: Watch
    b: Watch
    is_mature: NDArray[np.bool_]
    """Whether the outcomes of each night are known in full."""
    bad: NDArray[np.bool_]
    """Whether each borrower went bad within the horizon of each mature night, shape (nights, borrowers)."""
    arrived: Arrivals
    """Who reached the target's days past due, from `EARLIEST_DAYS` after the first night through the last night."""


def nights_between(first: date, last: date, every_days: int) -> tuple[date, ...]:
    """Return the nights from `first` through `last`, `every_days` days apart."""
    return tuple(first + timedelta(days=k) for k in range(0, (last - first).days + 1, every_days))


def watch_both(
    book: StagedBook,
    a: RiskModel,
    b: RiskModel,
    nights: Sequence[date],
    settings: ScoreSettings,
    advance: Advance,
) -> WatchedNights:
    """Return both models' scores on every night, and the arrivals.

    The result is bit-identical for any size of chunks and any number of workers.

    Raises
    ------
    ContractError
        If the book lacks something that one of the models was trained on.
    """
    days = np.array([to_day(night) for night in nights], np.int32)
    mature = np.array([a.target.is_mature(night, book.data_through) for night in nights])
    shape = len(nights), book.n_borrowers
    watches = [Watch(np.full(shape, np.nan), np.full(shape, np.nan, np.float32)) for _ in "AB"]
    bad = np.zeros(shape, np.bool_)

    def follow(chunk: Chunk) -> Arrivals:
        here = slice(chunk.borrower[0], chunk.borrower[-1] + 1)
        arrears = Arrears.of(chunk.history, (), (a.target.bad_dpd,))
        arrivals = first_arrivals(arrears, 0, int(days[0]) + EARLIEST_DAYS, int(days[-1]))
        for row, night in enumerate(nights):
            for scored, watch in zip(chunk.score(night), watches, strict=True):
                watch.score[row, here], watch.days_past_due[row, here] = scored.score, scored.days_past_due
            if mature[row]:
                bad[row, here] = outcomes(chunk.history, night, a.target).bad(to_day(a.target.window_end(night)))
        return Arrivals(arrivals.borrower + here.start, arrivals.missed_on, arrivals.reached_on)

    arrived = list(over_chunks(book, (a, b), follow, settings, advance))
    return WatchedNights(days, watches[0], watches[1], mature, bad, Arrivals.joined(arrived))
