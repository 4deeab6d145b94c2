"""Reasons: what each feature adds to the log-odds → points by reason, the weightiest first.

A reason gathers the features that say the same thing; its points are the sum of theirs, its words those of the
feature that costs most. The points of all reasons and the base sum to the score.
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

    def __getitem__(self, rows: slice) -> Reasons:
        """The reasons of some of the borrowers."""
        return Reasons(self.codes, self.group[rows], self.points[rows], self.feature[rows])


@dataclass(frozen=True)
class ReasonGroups:
    """Which reason each feature adds to."""

    codes: tuple[str, ...]
    """Reason codes, in the order in which they are first declared."""
    group: NDArray[np.intp]
    """Shape (features,): index into `codes`."""

    @classmethod
    def of(cls, features: Sequence[Feature]) -> ReasonGroups:
        """The groups of some features."""
        codes = tuple(dict.fromkeys(feature.reason for feature in features))
        return cls(codes, np.array([codes.index(feature.reason) for feature in features], np.intp))

    def reasons(self, points: NDArray[np.float64]) -> Reasons:
        """The `TOP` reasons of each borrower, from points a feature, shape (n, features).

        Equal reasons stand in the order in which they are first declared, so that the answer never depends on a sort's
        whim.
        """
        n, width = len(points), max(len(self.codes), TOP)
        points = np.round(points, DIGITS)
        row = np.arange(n)[:, None]
        # Added up row by row, feature by feature: one borrower and many in the same order.
        total = np.bincount((row * width + self.group).ravel(), points.ravel(), minlength=n * width)
        total = np.round(total.reshape(n, width), DIGITS)
        order = np.argsort(total, axis=1, kind="stable")[:, :TOP]
        top = total[row, order]
        costs = top < 0
        own = np.where(self.group == order[:, :, None], points[:, None, :], np.inf)
        return Reasons(
            codes=self.codes,
            group=np.where(costs, order, -1).astype(np.int16),
            points=np.where(costs, top, np.nan),
            feature=np.where(costs, own.argmin(axis=2), -1).astype(np.int16),
        )
