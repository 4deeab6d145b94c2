"""Contributions: what each feature adds to the margin, exact path-dependent SHAP.

They are looked up in tables made once a model; LightGBM, which walks every row, is what the tables are checked
against, and stands in where there are none. The two differ by rounding alone.
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
"""Rows from which looking up piece by piece pays."""
AGREEMENT = 1e-5
"""Largest difference allowed between the two ways, in log-odds; a point of the score is some 0.03."""
_SAMPLE = 20
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Contributions:
    """Explains one forest's margins."""

    forest: Forest

    def of(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """Contributions of encoded rows, shape (n, features + 1), the last column the base.

        The same to the last bit for one row and for many; of many a sample is checked.
        """
        if self._tables is None:
            return self.walked(x)
        tables, base = self._tables
        found = tables.of_few(x) if len(x) < MANY else tables.of_many(x)
        found[:, -1] = base
        if len(x) < MANY:
            return found
        sample = np.linspace(0, len(x) - 1, _SAMPLE).astype(np.int64)
        return found if _agree(found[sample], self.walked(x[sample])) else self.walked(x)

    def walked(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """The same by LightGBM, row by row."""
        if not len(x):
            # LightGBM divides by the number of rows.
            return np.zeros((0, x.shape[1] + 1))
        return np.asarray(self.forest.booster.predict(x, pred_contrib=True, num_threads=1), np.float64)

    @cached_property
    def _tables(self) -> tuple[ContributionTables, float] | None:
        """The tables and the base, checked; None where the trees are not known, or too deep."""
        trees = self.forest.trees
        features = self.forest.booster.num_feature()
        tables = None if trees is None else ContributionTables.of(trees, features)
        if trees is None or tables is None:
            return None
        # Rows that stand on the thresholds, where a mistake would show.
        random = np.random.default_rng(1)
        rows = np.full((_SAMPLE, features), np.nan, np.float32)
        for tree in trees:
            for split in tree.splits:
                # A split that only tells values from missing ones stands at infinity, which no feature has.
                if np.isfinite(split.threshold):
                    rows[random.integers(_SAMPLE), split.feature] = split.threshold
        walked = self.walked(rows)
        found = tables.of_few(rows)
        found[:, -1] = base = float(walked[0, -1])
        return (tables, base) if _agree(found, walked) else None


def _agree(found: NDArray[np.float64], walked: NDArray[np.float64]) -> bool:
    if np.abs(found - walked).max() <= AGREEMENT:
        return True
    _log.warning("the contributions looked up disagree with LightGBM's; they are not used")
    return False
