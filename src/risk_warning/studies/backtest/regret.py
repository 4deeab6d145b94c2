"""Regret: how much AUC each recipe lost against the best recipe of each date, and which recipe lost least overall.

The regret of a recipe at a date is the best AUC of any recipe at that date minus its own (Savage 1951, JASA 46, 55–67,
on the loss against the best act in hindsight). Intervals are percentiles of a bootstrap over borrowers: within a draw a
borrower has the same weight on all dates and for all recipes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from risk_warning.stats.delong import CONFIDENCE
from risk_warning.stats.paired_bootstrap import Ranked

Floats = NDArray[np.float64]
DRAWS = 500


@dataclass(frozen=True)
class DateOutcome:
    """One date: which rows turned bad, whose rows they are, and what each recipe predicted."""

    bad: NDArray[np.bool_]
    borrower: NDArray[np.int64]
    """Number of each row's borrower, the same on all dates."""
    pd: tuple[Floats, ...]
    """One array per recipe."""


@dataclass(frozen=True)
class Regret:
    """The regret of the recipes over all dates; arrays have shape (recipes, dates) or (recipes,)."""

    auc: Floats
    regret: Floats
    mean: Floats
    mean_low: Floats
    mean_high: Floats
    largest: Floats
    best_share: Floats
    """Share of the draws in which the recipe's mean regret is the smallest."""

    @property
    def advised(self) -> int:
        """Index of the recipe with the smallest mean regret."""
        return int(np.argmin(self.mean))


def regret(
    outcomes: Sequence[DateOutcome], *, draws: int = DRAWS, seed: int = 0, advance: Callable[[int], None] | None = None
) -> Regret:
    """Return the regret of every recipe at every date, with intervals of each recipe's mean."""
    n = 1 + max(int(one.borrower.max()) for one in outcomes)
    ranked = [[Ranked.of(one.bad, pd, one.borrower) for pd in one.pd] for one in outcomes]

    def aucs(weight: NDArray[np.int32]) -> Floats:
        return np.array([[order.measures(weight)[0] for order in row] for row in ranked]).T

    here = aucs(np.ones(n, np.int32))
    random = np.random.default_rng(seed)
    means = np.empty((draws, len(here)))
    for draw in range(draws):
        weight = np.bincount(random.integers(0, n, n), minlength=n).astype(np.int32)
        drawn = aucs(weight)
        means[draw] = (drawn.max(axis=0) - drawn).mean(axis=1)
        if advance:
            advance(1)
    lost = here.max(axis=0) - here
    low, high = np.quantile(means, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2], axis=0)
    best = np.bincount(means.argmin(axis=1), minlength=len(here)) / draws
    return Regret(here, lost, lost.mean(axis=1), low, high, lost.max(axis=1), best)
