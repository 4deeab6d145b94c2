"""Reasons: from each feature's contribution to the log-odds to points per reason, the costliest reason first.

A reason groups the features of one subject. Its points are the sum of theirs; its words are those of the feature that
costs most. A feature adds to one reason if its value is known and to another if it is missing, so a missing value never
adds to a reason that claims an observation. The points of all reasons and the base sum to the score.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.features import Feature

TOP = 4
DIGITS = 9
"""Points are rounded to this many decimals: two ways to compute exact contributions differ from the fourteenth on."""


@dataclass(frozen=True)
class Reasons:
    """The reasons that cost each of n borrowers most."""

    codes: tuple[str, ...]
    """Reason codes, in the order in which `group` counts them."""
    group: NDArray[np.int16]
    """Shape (n, TOP): index into `codes`, -1 where fewer reasons cost points."""
    points: NDArray[np.float64]
    """Shape (n, TOP): points, negative; NaN without a reason."""
    feature: NDArray[np.int16]
    """Shape (n, TOP): index of the feature that costs most within the reason, -1 without a reason."""
    feature_points: NDArray[np.float64]
    """Shape (n, TOP): that feature's own points; NaN without a reason."""

    def __getitem__(self, rows: slice) -> Reasons:
        """Return the reasons of some of the borrowers."""
        return Reasons(self.codes, self.group[rows], self.points[rows], self.feature[rows], self.feature_points[rows])


@dataclass(frozen=True)
class ReasonGroups:
    """The reasons that each feature adds to: one if its value is known, one if it is missing."""

    codes: tuple[str, ...]
    """Reason codes in order of first declaration: those of known values, then those of missing ones."""
    known: NDArray[np.intp]
    """Shape (features,): index into `codes` if the value is known."""
    missing: NDArray[np.intp]
    """Shape (features,): index into `codes` if the value is missing."""

    @classmethod
    def of(cls, features: Sequence[Feature]) -> ReasonGroups:
        """Return the groups of some features."""
        known = [feature.reason for feature in features]
        missing = [feature.missing_reason for feature in features]
        codes = tuple(dict.fromkeys((*known, *missing)))
        index = {code: k for k, code in enumerate(codes)}
        return cls(
            codes,
            np.array([index[code] for code in known], np.intp),
            np.array([index[code] for code in missing], np.intp),
        )

    def group(self, is_missing: NDArray[np.bool_]) -> NDArray[np.intp]:
        """Return the reason each feature adds to, as an index into `codes`; shape of `is_missing`, (n, features)."""
        return np.where(is_missing, self.missing, self.known)

    def totals(self, points: NDArray[np.float64], is_missing: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return the points of every reason, shape (n, codes), from points per feature, shape (n, features)."""
        return self._totals(points, self.group(is_missing), len(self.codes))

    def reasons(self, points: NDArray[np.float64], is_missing: NDArray[np.bool_]) -> Reasons:
        """Return the `TOP` reasons of each borrower, from points per feature and whether its value is missing.

        Both have shape (n, features). Reasons with equal points keep their order of first declaration, so the result
        does not depend on the sorting algorithm.
        """
        points, group = np.round(points, DIGITS), self.group(is_missing)
        total = self._totals(points, group, max(len(self.codes), TOP))
        order = np.argsort(total, axis=1, kind="stable")[:, :TOP]
        top = np.take_along_axis(total, order, axis=1)
        costs = top < 0
        own = np.where(group[:, None, :] == order[:, :, None], points[:, None, :], np.inf)
        leading = own.argmin(axis=2)
        return Reasons(
            codes=self.codes,
            group=np.where(costs, order, -1).astype(np.int16),
            points=np.where(costs, top, np.nan),
            feature=np.where(costs, leading, -1).astype(np.int16),
            feature_points=np.where(costs, np.take_along_axis(points, leading, axis=1), np.nan),
        )

    @staticmethod
    def _totals(points: NDArray[np.float64], group: NDArray[np.intp], width: int) -> NDArray[np.float64]:
        n = len(points)
        # Sum row by row and feature by feature: the order is the same for one borrower and for many.
        cell = np.arange(n)[:, None] * width + group
        total = np.bincount(cell.ravel(), points.ravel(), minlength=n * width)
        return np.round(total.reshape(n, width), DIGITS)
