"""Stakes: what is at stake on rows of borrowers and as-of dates, each bad event and each call counted once.

A row stands for one borrower on one night, that of its as-of date. A bad event that several rows precede is saved once,
by whichever of them is flagged, and loses what its borrower owed on the latest of them, the nearest to the default. A
call is made as `core.calls` says, the dates taken as the nights: a warning stays open from one date to the next where
both are flagged. Calls that fall due between two dates and are overtaken by the next are not seen.

Worked example: dates 1 March, 1 April and 1 May precede one bad event, with 1,000, 900 and 800 to lose. Flagged on all
three: 800 within reach and three calls. Flagged on 1 May alone: 800 and one call.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.calendar import ALWAYS, NEVER
from risk_warning.core.economics.calls import calls
from risk_warning.core.economics.economics import Economics
from risk_warning.core.economics.loss_rates import LossRate

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Positions = NDArray[np.int64]


@dataclass(frozen=True)
class Events:
    """The bad events that rows precede, in order of (borrower, day)."""

    owner: Positions
    """Position of the borrower, shape (events,)."""
    loss_amount: Floats
    """Lost where the event leads to default, shape (events,)."""
    rows: Positions
    """The bad rows, in order of events."""
    first: Positions
    """Where in `rows` each event begins, shape (events,)."""


@dataclass(frozen=True, kw_only=True)
class Stakes:
    """The rows, none of a borrower and date twice; arrays of shape (n,) unless said otherwise."""

    borrower: Positions
    """Number of the borrower."""
    date_index: Positions
    days: NDArray[np.int32]
    """The as-of dates, rising, shape (dates,)."""
    window_ends: NDArray[np.int32]
    """First day after each date's outcome window, shape (dates,)."""
    event_on: NDArray[np.int32]
    """First day of the bad event the row precedes, as `core.bad_events` tells it; `NEVER` where the row is good."""
    loss_amount: Floats
    """Exposure × loss given default, in the book's currency; 0 where not known."""

    @property
    def is_bad(self) -> Flags:
        """Whether the borrower turns bad in the row's outcome window."""
        bad: Flags = self.event_on != NEVER
        return bad

    @cached_property
    def owner(self) -> Positions:
        """Position of each row's borrower among all of them, in order of their numbers."""
        return np.unique(self.borrower, return_inverse=True)[1].astype(np.int64)

    @cached_property
    def owners(self) -> int:
        """Number of borrowers."""
        return int(self.owner.max()) + 1

    @cached_property
    def events(self) -> Events:
        """The bad events, each once."""
        bad = np.flatnonzero(self.is_bad)
        bad = bad[np.lexsort((self.date_index[bad], self.event_on[bad], self.owner[bad]))]
        owner, on = self.owner[bad], self.event_on[bad]
        begins = np.ones(len(bad), np.bool_)
        begins[1:] = (owner[1:] != owner[:-1]) | (on[1:] != on[:-1])
        first = np.flatnonzero(begins)
        latest = bad[np.append(first[1:], len(bad)) - 1] if len(first) else bad
        return Events(owner[first], self.loss_amount[latest], bad, first)

    def reached(self, flagged: Flags) -> Flags:
        """Whether each bad event has a row that is flagged, shape (events,)."""
        events = self.events
        return np.logical_or.reduceat(flagged[events.rows], events.first) if len(events.first) else events.first > 0

    def called(self, flagged: Flags, call_again_days: int) -> Flags:
        """Whether a call is made on each row."""
        active = np.zeros((len(self.days), self.owners), np.bool_)
        active[self.date_index, self.owner] = flagged
        return calls(active, self.days, call_again_days)[self.date_index, self.owner]

    def by_owner(self, flagged: Flags, call_again_days: int) -> tuple[Floats, Floats]:
        """(loss within reach, calls) of each borrower where these rows are flagged, each of shape (borrowers,)."""
        events, made = self.events, self.called(flagged, call_again_days)
        within = np.where(self.reached(flagged), events.loss_amount, 0.0)
        return self._sum(events.owner, within), self._sum(self.owner, made.astype(np.float64))

    def _sum(self, owner: Positions, values: Floats) -> Floats:
        found: Floats = np.bincount(owner, weights=values, minlength=self.owners).astype(np.float64)
        return found

    def windows(self) -> Positions:
        """Number of the outcome window each row is counted in: the fewest of a borrower's that cover all their rows.

        A row that falls into a window already counted does not begin another.
        """
        first, window_end = (np.full(self.owners, ALWAYS, np.int64) for _ in range(2))
        found = np.empty(len(self.owner), np.int64)
        for index, (day, end) in enumerate(zip(self.days.tolist(), self.window_ends.tolist(), strict=True)):
            here = np.flatnonzero(self.date_index == index)
            owner = self.owner[here]
            new = owner[window_end[owner] <= day]
            first[new], window_end[new] = index, end
            found[here] = owner * len(self.days) + first[owner]
        return found


@dataclass(frozen=True)
class Draws:
    """Samples of borrowers, each with an effect and a roll to loss; arrays of shape (draws,) or (draws, ways)."""

    rows: Floats
    saved_amount: Floats
    """Loss prevented by each way to flag."""
    calls: Floats

    def net(self, economics: Economics) -> Floats:
        """Loss prevented less the cost of the calls, shape (draws, ways)."""
        return self.saved_amount - economics.contact_cost_amount * self.calls


def draw(
    stakes: Stakes,
    ways: Sequence[Flags],
    economics: Economics,
    loss_rate: LossRate,
    *,
    draws: int,
    seed: int,
    advance: Callable[[int], None] | None = None,
) -> Draws:
    """Draw borrowers with all their rows, an effect and a roll to loss; who is flagged stays. The seed fixes it all."""
    sums = np.stack([part for flagged in ways for part in stakes.by_owner(flagged, economics.call_again_days)])
    rows = np.bincount(stakes.owner, minlength=stakes.owners).astype(np.float64)
    random = np.random.default_rng(seed)
    drawn = np.empty((draws, len(sums)))
    size, rate = np.empty(draws), np.empty(draws)
    for at in range(draws):
        weight, rate[at] = sample(random, stakes.owners, economics, loss_rate)
        drawn[at], size[at] = sums @ weight, rows @ weight
        if advance:
            advance(1)
    return Draws(size, drawn[:, ::2] * rate[:, None], drawn[:, 1::2])


def sample(random: np.random.Generator, owners: int, economics: Economics, loss_rate: LossRate) -> tuple[Floats, float]:
    """(how often each borrower is drawn, effect × roll to loss) of one draw."""
    weight = np.bincount(random.integers(0, owners, owners), minlength=owners).astype(np.float64)
    effect, roll = economics.treatment_effect.at(random.normal()), loss_rate.ratio.at(random.normal())
    return weight, effect * roll
