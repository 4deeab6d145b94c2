"""Lead time: how long before somebody falls behind a warning about them stood.

A warning counts for what happens on day T if it was active on some night from T − 90 on; the lead is the time from the
first such night to T. Worked example: nights every seven days, a warning active on 1 and 8 March, 30 days past due
reached on 15 May: the lead is 75 days, so it was in time by 30 days. Had the warning stood in January alone, it would
not count.
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
"""A warning longer ago than this is not counted as one of what happened."""
IN_TIME_DAYS = 30
"""Days before it at which a warning is in time."""
CURVE_DAYS = (1, 7, 14, 21, 30, 45, 60, 75, 90)


@dataclass(frozen=True)
class LeadTime:
    """How many of those who arrived had been warned about, by how many days at least."""

    n: int
    at_least: dict[int, int]
    """Days → arrivals with a warning active so long before, or longer (at most `EARLIEST_DAYS`)."""
    median_days: float | None
    """Of the arrivals warned about; None where there are none."""

    def share(self, days: int) -> float | None:
        """Share of the arrivals warned about at least so many days before; None where nobody arrived."""
        return self.at_least[days] / self.n if self.n else None

    def interval(self, days: int) -> tuple[float, float] | None:
        """(low, high) of the share, 95 % (Wilson)."""
        return wilson(self.at_least[days], self.n) if self.n else None

    @classmethod
    def of(cls, lead_days: Days, agent_days: int) -> LeadTime:
        """The lead time of arrivals with these leads, 0 where there was no warning."""
        days = sorted({*CURVE_DAYS, agent_days})
        warned = lead_days[lead_days > 0]
        return cls(
            len(lead_days),
            {least: int((lead_days >= least).sum()) for least in days},
            float(np.median(warned)) if len(warned) else None,
        )


def lead_days(active: Flags, nights: Days, borrower: NDArray[np.int64], happened_on: Days) -> Days:
    """Days from the first active warning to what happened, 0 where none was active in the `EARLIEST_DAYS` before.

    `active` has shape (nights, borrowers), `nights` rise; `borrower` and `happened_on` say whom and when.
    """
    before = happened_on[None, :] - nights[:, None]
    counts = active[:, borrower] & (before > 0) & (before <= EARLIEST_DAYS)
    first = counts.argmax(axis=0)
    return np.where(counts.any(axis=0), happened_on - nights[first], 0).astype(np.int32)


@dataclass(frozen=True)
class Chance:
    """What catches how many without any knowledge, to hold a share caught in time against."""

    ever_warned: float
    """Share of all borrowers scored on some night who were warned about on one of them."""
    anyone: float
    """Share with an active warning in the same weeks among all scored in them: who falls behind or not."""
    redrawn: float
    """Share caught if each night as many were drawn by lot anew, of those scored: with many nights nearly everyone."""
    redrawn_ever: float
    """Share of all borrowers such lots would warn about on some night, to hold `ever_warned` against."""


def chance(active: Flags, is_scored: Flags, nights: Days, arrived: Arrivals) -> Chance | None:
    """What lots would have caught at least `IN_TIME_DAYS` before the arrivals; None where nobody arrived."""
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
    """B's share less A's of the same n ≥ 1 people, one entry each, with its interval (Newcombe 1998, method 1).

    Statistics in Medicine 17, 2635–2650: the normal interval for paired shares, from those on whom the two differ.
    """
    n, only_a, only_b = len(a), int((a & ~b).sum()), int((b & ~a).sum())
    difference = (only_b - only_a) / n
    reach = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2) * math.sqrt(only_a + only_b - n * difference**2) / n
    return Difference(float(a.mean()), float(b.mean()), difference, difference - reach, difference + reach)
