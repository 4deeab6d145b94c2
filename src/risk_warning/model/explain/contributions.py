"""Contributions: what each feature adds to the margin, as exact path-dependent SHAP.

They are looked up in tables that are built once per model. The tables are checked against LightGBM, which walks every
row and is the fallback if there are no tables. The two differ only by rounding.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from risk_warning.model.explain.contribution_tables import ContributionTables
from risk_warning.model.forest import Forest

MANY = 800
"""From this many rows on, lookup piece by piece is faster."""
AGREEMENT = 1e-5
"""Largest difference allowed between tables and LightGBM, in log-odds; one point of the score is about 0.03."""
_SAMPLE = 20
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Contributions:
    """The contributions to one forest's margins."""

    forest: Forest

    def of(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return contributions of encoded rows, shape (n, features + 1), the last column the base.

        The result is the same to the last bit for one row and for many; for many, a sample is checked.
        """
        if self._tables is None:
            return self.walked(x)
        tables, base = self._tables
        contributions = tables.of_few(x) if len(x) < MANY else tables.of_many(x)
        contributions[:, -1] = base
        if len(x) < MANY:
            return contributions
        sample = np.linspace(0, len(x) - 1, _SAMPLE).astype(np.int64)
        return contributions if _agree(contributions[sample], self.walked(x[sample])) else self.walked(x)

    def walked(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the same contributions from LightGBM, row by row."""
        if not len(x):
            # LightGBM divides by the number of rows.
            return np.zeros((0, x.shape[1] + 1))
        return np.asarray(self.forest.booster.predict(x, pred_contrib=True, num_threads=1), np.float64)

    @cached_property
    def _tables(self) -> tuple[ContributionTables, float] | None:
        """The checked tables and the base; None if the trees are not known or too deep."""
        trees = self.forest.trees
        features = self.forest.booster.num_feature()
        tables = None if trees is None else ContributionTables.of(trees, features)
        if trees is None or tables is None:
            return None
        # Rows exactly on the thresholds, where a mistake would show.
        random = np.random.default_rng(1)
        rows = np.full((_SAMPLE, features), np.nan, np.float32)
        for tree in trees:
            for split in tree.splits:
                # A split that only separates values from missing ones has threshold infinity, which no feature reaches.
                if np.isfinite(split.threshold):
                    rows[random.integers(_SAMPLE), split.feature] = split.threshold
        walked = self.walked(rows)
        looked_up = tables.of_few(rows)
        looked_up[:, -1] = base = float(walked[0, -1])
        return (tables, base) if _agree(looked_up, walked) else None


def _agree(looked_up: NDArray[np.float64], walked: NDArray[np.float64]) -> bool:
    if np.abs(looked_up - walked).max() <= AGREEMENT:
        return True
    _log.warning("the contributions looked up disagree with LightGBM's; they are not used")
    return False
