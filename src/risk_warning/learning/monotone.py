"""Monotone directions: check that fitted trees keep them.

For each feature, the value of a row is moved through every interval between two split values, and all other values
stay as they are. The margin must never move against the feature's direction. LightGBM has an option to keep the
directions, but the option does not prove that they are kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.features import Feature
from risk_warning.model.fitted import Fitted
from risk_warning.model.provenance import DirectionCheck

ROWS = 200
"""Rows that are moved through each feature's values."""
_LARGEST = float(np.finfo(np.float32).max)
TOLERANCE = 1e-9
"""Log-odds; the rounding error of a sum of some hundred leaves is far smaller."""


@dataclass(frozen=True)
class Violation:
    """A feature that moves a margin against its direction, and the largest such move, log-odds."""

    feature: str
    size: float


@dataclass(frozen=True)
class Checked:
    """The result of the check: its extent and the violations."""

    features: int
    """Features with a direction that some tree splits on."""
    rows: int
    steps: int
    """Moves of one row from one interval to the next."""
    violations: tuple[Violation, ...]

    @property
    def record(self) -> DirectionCheck:
        """The result as a model keeps it."""
        violations = {violation.feature: violation.size for violation in self.violations}
        return DirectionCheck(features=self.features, rows=self.rows, steps=self.steps, violations=violations)


def check_directions(fitted: Fitted, features: Sequence[Feature], x: NDArray[np.float32], *, seed: int = 0) -> Checked:
    """Check up to `ROWS` of the encoded rows `x`, shape (n, features); an empty value has no direction."""
    chosen = np.random.default_rng(seed).permutation(len(x))[:ROWS]
    rows = x[np.sort(chosen)]
    looked_at = steps = 0
    violations = []
    for column, (feature, splits) in enumerate(zip(features, _split_values(fitted, len(features)), strict=True)):
        if feature.monotone == 0 or not len(splits):
            continue
        between = (splits[1:] + splits[:-1]) / 2
        ends = [splits[0] - 1 - abs(splits[0])], [splits[-1] + 1 + abs(splits[-1])]
        grid = np.unique(np.clip(np.concatenate((ends[0], between, ends[1])), -_LARGEST, _LARGEST).astype(np.float32))
        moved = np.repeat(rows, len(grid), axis=0)
        moved[:, column] = np.tile(grid, len(rows))
        margin = fitted.forest.margin(moved).reshape(len(rows), len(grid))
        against = -feature.monotone * np.diff(margin, axis=1)
        looked_at, steps = looked_at + 1, steps + against.size
        worst = float(against.max(initial=0.0))
        if worst > TOLERANCE:
            violations.append(Violation(feature.name, worst))
    return Checked(looked_at, len(rows), steps, tuple(violations))


def _split_values(fitted: Fitted, n: int) -> list[NDArray[np.float64]]:
    """Return the values at which each feature is split, ascending."""
    by_feature: list[set[float]] = [set() for _ in range(n)]
    table = fitted.booster.trees_to_dataframe()
    splits = table[table["split_feature"].notna()]
    position = {name: i for i, name in enumerate(fitted.booster.feature_name())}
    for name, value in zip(splits["split_feature"], splits["threshold"], strict=True):
        by_feature[position[name]].add(float(value))
    return [np.array(sorted(values)) for values in by_feature]
