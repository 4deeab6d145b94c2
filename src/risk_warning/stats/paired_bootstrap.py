"""The paired bootstrap: how far differences between two models' measures depend on which borrowers came along.

Borrowers, not rows, are drawn with replacement, all rows of a borrower together (Field & Welsh 2007, JRSS B 69,
369–390), and both models are measured on the same draw. Intervals are percentiles (Efron & Tibshirani 1993, ch. 13).

A draw is a weight a row. Everything that depends on the order of PDs is prepared once, so that a draw costs no sort:
only the goods between the places where bads stand are counted.
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
"""Share of the rows that can be called, for the measure of capture."""
PAIRED = ("auc", "ks", "brier", "capture_top_5pct")


@dataclass(frozen=True)
class Ranked:
    """The rows of one model by falling PD; a place is a PD that at least one bad has, and the goods who share it."""

    cluster_of_bads: Counts
    """Borrower of each bad, the riskiest first."""
    first_bad: Counts
    """Shape (places,): position in `cluster_of_bads` of a place's first bad."""
    cluster_of_goods: Counts
    """Borrower of each good, the riskiest first."""
    goods_before: Counts
    """Shape (places,): number of goods riskier than the place."""
    goods_through: Counts
    """Shape (places,): number of goods at least as risky as the place."""

    @classmethod
    def of(cls, bad: NDArray[np.bool_], pd: Floats, cluster: Counts) -> Ranked:
        """The ranking of rows with these PDs; `cluster` numbers the borrowers from 0."""
        bads, goods = np.flatnonzero(bad), np.flatnonzero(~bad)
        bads, goods = bads[np.argsort(-pd[bads], kind="stable")], goods[np.argsort(-pd[goods], kind="stable")]
        places, first_bad = np.unique(-pd[bads], return_index=True)
        before = np.searchsorted(-pd[goods], places, side="left")
        through = np.searchsorted(-pd[goods], places, side="right")
        return cls(cluster[bads], first_bad, cluster[goods], before, through)

    def measures(self, weight: NDArray[np.int32]) -> tuple[float, float, float]:
        """(AUC, KS, capture at capacity) where borrower c stands in the sample `weight[c]` times.

        Rows of equal PD count by halves in the AUC, and are called in equal parts where the capacity ends among them.
        """
        # Running sums of int32 are twenty times as fast as of int64, and a sample has fewer than 2³¹ rows.
        goods = np.concatenate(([0], np.cumsum(weight[self.cluster_of_goods], dtype=np.int32)))
        bads = np.add.reduceat(weight[self.cluster_of_bads], self.first_bad, dtype=np.int64)
        bads_through = np.cumsum(bads)
        before, through = goods[self.goods_before].astype(np.int64), goods[self.goods_through].astype(np.int64)
        all_bads, all_goods = int(bads_through[-1]), int(goods[-1])
        # Whole numbers up to here: no order of rows changes a bit.
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
    """Measure (of `PAIRED`) → difference of two PDs of the same rows, with an interval for dependent rows too.

    All arrays have shape (n,) and hold bads and goods; `borrower` says whose each row is. The same `seed` gives the
    same intervals; a model against itself gives exactly zero.
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
    """Measures (of `PAIRED`) of several PDs of the same rows, shape (models, measures), and of every draw of borrowers.

    A draw, of shape (draws, models, measures), is the same for all models; rows as for `paired_bootstrap`.
    """
    _, cluster, rows = np.unique(borrower, return_inverse=True, return_counts=True)
    n = len(rows)
    ranked = [Ranked.of(bad, pd, cluster) for pd in pds]
    # Brier sums are taken a borrower at a time: a draw weighs borrowers.
    squares = [np.bincount(cluster, (pd - bad) ** 2, minlength=n) for pd in pds]

    def measured(weight: NDArray[np.int32]) -> Floats:
        total = float(weight @ rows)
        found = np.empty((len(ranked), len(PAIRED)))
        for model, (order, square) in enumerate(zip(ranked, squares, strict=True)):
            auc, ks, capture = order.measures(weight)
            found[model] = auc, ks, float(weight @ square) / total, capture
        return found

    here = measured(np.ones(n, np.int32))
    random = np.random.default_rng(seed)
    drawn = np.empty((draws, *here.shape))
    has_bad, has_good = (np.bincount(cluster, kind, minlength=n) > 0 for kind in (bad, ~bad))
    for draw in range(draws):
        weight = np.bincount(random.integers(0, n, n), minlength=n).astype(np.int32)
        while not (weight[has_bad].any() and weight[has_good].any()):
            # Of a few borrowers a draw may hold a single class, of which nothing can be measured: another is drawn.
            weight = np.bincount(random.integers(0, n, n), minlength=n).astype(np.int32)
        drawn[draw] = measured(weight)
        if advance:
            advance(1)
    return here, drawn


def one_row_each(borrower: NDArray[np.integer], *, seed: int = 0) -> Counts:
    """Positions of one row of each borrower, drawn among theirs, in order of the borrowers.

    For DeLong's test where dates are stacked: rows of one borrower say much the same twice.
    """
    shuffled = np.random.default_rng(seed).permutation(len(borrower))
    _, first = np.unique(borrower[shuffled], return_index=True)
    return shuffled[first]
