"""The paired bootstrap: intervals of the differences between two models' measures, by resampling borrowers.

Borrowers, not rows, are drawn with replacement, all rows of a borrower together (Field & Welsh 2007, JRSS B 69,
369–390), and both models are measured on the same draw. Intervals are percentiles (Efron & Tibshirani 1993, ch. 13).

A draw is a weight for each row. Everything that depends on the order of PDs is computed once, so a draw needs no sort:
it only counts the goods between the ranks of the bads.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from risk_warning.stats.delong import CONFIDENCE, Difference

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
DRAWS = 2_000
CAPACITY_SHARE = 0.05
"""Share of the rows that can be called, for the capture measure."""
PAIRED = ("auc", "ks", "brier", "capture_top_5pct")


@dataclass(frozen=True)
class Ranked:
    """The rows of one model in descending order of PD.

    A place is a PD that at least one bad has, together with the goods of the same PD.
    """

    cluster_of_bads: Counts
    """Borrower of each bad, the riskiest first."""
    first_bad: Counts
    """Shape (places,): position in `cluster_of_bads` of each place's first bad."""
    cluster_of_goods: Counts
    """Borrower of each good, the riskiest first."""
    goods_before: Counts
    """Shape (places,): number of goods riskier than the place."""
    goods_through: Counts
    """Shape (places,): number of goods at least as risky as the place."""

    @classmethod
    def of(cls, bad: NDArray[np.bool_], pd: Floats, cluster: Counts) -> Ranked:
        """Return the ranking of rows with these PDs; `cluster` numbers the borrowers from 0."""
        bads, goods = np.flatnonzero(bad), np.flatnonzero(~bad)
        bads, goods = bads[np.argsort(-pd[bads], kind="stable")], goods[np.argsort(-pd[goods], kind="stable")]
        places, first_bad = np.unique(-pd[bads], return_index=True)
        before = np.searchsorted(-pd[goods], places, side="left")
        through = np.searchsorted(-pd[goods], places, side="right")
        return cls(cluster[bads], first_bad, cluster[goods], before, through)

    def measures(self, weight: NDArray[np.int32]) -> tuple[float, float, float]:
        """Return (AUC, KS, capture at capacity) of a sample that holds borrower c `weight[c]` times.

        Rows of equal PD count one half in the AUC. If the capacity ends among them, an equal part of each is called.
        """
        # Cumulative sums of int32 are twenty times as fast as of int64, and a sample has fewer than 2³¹ rows.
        goods = np.concatenate(([0], np.cumsum(weight[self.cluster_of_goods], dtype=np.int32)))
        bads = np.add.reduceat(weight[self.cluster_of_bads], self.first_bad, dtype=np.int64)
        bads_through = np.cumsum(bads)
        before, through = goods[self.goods_before].astype(np.int64), goods[self.goods_through].astype(np.int64)
        all_bads, all_goods = int(bads_through[-1]), int(goods[-1])
        # All values up to here are whole numbers, so the order of rows changes no bit.
        auc = float(bads @ (2 * all_goods - through - before)) / (2 * all_bads * all_goods)
        ks = float(np.max(bads_through / all_bads - through / all_goods, initial=0.0))
        calls = int(np.ceil(CAPACITY_SHARE * (all_bads + all_goods)))
        size = np.maximum(bads + through - before, 1)
        called = np.clip((calls - before - (bads_through - bads)) / size, 0, 1)
        return auc, ks, float(bads @ called) / all_bads


def paired_bootstrap(
    bad: NDArray[np.bool_],
    pd_a: Floats,
    pd_b: Floats,
    borrower: NDArray[np.integer],
    *,
    draws: int = DRAWS,
    seed: int = 0,
    advance: Callable[[int], None] | None = None,
) -> dict[str, Difference]:
    """Return measure (of `PAIRED`) → difference between two models' PDs on the same rows, with its interval.

    The interval also holds for dependent rows. All arrays have shape (n,) and hold both bads and goods; `borrower` is
    the borrower of each row. The same `seed` gives the same intervals; a model compared with itself gives exactly zero.
    """
    here, drawn = measured_again(bad, (pd_a, pd_b), borrower, draws=draws, seed=seed, advance=advance)
    differences = drawn[:, 1] - drawn[:, 0]
    low, high = np.quantile(differences, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2], axis=0)
    return {
        name: Difference(
            float(here[0, k]), float(here[1, k]), float(here[1, k] - here[0, k]), float(low[k]), float(high[k])
        )
        for k, name in enumerate(PAIRED)
    }


def measured_again(
    bad: NDArray[np.bool_],
    pds: Sequence[Floats],
    borrower: NDArray[np.integer],
    *,
    draws: int = DRAWS,
    seed: int = 0,
    advance: Callable[[int], None] | None = None,
) -> tuple[Floats, Floats]:
    """Return the measures (of `PAIRED`) of several models on the same rows, and on every draw of borrowers.

    The first has shape (models, measures), the second (draws, models, measures). A draw is the same for all models;
    rows as for `paired_bootstrap`.
    """
    _, cluster, rows = np.unique(borrower, return_inverse=True, return_counts=True)
    n = len(rows)
    ranked = [Ranked.of(bad, pd, cluster) for pd in pds]
    # Brier sums are kept per borrower, since a draw weighs borrowers.
    squares = [np.bincount(cluster, (pd - bad) ** 2, minlength=n) for pd in pds]

    def measured(weight: NDArray[np.int32]) -> Floats:
        total = float(weight @ rows)
        values = np.empty((len(ranked), len(PAIRED)))
        for model, (order, square) in enumerate(zip(ranked, squares, strict=True)):
            auc, ks, capture = order.measures(weight)
            values[model] = auc, ks, float(weight @ square) / total, capture
        return values

    here = measured(np.ones(n, np.int32))
    random = np.random.default_rng(seed)
    drawn = np.empty((draws, *here.shape))
    has_bad, has_good = (np.bincount(cluster, kind, minlength=n) > 0 for kind in (bad, ~bad))
    for draw in range(draws):
        weight = np.bincount(random.integers(0, n, n), minlength=n).astype(np.int32)
        while not (weight[has_bad].any() and weight[has_good].any()):
            # With few borrowers a draw may hold a single class, which has no measures: draw again.
            weight = np.bincount(random.integers(0, n, n), minlength=n).astype(np.int32)
        drawn[draw] = measured(weight)
        if advance:
            advance(1)
    return here, drawn


def one_row_each(borrower: NDArray[np.integer], *, seed: int = 0) -> Counts:
    """Return the position of one random row of each borrower, in order of the borrowers.

    For DeLong's test on stacked dates: rows of one borrower are not independent.
    """
    shuffled = np.random.default_rng(seed).permutation(len(borrower))
    _, first = np.unique(borrower[shuffled], return_index=True)
    return shuffled[first]
