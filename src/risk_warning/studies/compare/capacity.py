"""Capacity: how many who go bad are reached when only so many can be called, and how many calls find one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from risk_warning.stats.rates import wilson
from risk_warning.studies.compare.score_changes import riskiest

SHARES = (0.01, 0.02, 0.05, 0.1, 0.2)
"""Shares of the scored that can be called, for which it is told."""


@dataclass(frozen=True)
class Reached:
    """What one model's riskiest hold, where `share` of every date's rows are called."""

    share: float
    calls: int
    bads_called: int
    bads: int
    """Of all rows."""

    @property
    def capture(self) -> float | None:
        """Share of all bads that are called; None where there are none."""
        return self.bads_called / self.bads if self.bads else None

    @property
    def precision(self) -> float:
        """Share of those called who go bad."""
        return self.bads_called / self.calls

    @property
    def precision_interval(self) -> tuple[float, float]:
        """(low, high), 95 % (Wilson), rows taken as independent."""
        return wilson(self.bads_called, self.calls)


def reached(bad: NDArray[np.bool_], score: NDArray[np.float64], date_index: NDArray[np.integer]) -> tuple[Reached, ...]:
    """One entry a share of `SHARES`; all arrays have shape (n,), n ≥ 1."""
    found = []
    for share in SHARES:
        called = riskiest(score, date_index, share)
        found.append(Reached(share, int(called.sum()), int(bad[called].sum()), int(bad.sum())))
    return tuple(found)
