"""Reasons: what each feature adds to the log-odds → points by reason, the weightiest first.

A reason gathers the features that tell of the same thing; its points are the sum of theirs, its words those of the
feature that costs most. A feature whose value is missing adds to another reason than one whose value is known, so a
missing value never weighs in where something is claimed to have been seen. The points of all reasons and the base sum
to the score.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.features import Feature

TOP = 4
DIGITS = 9
"""Decimals of points that count: two ways to compute exact contributions differ from the fourteenth on."""


@dataclass(frozen=True)
class Reasons:
    """The reasons that cost each of n borrowers most."""

    codes: tuple[str, ...]
    """Reason codes, in the order in which `group` counts them."""
    group: NDArray[np.int16]
    """Shape (n, TOP): index into `codes`, -1 where fewer reasons cost points."""
    points: NDArray[np.float64]
    """Shape (n, TOP): points, negative, NaN where there is none."""
    feature: NDArray[np.int16]
    """Shape (n, TOP): index of the feature that costs most within the reason, -1 where there is none."""
    feature_points: NDArray[np.float64]
    """Shape (n, TOP): that feature's own points, NaN where there is none."""

    def __getitem__(self, rows: slice) -> Reasons:
        """The reasons of some of the borrowers."""
        return Reasons(self.codes, self.group[rows], self.points[rows], self.feature[rows], self.feature_points[rows])


@dataclass(frozen=True)
class ReasonGroups:
    """Which reason each feature adds to, where its value is known and where it is missing."""

    codes: tuple[str, ...]
    """Reason codes, in the order in which they are first declared: those of known values, then those of missing."""
    known: NDArray[np.intp]
    """Shape (features,): index into `codes` where the value is known."""
    missing: NDArray[np.intp]
    """Shape (features,): index into `codes` where it is missing."""

    @classmethod
    def of(cls, features: Sequence[Feature]) -> ReasonGroups:
        """The groups of some features."""
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
        """The reason each feature adds to, an index into `codes`; of the shape of `is_missing`, (n, features)."""
        return np.where(is_missing, self.missing, self.known)

    def totals(self, points: NDArray[np.float64], is_missing: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Points of every reason, shape (n, codes), from points a feature, shape (n, features)."""
        return self._totals(points, self.group(is_missing), len(self.codes))

    def reasons(self, points: NDArray[np.float64], is_missing: NDArray[np.bool_]) -> Reasons:
        """The `TOP` reasons of each borrower, from points a feature and whether its value is missing.

        Both are of shape (n, features). Equal reasons stand in the order in which they are first declared, so that the
        answer never depends on a sort's whim.
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
        # Added up row by row, feature by feature: one borrower and many in the same order.
        cell = np.arange(n)[:, None] * width + group
        total = np.bincount(cell.ravel(), points.ravel(), minlength=n * width)
        return np.round(total.reshape(n, width), DIGITS)
