"""Contributions: what each feature adds to the margin, exact path-dependent SHAP.

On the way to a leaf a row either keeps to the path at all splits on a feature or leaves it, so with d features on the
path there are 2^d cases, each with known contributions. For many rows they are looked up; for few rows, and where it
matters, LightGBM walks every row. The two differ by rounding alone.

Source: Lundberg et al., From local explanations to global understanding with explainable AI for trees (2020),
algorithm 1, whose sum over subsets is taken once a case instead of once a row.
"""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from risk_warning.model.forest import Forest
from risk_warning.model.trees import Tree

MANY = 300
"""Rows from which looking up pays."""
AGREEMENT = 1e-5
"""Largest difference allowed between the two ways, in log-odds; a point of the score is some 0.03."""
_MOST_FEATURES = 8
"""Features a path may hold, so that a case is a byte."""
_SAMPLE = 20
_log = logging.getLogger(__name__)
_Tables = list[tuple[tuple[int, ...], NDArray[np.float64]]]
"""Leaf → features of its path, and what each adds in each case, shape (d, 2^d)."""


@dataclass(frozen=True)
class _Path:
    """The way to one leaf."""

    features: tuple[int, ...] = ()
    shares: tuple[float, ...] = ()
    """Share of the training rows that kept to the path at the splits on each feature."""

    def beyond(self, feature: int, share: float) -> _Path:
        """The path one split further."""
        if feature not in self.features:
            return _Path((*self.features, feature), (*self.shares, share))
        at = self.features.index(feature)
        return _Path(self.features, (*self.shares[:at], self.shares[at] * share, *self.shares[at + 1 :]))


@dataclass(frozen=True)
class Contributions:
    """Explains one forest's margins."""

    forest: Forest

    def of(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """Contributions of encoded rows, shape (n, features + 1), the last column the base; a sample is checked."""
        if len(x) < MANY or self._tables is None:
            return self.walked(x)
        columns = np.ascontiguousarray(x.T)
        found = np.zeros((x.shape[1] + 1, len(x)))
        for tree, tables in zip(self.forest.trees or (), self._tables, strict=True):
            _add(tree, tables, columns, found)
        sample = np.linspace(0, len(x) - 1, _SAMPLE).astype(np.int64)
        exact = self.walked(x[sample])
        found[-1] = exact[0, -1]
        if np.abs(found[:, sample].T - exact).max() > AGREEMENT:
            _log.warning("the contributions looked up disagree with LightGBM's; they are not used")
            return self.walked(x)
        return found.T

    def walked(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """The same by LightGBM, row by row."""
        if not len(x):
            # LightGBM divides by the number of rows.
            return np.zeros((0, x.shape[1] + 1))
        return np.asarray(self.forest.booster.predict(x, pred_contrib=True, num_threads=1), np.float64)

    @cached_property
    def _tables(self) -> list[_Tables] | None:
        """For each tree its leaves' tables; None where the trees are not known, or a path holds too many features."""
        if self.forest.trees is None:
            return None
        paths = [path for tree in self.forest.trees for path in _paths(tree)]
        values = np.concatenate([tree.leaves for tree in self.forest.trees])
        lengths = np.array([len(path.features) for path in paths])
        if lengths.max() > _MOST_FEATURES:
            return None
        cases: list[NDArray[np.float64]] = [np.empty(0)] * len(paths)
        for length in set(lengths.tolist()):
            alike = np.flatnonzero(lengths == length)
            for k, of_one in zip(alike, _cases(np.array([paths[k].shares for k in alike])), strict=True):
                cases[k] = values[k] * of_one
        tables = iter(zip((path.features for path in paths), cases, strict=True))
        return [list(islice(tables, len(tree.leaves))) for tree in self.forest.trees]


def _paths(tree: Tree) -> list[_Path]:
    way = {0: _Path()}
    found = [_Path()] * len(tree.leaves)
    for number, split in enumerate(tree.splits):
        for child in (split.above, split.below):
            path = way[number].beyond(split.feature, tree.rows(child) / split.rows)
            if child >= 0:
                way[child] = path
            else:
                found[-1 - child] = path
    return found


def _cases(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Contributions to leaves of value 1, shape (leaves, d, 2^d), from the shares of their paths, shape (leaves, d).

    Bit k of a case says that a row keeps to the path at feature k. To feature j goes (o_j − z_j) · Σ over subsets S of
    the others of |S|! (d − |S| − 1)! / d! · Π_{k in S} o_k · Π_{k not in S} z_k, with o_k the bit and z_k the share.
    """
    leaves, d = shares.shape
    keeps = (np.arange(2**d)[None, :] >> np.arange(d)[:, None] & 1).astype(np.float64)
    weights = np.array([math.factorial(s) * math.factorial(d - s - 1) / math.factorial(d) for s in range(d)])
    found = np.empty((leaves, d, 2**d))
    for j in range(d):
        # Row s: the sum over subsets of size s, built up one feature at a time.
        by_size = np.zeros((leaves, d, 2**d))
        by_size[:, 0] = 1.0
        for k in range(d):
            if k != j:
                share = shares[:, k, None, None]
                by_size[:, 1:] = by_size[:, 1:] * share + by_size[:, :-1] * keeps[k]
                by_size[:, :1] *= share
        found[:, j] = (keeps[j] - shares[:, j, None]) * (by_size * weights[:, None]).sum(axis=1)
    return found


def _add(tree: Tree, tables: _Tables, columns: NDArray[np.float32], found: NDArray[np.float64]) -> None:
    """Nothing comes back; adds one tree's contributions to `found`, shape (features + 1, n)."""
    way: dict[int, tuple[tuple[int, ...], NDArray[np.uint8]]] = {0: ((), np.zeros(columns.shape[1], np.uint8))}
    for number, split in enumerate(tree.splits):
        features, case = way.pop(number)
        is_new = split.feature not in features
        bit = np.uint8(1 << (len(features) if is_new else features.index(split.feature)))
        above = split.goes_above(columns).view(np.uint8) * bit
        for child, keeps in ((split.above, above), (split.below, above ^ bit)):
            then = case | keeps if is_new else case & (keeps | ~bit)
            if child >= 0:
                way[child] = ((*features, split.feature) if is_new else features, then)
                continue
            rows = then.astype(np.intp)
            for feature, table in zip(*tables[-1 - child], strict=True):
                found[feature] += table.take(rows)
