"""Lead time: the days from the first active warning about a borrower to the day they fall behind.

A warning counts for an event on day T if it was active on some night from T − 90 to T − 1. The lead is the time from
the first such night to T. Worked example: nights are seven days apart, a warning is active on 1 and 8 March, and 30
days past due are reached on 15 May. The lead is 75 days; 30 days or more are in time. A warning that was active in
January alone would not count.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.outcomes.arrivals import Arrivals
from risk_warning.stats.delong import CONFIDENCE, Difference
from risk_warning.stats.rates import wilson

Flags = NDArray[np.bool_]
Days = NDArray[np.int32]
EARLIEST_DAYS = 90
"""A warning more than this many days before an event does not count for it."""
IN_TIME_DAYS = 30
"""A warning at least this many days before an event is in time."""
CURVE_DAYS = (1, 7, 14, 21, 30, 45, 60, 75, 90)


@dataclass(frozen=True)
class LeadShare:
    """The arrivals warned about at least so many days before."""

    days: int
    n: int
    share: float | None
    """Among all arrivals; None if nobody arrived, like the interval."""
    interval: tuple[float, float] | None
    """(low, high), 95 % (Wilson)."""


@dataclass(frozen=True)
class LeadTime:
    """The numbers of arrivals that were warned about at least so many days before."""

    n: int
    at_least: dict[int, int]
    """Days → arrivals with a warning active that many days before, or more (at most `EARLIEST_DAYS`)."""
    median_days: float | None
    """Median lead of the arrivals warned about; None if there are none."""

    def share(self, days: int) -> float | None:
        """Return the share of arrivals warned about at least this many days before; None if nobody arrived."""
        return self.at_least[days] / self.n if self.n else None

    def interval(self, days: int) -> tuple[float, float] | None:
        """Return (low, high) of the share, 95 % (Wilson)."""
        return wilson(self.at_least[days], self.n) if self.n else None

    @property
    def curve(self) -> tuple[LeadShare, ...]:
        """The shares by days before, in ascending order of days."""
        return tuple(LeadShare(days, n, self.share(days), self.interval(days)) for days, n in self.at_least.items())

    @classmethod
    def of(cls, lead_days: Days, agent_days: int) -> LeadTime:
        """Return the lead time of arrivals with these leads; a lead of 0 means no warning."""
        days = sorted({*CURVE_DAYS, agent_days})
        warned = lead_days[lead_days > 0]
        return cls(
            len(lead_days),
            {least: int((lead_days >= least).sum()) for least in days},
            float(np.median(warned)) if len(warned) else None,
        )


def lead_days(active: Flags, nights: Days, borrower: NDArray[np.int64], happened_on: Days) -> Days:
    """Return the days from the first active warning to the event; 0 if none was active in the `EARLIEST_DAYS` before.

    `active` has shape (nights, borrowers), and `nights` are in ascending order. `borrower` and `happened_on` hold who
    had the event and when.
    """
    before = happened_on[None, :] - nights[:, None]
    counts = active[:, borrower] & (before > 0) & (before <= EARLIEST_DAYS)
    first = counts.argmax(axis=0)
    return np.where(counts.any(axis=0), happened_on - nights[first], 0).astype(np.int32)


@dataclass(frozen=True)
class Chance:
    """Shares that are caught without any knowledge, to compare with the share caught in time."""

    ever_warned: float
    """Share of all borrowers scored on at least one night who were warned about on at least one."""
    anyone: float
    """Share with an active warning in the same weeks, among all scored in them, whether they fall behind or not."""
    redrawn: float
    """Share caught if each night as many of those scored were drawn at random; with many nights nearly everyone."""
    redrawn_ever: float
    """Share of all borrowers that such draws would warn about on some night, to compare with `ever_warned`."""


def chance(active: Flags, is_scored: Flags, nights: Days, arrived: Arrivals) -> Chance | None:
    """Return the shares caught by chance at least `IN_TIME_DAYS` before the arrivals; None if nobody arrived."""
    if not len(arrived.borrower):
        return None
    share = active.sum(axis=1) / np.maximum(is_scored.sum(axis=1), 1)
    before = arrived.reached_on[None, :] - nights[:, None]
    counts = (before >= IN_TIME_DAYS) & (before <= EARLIEST_DAYS)
    missed = np.where(counts & is_scored[:, arrived.borrower], 1 - share[:, None], 1.0)
    anyone = 0.0
    for day, times in zip(*np.unique(arrived.reached_on, return_counts=True), strict=True):
        inside = np.flatnonzero((day - nights >= IN_TIME_DAYS) & (day - nights <= EARLIEST_DAYS))
        scored = np.flatnonzero(is_scored[inside].any(axis=0))
        anyone += times * float(active[inside][:, scored].any(axis=0).mean()) if len(scored) else 0.0
    spared = np.ones(is_scored.shape[1])
    for part, scored_tonight in zip(share.tolist(), is_scored, strict=True):
        spared *= np.where(scored_tonight, 1 - part, 1.0)
    ever = np.flatnonzero(is_scored.any(axis=0))
    return Chance(
        ever_warned=float(active[:, ever].any(axis=0).mean()),
        anyone=float(anyone / len(arrived.borrower)),
        redrawn=float(1 - np.prod(missed, axis=0).mean()),
        redrawn_ever=float(1 - spared[ever].mean()),
    )


def paired_shares(a: Flags, b: Flags) -> Difference:
    """Return B's share minus A's among the same n ≥ 1 people, one entry each, with its interval.

    Newcombe (1998), Statistics in Medicine 17, 2635–2650, method 1: the normal interval for paired shares, from those
    on whom the two differ.
    """
    n, only_a, only_b = len(a), int((a & ~b).sum()), int((b & ~a).sum())
    difference = (only_b - only_a) / n
    reach = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2) * math.sqrt(only_a + only_b - n * difference**2) / n
    return Difference(float(a.mean()), float(b.mean()), difference, difference - reach, difference + reach)
