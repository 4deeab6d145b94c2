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


def reason_points(points: NDArray[np.float64], features: Sequence[Feature]) -> Reasons:
    """The `TOP` reasons of each borrower, from points a feature, shape (n, features).

    Equal reasons stand in the order in which they are first declared, so that the answer never depends on a sort's
    whim.
    """
    codes = tuple(dict.fromkeys(feature.reason for feature in features))
    n = len(points)
    points = np.round(points, DIGITS)
    total = np.zeros((n, len(codes)))
    for column, feature in enumerate(features):
        # Feature by feature, so that one borrower and many add up in one order.
        total[:, codes.index(feature.reason)] += points[:, column]
    total = np.round(total, DIGITS)
    order = np.argsort(total, axis=1, kind="stable")[:, :TOP]
    order = np.pad(order, ((0, 0), (0, TOP - order.shape[1])))
    top = np.take_along_axis(total, order, axis=1)
    costs = top < 0
    costs[:, len(codes) :] = False
    leading = np.full((n, TOP), -1, np.int16)
    of_group = np.array([codes.index(feature.reason) for feature in features])
    for rank in range(TOP):
        own = np.where(of_group[None, :] == order[:, rank, None], points, np.inf)
        leading[:, rank] = np.where(costs[:, rank], np.argmin(own, axis=1), -1)
    return Reasons(
        codes=codes,
        group=np.where(costs, order, -1).astype(np.int16),
        points=np.where(costs, top, np.nan),
        feature=leading,
    )
