"""A fitted booster, and how its margin becomes calibrated log-odds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import lightgbm
import numpy as np
from numpy.typing import NDArray

from risk_warning.core.features import Feature
from risk_warning.core.scorecard import clipped
from risk_warning.model.encoding import Categories, TargetCodes, encode
from risk_warning.model.forest import Forest

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Fitted:
    """A booster with all that turns its margin into log-odds of bad."""

    booster: lightgbm.Booster
    codes: Mapping[str, TargetCodes]
    slope: float
    intercept: float

    def log_odds(self, x: NDArray[np.float32]) -> Floats:
        """Calibrated log-odds of bad of encoded rows, clipped to the scale's ends; shape (n, features) → (n,)."""
        return clipped(self.slope * self.forest.margin(x) + self.intercept)

    def log_odds_of(self, x: NDArray[np.float32], features: Sequence[Feature], categories: Categories) -> Floats:
        """Calibrated log-odds of bad of rows as the book has them, shape (n, features) → (n,)."""
        return self.log_odds(encode(x, features, self.codes, categories))

    @cached_property
    def forest(self) -> Forest:
        """The booster's trees."""
        return Forest(self.booster)
