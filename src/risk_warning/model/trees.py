"""The booster's trees as plain data, read from LightGBM's own dump."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray

_ZERO = np.float32(1e-35)
_INFINITE = 1e300
"""What a dump shows for a threshold that only tells values from missing ones."""


@dataclass(frozen=True)
class Split:
    """Rows whose value lies above `threshold` go to `above`; so do those without a value where `empty_above`."""

    feature: int
    threshold: np.float32
    empty_above: bool
    above: int
    below: int
    """A split's number, or −1 − a leaf's."""
    rows: int
    """Training rows that came here."""

    def goes_above(self, columns: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Which rows go to `above`; `columns` has shape (features, n)."""
        column = columns[self.feature]
        return np.asarray(~(column <= self.threshold) if self.empty_above else column > self.threshold)


@dataclass(frozen=True)
class Tree:
    """One tree; its root is split 0, or leaf 0 where it has no split."""

    splits: tuple[Split, ...]
    """Each after the split it hangs from."""
    leaves: NDArray[np.float64]
    """What each leaf adds to the margin."""
    leaf_rows: NDArray[np.int64]
    """Training rows in each leaf."""

    def rows(self, child: int) -> int:
        """Training rows that came to a split, or to a leaf given as −1 − its number."""
        return self.splits[child].rows if child >= 0 else int(self.leaf_rows[-1 - child])


def trees_of(booster: lightgbm.Booster) -> tuple[Tree, ...] | None:
    """The trees; None where one has what is not known here: category splits, or empty values read as 0."""
    found = []
    for dumped in booster.dump_model()["tree_info"]:
        tree = _tree(dumped["tree_structure"])
        if tree is None:
            return None
        found.append(tree)
    return tuple(found)


def _tree(root: Mapping[str, Any]) -> Tree | None:
    nodes: list[Mapping[str, Any]] = []
    leaves: list[Mapping[str, Any]] = []

    def number(node: Mapping[str, Any]) -> int:
        among = nodes if "split_feature" in node else leaves
        among.append(node)
        return len(nodes) - 1 if among is nodes else -len(leaves)

    number(root)
    splits: list[Split] = []
    # The list grows while it is walked.
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
    # A tree without a split says nothing of its rows, and nothing asks.
    return Tree(tuple(splits), values, np.array([leaf.get("leaf_count", 1) for leaf in leaves], np.int64))


def _single(threshold: float) -> np.float32:
    """The single-precision number that a single-precision `x` lies above just when LightGBM finds it above."""
    if threshold >= _INFINITE:
        return np.float32(np.inf)
    if abs(threshold) <= _ZERO:
        # What is as near to 0 as that is read as 0.
        return _ZERO if threshold >= 0 else np.nextafter(-_ZERO, np.float32(-np.inf))
    with np.errstate(over="ignore"):
        rounded = np.float32(threshold)
    return rounded if float(rounded) <= threshold else np.nextafter(rounded, np.float32(-np.inf))
