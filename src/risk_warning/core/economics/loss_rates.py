"""Loss rates: the share of bad events that end in default.

Most borrowers who reach 30 days past due pay and return to 0. Worked example: 40 borrowers turn bad, one of them twice.
12 months later 10 of the 41 events have reached 90 days past due or a write-off: 10 / 41 = 24 %. Its interval is that
of a share among 41² / 43 = 39.1 independent events, where 43 = 39 × 1² + 2²: the events of one borrower are treated as
identical.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np

from risk_warning.core.calendar import months_until, to_day
from risk_warning.core.economics.economics import Economics, Estimate
from risk_warning.core.outcomes.bad_events import BadEvents
from risk_warning.stats.rates import wilson

MIN_BORROWERS = 30
"""The rate is measured only with at least this many borrowers with a bad event old enough to be judged."""
Source = Literal["measured", "setting", "too few"]


@dataclass(frozen=True)
class LossCounts:
    """Counts of bad events old enough to be judged, and of those lost."""

    events: int = 0
    lost: int = 0
    """Number of these events that reached 90 days past due or a write-off within the months."""
    borrowers: int = 0
    """Number of borrowers with such an event."""
    squares: int = 0
    """Sum over borrowers of the square of their number of events."""

    def __add__(self, other: LossCounts) -> LossCounts:
        """Add the counts of two groups without a borrower in common."""
        return LossCounts(
            self.events + other.events,
            self.lost + other.lost,
            self.borrowers + other.borrowers,
            self.squares + other.squares,
        )

    @classmethod
    def of(cls, events: BadEvents, complete: date, window_months: int) -> LossCounts:
        """Count the events and losses.

        An event is judged once all its months lie before `complete`, the first day not in the data.
        """
        # As in `roll_rates.cures`: the day on which the months end still counts.
        known = months_until(events.bad_on, np.full(len(events.bad_on), to_day(complete) + 1, np.int32)) - 1
        judged = known >= window_months
        lost = months_until(events.bad_on[judged], events.lost_on[judged]) <= window_months
        _, each = np.unique(events.borrower[judged], return_counts=True)
        return cls(int(judged.sum()), int(lost.sum()), len(each), int((each**2).sum()))


@dataclass(frozen=True)
class LossRate:
    """P(90+ days past due or written off | bad), with its 95 % interval and its source."""

    ratio: Estimate
    source: Source
    """`too few`: the rate is 1, because the book has too few bads and there is no setting."""
    counts: LossCounts

    @classmethod
    def of(cls, counts: LossCounts, economics: Economics) -> LossRate:
        """Return the measured rate if the book has enough bads, else the setting in `economics`, else 1.

        The interval is Wilson's with Kish's effective number of events, (Σ k)² / Σ k² for borrowers with k events each
        (Kish 1965, Survey Sampling, 8.2). It treats the events of a borrower as identical, so it is never too narrow.
        """
        if counts.borrowers >= MIN_BORROWERS:
            share, independent = counts.lost / counts.events, counts.events**2 / counts.squares
            low, high = wilson(share * independent, independent)
            return cls(Estimate(low, share, high), "measured", counts)
        if economics.roll_to_loss_ratio is not None:
            ratio = economics.roll_to_loss_ratio
            return cls(Estimate(ratio, ratio, ratio), "setting", counts)
        return cls(Estimate(1.0, 1.0, 1.0), "too few", counts)
