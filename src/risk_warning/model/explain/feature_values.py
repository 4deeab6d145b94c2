"""Feature values: what a model read about some borrowers, in the features' own units, categories as text."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.rows import Rows
from risk_warning.core.wording import FeatureValue
from risk_warning.model.risk_model import RiskModel, Scored


@dataclass(frozen=True)
class FeatureValues:
    """The feature values of n borrowers."""

    model: RiskModel
    x: NDArray[np.float32]
    """As `Scored.x`, shape (n, features)."""
    codes: NDArray[np.float32]
    """As `Scored.codes`, shape (n, category features)."""
    categories: Mapping[str, tuple[str, ...]]
    """`table.column` → the names that the codes represent."""

    @classmethod
    def of(cls, model: RiskModel, rows: Rows, scored: Scored) -> FeatureValues:
        """Return the values of the borrowers of `rows`; `scored` is the result of `model.score` for the same rows."""
        return cls(model, scored.x, scored.codes, rows.categories)

    def at(self, row: int, column: int) -> FeatureValue:
        """Return one borrower's value of one feature, None if not observed."""
        place = self.model.category_places.get(column)
        value = float(self.x[row, column] if place is None else self.codes[row, place])
        if math.isnan(value):
            return None
        return value if place is None else self.categories[self.model.features[column].needs[0]][int(value)]

    def by_name(self, row: int) -> dict[str, FeatureValue]:
        """Return feature → value for one borrower."""
        return {name: self.at(row, column) for column, name in enumerate(self.model.feature_names)}
