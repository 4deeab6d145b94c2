"""Contribution tables: what each feature adds to the margin in every case, looked up instead of computed.

A tree is cut into pieces. A piece holds connected leaves, with the splits between them and on the path to them, at most
eight. A row's directions at these splits are one of 256 cases, and the piece's table holds what the features add in
each case. Explaining a row takes one lookup per piece: in all pieces at once for few rows, piece by piece for many.
Both add up in the same order, so one row and many agree to the last bit.

Source: Lundberg et al., From local explanations to global understanding with explainable AI for trees (2020),
algorithm 1; its sum over subsets is computed once per case instead of once per row.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from risk_warning.model.trees import Split, Tree

_BITS = 8
"""Splits per piece, so that a case is a byte."""
_CASES = np.arange(2**_BITS)
_NO_SPLIT = Split(feature=0, threshold=np.float32(np.inf), empty_above=False, above=-1, below=-1, rows=0)
"""Pads a piece that has fewer splits: no row goes above it."""


@dataclass(frozen=True)
class _Leaf:
    """A leaf and the path to it: its splits, whether it lies above each, and the share of rows that stayed on it."""

    value: float = 0.0
    splits: tuple[int, ...] = ()
    is_above: tuple[bool, ...] = ()
    shares: tuple[float, ...] = ()


@dataclass(frozen=True)
class ContributionTables:
    """The pieces of some trees; one additional split pads the pieces that have fewer than eight."""

    feature: NDArray[np.intp]
    threshold: NDArray[np.float32]
    empty_above: NDArray[np.bool_]
    """The conditions of the splits, each of shape (splits,)."""
    bits: NDArray[np.intp]
    """Shape (pieces, 8): the split that sets each bit of a piece's case."""
    columns: NDArray[np.intp]
    """Shape (pieces, 8): the features of a piece's splits, padded with the base's column."""
    added: NDArray[np.float64]
    """Shape (pieces, 256, 8): what each of these features adds in each case."""
    base: int
    """The base's column, after those of the features."""

    @classmethod
    def of(cls, trees: Sequence[Tree], features: int) -> ContributionTables | None:
        """Return the tables; None if the path to a leaf has more splits than a case has bits."""
        leaves = [_leaves(tree) for tree in trees]
        if any(len(leaf.splits) > _BITS for of_tree in leaves for leaf in of_tree):
            return None
        cases = _cases_of(trees, leaves)
        splits: list[Split] = []
        bits, columns, added = [], [], []
        for tree, of_tree, of_leaf in zip(trees, leaves, cases, strict=True):
            for own, numbers in _pieces(tree):
                named = list(dict.fromkeys(tree.splits[split].feature for split in own))
                table = np.zeros((len(_CASES), _BITS))
                for number in numbers:
                    leaf = of_tree[number]
                    case = _case_at(tree, leaf, own)
                    for feature, adds in zip(_shares(tree, leaf), of_leaf[number], strict=True):
                        table[:, named.index(feature)] += adds[case]
                bits.append([len(splits) + split for split in own] + [-1] * (_BITS - len(own)))
                columns.append(named + [features] * (_BITS - len(named)))
                added.append(table)
            splits += tree.splits
        splits.append(_NO_SPLIT)
        return cls(
            feature=np.array([split.feature for split in splits]),
            threshold=np.array([split.threshold for split in splits]),
            empty_above=np.array([split.empty_above for split in splits]),
            bits=np.array(bits, np.intp).reshape(-1, _BITS) % len(splits),
            columns=np.array(columns, np.intp).reshape(-1, _BITS),
            added=np.array(added).reshape(-1, len(_CASES), _BITS),
            base=features,
        )

    def of_few(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return contributions of encoded rows, shape (n, features + 1), row by row; the last column is not set yet."""
        contributions = np.empty((len(x), self.base + 1))
        table = self.added.reshape(-1, _BITS)
        first = np.arange(len(self.added)) * len(_CASES)
        for row, values in zip(contributions, x, strict=True):
            split_values = values.take(self.feature)
            above = (split_values > self.threshold) | (np.isnan(split_values) & self.empty_above)
            case = np.packbits(above.take(self.bits), axis=1, bitorder="little")[:, 0]
            parts = table.take(first + case, axis=0)
            row[:] = np.bincount(self.columns.ravel(), parts.ravel(), minlength=self.base + 1)
        return contributions

    def of_many(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the same as `of_few`, piece by piece."""
        values = np.ascontiguousarray(x.T)
        above = np.empty((len(self.feature), len(x)), np.uint8)
        for answer, feature, threshold, empty_above in zip(
            above, self.feature, self.threshold, self.empty_above, strict=True
        ):
            column = values[feature]
            answer[:] = ~(column <= threshold) if empty_above else column > threshold
        contributions = np.zeros((self.base + 1, len(x)))
        for bits, columns, table in zip(self.bits, self.columns, self.added, strict=True):
            case = np.packbits(above.take(bits, axis=0), axis=0, bitorder="little")[0]
            for column, adds in zip(columns, table.T, strict=True):
                if column != self.base:
                    contributions[column] += adds.take(case)
        return contributions.T


def _leaves(tree: Tree) -> list[_Leaf]:
    way = {0: _Leaf()}
    leaves = [_Leaf(float(value)) for value in tree.leaves]
    for number, split in enumerate(tree.splits):
        here = way[number]
        for child in (split.above, split.below):
            leaf = _Leaf(
                value=0.0 if child >= 0 else float(tree.leaves[-1 - child]),
                splits=(*here.splits, number),
                is_above=(*here.is_above, child == split.above),
                shares=(*here.shares, tree.rows(child) / split.rows),
            )
            if child >= 0:
                way[child] = leaf
            else:
                leaves[-1 - child] = leaf
    return leaves


def _pieces(tree: Tree) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Yield the splits and leaves of each piece, the root's splits first."""
    below: dict[int, tuple[tuple[int, ...], tuple[int, ...]]] = {
        -1 - leaf: ((), (leaf,)) for leaf in range(len(tree.leaves))
    }
    for number in range(len(tree.splits) - 1, -1, -1):
        split = tree.splits[number]
        (splits, leaves), (more_splits, more_leaves) = below[split.above], below[split.below]
        below[number] = (number, *splits, *more_splits), (*leaves, *more_leaves)
    waiting: list[tuple[int, tuple[int, ...]]] = [(0, ())] if tree.splits else []
    while waiting:
        child, way = waiting.pop()
        splits, leaves = below[child]
        if len(way) + len(splits) <= _BITS:
            yield (*way, *splits), leaves
        else:
            split = tree.splits[child]
            waiting += [(split.below, (*way, child)), (split.above, (*way, child))]


def _shares(tree: Tree, leaf: _Leaf) -> dict[int, float]:
    """Return feature → share of the rows at its splits that stayed on the path, for features on the path to a leaf."""
    shares: dict[int, float] = {}
    for split, share in zip(leaf.splits, leaf.shares, strict=True):
        feature = tree.splits[split].feature
        shares[feature] = shares.get(feature, 1.0) * share
    return shares


def _case_at(tree: Tree, leaf: _Leaf, own: tuple[int, ...]) -> NDArray[np.intp]:
    """Return the leaf's case for each case of a piece: bit k is 1 if a row stays on the path at its k-th feature."""
    features = list(_shares(tree, leaf))
    cases = np.full(len(_CASES), 2 ** len(features) - 1)
    for split, is_above in zip(leaf.splits, leaf.is_above, strict=True):
        leaves_it = (_CASES >> own.index(split) & 1) != is_above
        cases[leaves_it] &= ~(1 << features.index(tree.splits[split].feature))
    return cases


def _cases_of(trees: Sequence[Tree], leaves: Sequence[Sequence[_Leaf]]) -> list[list[NDArray[np.float64]]]:
    """Return what the features on the path to each leaf of each tree add in each of its cases, shape (d, 2^d)."""
    shares = [
        tuple(_shares(tree, leaf).values()) for tree, of_tree in zip(trees, leaves, strict=True) for leaf in of_tree
    ]
    values = [leaf.value for of_tree in leaves for leaf in of_tree]
    cases: list[NDArray[np.float64]] = [np.empty((0, 1))] * len(shares)
    for length in {len(one) for one in shares}:
        alike = [k for k, one in enumerate(shares) if len(one) == length]
        for k, of_one in zip(alike, _cases(np.array([shares[k] for k in alike])), strict=True):
            cases[k] = values[k] * of_one
    rest = iter(cases)
    return [[next(rest) for _ in of_tree] for of_tree in leaves]


def _cases(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return contributions to leaves of value 1, shape (leaves, d, 2^d), from their paths' shares, shape (leaves, d).

    Bit k of a case is 1 if a row stays on the path at feature k. Feature j gets (o_j − z_j) · Σ over subsets S of the
    others of |S|! (d − |S| − 1)! / d! · Π_{k in S} o_k · Π_{k not in S} z_k, with o_k the bit and z_k the share.
    """
    leaves, d = shares.shape
    keeps = (np.arange(2**d)[None, :] >> np.arange(d)[:, None] & 1).astype(np.float64)
    weights = np.array([math.factorial(s) * math.factorial(d - s - 1) / math.factorial(d) for s in range(d)])
    contributions = np.empty((leaves, d, 2**d))
    for j in range(d):
        # Row s is the sum over subsets of size s, built up one feature at a time.
        by_size = np.zeros((leaves, d, 2**d))
        by_size[:, 0] = 1.0
        for k in range(d):
            if k != j:
                share = shares[:, k, None, None]
                by_size[:, 1:] = by_size[:, 1:] * share + by_size[:, :-1] * keeps[k]
                by_size[:, :1] *= share
        contributions[:, j] = (keeps[j] - shares[:, j, None]) * (by_size * weights[:, None]).sum(axis=1)
    return contributions
