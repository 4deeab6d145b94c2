"""Capacity: how many bads a model reaches if only a share of the rows can be called, and how precise the calls are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from risk_warning.stats.rates import wilson
from risk_warning.studies.compare.score_changes import riskiest

SHARES = (0.01, 0.02, 0.05, 0.1, 0.2)
"""Shares of the scored rows that can be called, for which the figures are computed."""


@dataclass(frozen=True)
class Reached:
    """The bads among one model's riskiest rows, if `share` of every date's rows are called."""

    share: float
    calls: int
    bads_called: int
    bads: int
    """Among all rows."""

    @property
    def capture(self) -> float | None:
        """Share of all bads that are called; None if there are none."""
        return self.bads_called / self.bads if self.bads else None

    @property
    def precision(self) -> float:
        """Share of the called rows that go bad."""
        return self.bads_called / self.calls

    @property
    def precision_interval(self) -> tuple[float, float]:
        """(low, high) of the precision, 95 % (Wilson); rows are taken as independent."""
        return wilson(self.bads_called, self.calls)


def reached(bad: NDArray[np.bool_], score: NDArray[np.float64], date_index: NDArray[np.integer]) -> tuple[Reached, ...]:
    """Return one entry per share in `SHARES`; all arrays have shape (n,), n ≥ 1."""
    results = []
    for share in SHARES:
        called = riskiest(score, date_index, share)
        results.append(Reached(share, int(called.sum()), int(bad[called].sum()), int(bad.sum())))
    return tuple(results)
