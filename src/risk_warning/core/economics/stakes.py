"""Stakes: losses and calls on rows of borrowers and as-of dates, with each bad event and each call counted once.

A row is one borrower on one night, that of its as-of date. A bad event that several rows precede is saved once, if any
of them is flagged. Its loss is what the borrower owed on the latest of these rows, the nearest to the default. Calls
follow `core.economics.calls`, with the dates as the nights: a warning stays open from one date to the next if both are
flagged. Calls that fall due between two dates and are superseded by the next one are not counted.

Worked example: dates 1 March, 1 April and 1 May precede one bad event, with 1,000, 900 and 800 to lose. If all three
are flagged, 800 is within reach with three calls. If only 1 May is flagged, 800 is within reach with one call.
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
    """The bad events that rows precede, sorted by (borrower, day)."""

    owner: Positions
    """Position of the borrower, shape (events,)."""
    loss_amount: Floats
    """Amount lost if the event leads to default, shape (events,)."""
    rows: Positions
    """The bad rows, in order of events."""
    first: Positions
    """Position in `rows` of each event's first row, shape (events,)."""


@dataclass(frozen=True, kw_only=True)
class Stakes:
    """The rows, one at most per borrower and date; arrays have shape (n,) unless stated otherwise."""

    borrower: Positions
    """Number of the borrower."""
    date_index: Positions
    days: NDArray[np.int32]
    """The as-of dates, rising, shape (dates,)."""
    window_ends: NDArray[np.int32]
    """First day after each date's outcome window, shape (dates,)."""
    event_on: NDArray[np.int32]
    """First day of the bad event the row precedes, from `core.outcomes.bad_events`; `NEVER` if the row is good."""
    loss_amount: Floats
    """Exposure × loss given default, in the book's currency; 0 where not known."""

    @property
    def is_bad(self) -> Flags:
        """Whether the borrower turns bad in the row's outcome window."""
        bad: Flags = self.event_on != NEVER
        return bad

    @cached_property
    def owner(self) -> Positions:
        """Position of each row's borrower among all borrowers, sorted by number."""
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
        """Whether each bad event has a flagged row, shape (events,)."""
        events = self.events
        return np.logical_or.reduceat(flagged[events.rows], events.first) if len(events.first) else events.first > 0

    def called(self, flagged: Flags, call_again_days: int) -> Flags:
        """Whether a call is made on each row."""
        active = np.zeros((len(self.days), self.owners), np.bool_)
        active[self.date_index, self.owner] = flagged
        return calls(active, self.days, call_again_days)[self.date_index, self.owner]

    def by_owner(self, flagged: Flags, call_again_days: int) -> tuple[Floats, Floats]:
        """Return (loss within reach, calls) of each borrower if these rows are flagged, each of shape (borrowers,)."""
        events, called = self.events, self.called(flagged, call_again_days)
        within = np.where(self.reached(flagged), events.loss_amount, 0.0)
        return self._sum(events.owner, within), self._sum(self.owner, called.astype(np.float64))

    def _sum(self, owner: Positions, values: Floats) -> Floats:
        sums: Floats = np.bincount(owner, weights=values, minlength=self.owners).astype(np.float64)
        return sums

    def windows(self) -> Positions:
        """Return the number of the outcome window in which each row is counted.

        The windows are the fewest of a borrower's that cover all their rows: a row inside a window already counted does
        not begin another.
        """
        first, window_end = (np.full(self.owners, ALWAYS, np.int64) for _ in range(2))
        numbers = np.empty(len(self.owner), np.int64)
        for index, (day, end) in enumerate(zip(self.days.tolist(), self.window_ends.tolist(), strict=True)):
            here = np.flatnonzero(self.date_index == index)
            owner = self.owner[here]
            new = owner[window_end[owner] <= day]
            first[new], window_end[new] = index, end
            numbers[here] = owner * len(self.days) + first[owner]
        return numbers


@dataclass(frozen=True)
class Draws:
    """Samples of borrowers, each with an effect and a roll to loss; arrays have shape (draws,) or (draws, ways)."""

    rows: Floats
    saved_amount: Floats
    """Loss prevented by each way of flagging."""
    calls: Floats

    def net(self, economics: Economics) -> Floats:
        """Return the loss prevented minus the cost of the calls, shape (draws, ways)."""
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
    """Draw borrowers with all their rows, an effect and a roll to loss.

    The flags are the same in every draw. The seed determines the whole result.
    """
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
    """Return (how often each borrower is drawn, effect × roll to loss) of one draw."""
    weight = np.bincount(random.integers(0, owners, owners), minlength=owners).astype(np.float64)
    effect, roll = economics.treatment_effect.at(random.normal()), loss_rate.ratio.at(random.normal())
    return weight, effect * roll
