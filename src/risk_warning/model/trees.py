"""The booster's trees as plain data, read from LightGBM's own dump."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

import lightgbm
import numpy as np
from numpy.typing import NDArray

_ZERO = np.float32(1e-35)
_INFINITE = 1e300
"""The dumped threshold of a split that only separates values from missing ones."""


@dataclass(frozen=True)
class Split:
    """One split: rows whose value lies above `threshold` go to `above`, as do rows without a value if `empty_above`."""

    feature: int
    threshold: np.float32
    empty_above: bool
    above: int
    below: int
    """Number of a split, or −1 − the number of a leaf."""
    rows: int
    """Number of training rows that reached the split."""

    def goes_above(self, columns: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Whether each row goes to `above`; `columns` has shape (features, n)."""
        column = columns[self.feature]
        return np.asarray(~(column <= self.threshold) if self.empty_above else column > self.threshold)


@dataclass(frozen=True)
class Tree:
    """One tree; its root is split 0, or leaf 0 if it has no split."""

    splits: tuple[Split, ...]
    """Each split comes after its parent."""
    leaves: NDArray[np.float64]
    """What each leaf adds to the margin."""
    leaf_rows: NDArray[np.int64]
    """Number of training rows in each leaf."""

    def rows(self, child: int) -> int:
        """Return the number of training rows that reached a split, or a leaf given as −1 − its number."""
        return self.splits[child].rows if child >= 0 else int(self.leaf_rows[-1 - child])


def trees_of(booster: lightgbm.Booster) -> tuple[Tree, ...] | None:
    """Return the trees; None if one has category splits or reads empty values as 0, which is not supported here."""
    trees = []
    for dumped in booster.dump_model()["tree_info"]:
        tree = _tree(dumped["tree_structure"])
        if tree is None:
            return None
        trees.append(tree)
    return tuple(trees)


class _Node(TypedDict, total=False):
    """A node of LightGBM's dump: a split, or a leaf with `leaf_value`."""

    split_feature: int
    threshold: float
    decision_type: str
    default_left: bool
    missing_type: str
    internal_count: int
    left_child: _Node
    right_child: _Node
    leaf_value: float
    leaf_count: int


def _tree(root: _Node) -> Tree | None:
    nodes: list[_Node] = []
    leaves: list[_Node] = []

    def number(node: _Node) -> int:
        among = nodes if "split_feature" in node else leaves
        among.append(node)
        return len(nodes) - 1 if among is nodes else -len(leaves)

    number(root)
    splits: list[Split] = []
    # The list grows during the loop.
    for node in nodes:
        if node["decision_type"] != "<=" or node["missing_type"] != "NaN":
            return None
        splits.append(
            Split(
                feature=node["split_feature"],
                threshold=_single(node["threshold"]),
                empty_above=not node["default_left"],
                below=number(node["left_child"]),
                above=number(node["right_child"]),
                rows=node["internal_count"],
            )
        )
    values = np.array([leaf["leaf_value"] for leaf in leaves], np.float64)
    # The dump has no row count for a tree without a split, and none is needed.
    return Tree(tuple(splits), values, np.array([leaf.get("leaf_count", 1) for leaf in leaves], np.int64))


def _single(threshold: float) -> np.float32:
    """Return the float32 that a float32 `x` exceeds if and only if LightGBM finds `x` above the threshold."""
    if threshold >= _INFINITE:
        return np.float32(np.inf)
    if abs(threshold) <= _ZERO:
        # LightGBM reads values this close to 0 as 0.
        return _ZERO if threshold >= 0 else np.nextafter(-_ZERO, np.float32(-np.inf))
    with np.errstate(over="ignore"):
        rounded = np.float32(threshold)
    return rounded if float(rounded) <= threshold else np.nextafter(rounded, np.float32(-np.inf))
