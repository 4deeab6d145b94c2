"""Burden: a team's work under a threshold, per night: new warnings, calls, and how long a warning stays open.

Warnings follow the rules of the watch list (opened, kept, closed, handed over), replayed for all borrowers at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.active_warnings import by_policy
from risk_warning.core.economics.calls import calls
from risk_warning.core.policy import Policy

STEP_POINTS = 0.1
"""Thresholds are multiples of this step: a finer one adds no information and is hard to read out."""


@dataclass(frozen=True, kw_only=True)
class ReplayedNights:
    """Scores of n borrowers on consecutive nights, and how a team handles a warning."""

    scores: NDArray[np.float64]
    """Shape (nights, n); NaN where not scored."""
    days_past_due: NDArray[np.float32]
    """Shape (nights, n); NaN where unknown."""
    warm_up_nights: int
    """The first nights, replayed but not counted: the stock of open warnings has to build up."""
    borrowers_each: float
    """Number of borrowers of the book that each of the n represents."""
    bad_dpd: int
    call_again_days: int
    """A borrower whose warning is still open is called again after this many days."""

    @property
    def counted_nights(self) -> int:
        """Number of nights that are counted."""
        return len(self.scores) - self.warm_up_nights


@dataclass(frozen=True)
class Burden:
    """Means per night over the counted nights, for the whole book."""

    new_warnings: float
    most_new_warnings: float
    """On the busiest night."""
    calls: float
    """New warnings, and open ones that are due to be called again."""
    open_warnings: float

    @property
    def stay_days(self) -> float | None:
        """Mean days a warning stays open, by Little's law (Little 1961, Oper. Res. 9, 383–387).

        None if there are no new warnings. The law assumes a stock that neither grows nor shrinks; if it does, the
        figure is rough.
        """
        return self.open_warnings / self.new_warnings if self.new_warnings else None


def burden(nights: ReplayedNights, policy: Policy) -> Burden:
    """Return the burden of the policy's threshold, margin and `close_after_days`."""
    night = np.arange(len(nights.scores), dtype=np.int32)
    active = by_policy(nights.scores, nights.days_past_due, night, policy, nights.bad_dpd)
    opened = active.copy()
    opened[1:] &= ~active[:-1]
    called = calls(active, night, nights.call_again_days)
    new, call_counts, stock = (part[nights.warm_up_nights :].sum(axis=1) for part in (opened, called, active))
    each = nights.borrowers_each
    return Burden(
        each * float(np.mean(new)),
        each * int(new.max()),
        each * float(np.mean(call_counts)),
        each * float(np.mean(stock)),
    )


def within_capacity(
    calls_of: Callable[[float], float], thresholds: tuple[float, ...], calls_per_day: float
) -> float | None:
    """Return the highest threshold, in steps of `STEP_POINTS`, below the first of `thresholds` with too many calls.

    `thresholds` are tried in the order given, from the lowest up. Return None if the lowest already has too many calls,
    and the highest threshold if none has.
    """
    enough = None
    for threshold in thresholds:
        if calls_of(threshold) > calls_per_day:
            break
        enough = threshold
    else:
        return enough
    if enough is None:
        return None
    low, high = round(enough / STEP_POINTS), round(threshold / STEP_POINTS)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if calls_of(round(middle * STEP_POINTS, 1)) <= calls_per_day else (low, middle)
    return round(low * STEP_POINTS, 1)
