"""A fitted booster, and the calibration of its margin to log-odds."""

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
    """A booster with everything needed to turn its margin into log-odds of bad."""

    booster: lightgbm.Booster
    codes: Mapping[str, TargetCodes]
    slope: float
    intercept: float

    def log_odds(self, x: NDArray[np.float32]) -> Floats:
        """Return calibrated log-odds of bad of encoded rows, clipped to the scale; shape (n, features) → (n,)."""
        return clipped(self.slope * self.forest.margin(x) + self.intercept)

    def log_odds_of(self, x: NDArray[np.float32], features: Sequence[Feature], categories: Categories) -> Floats:
        """Return calibrated log-odds of bad of rows before encoding, as in the book; shape (n, features) → (n,)."""
        return self.log_odds(encode(x, features, self.codes, categories))

    @cached_property
    def forest(self) -> Forest:
        """The booster as a forest."""
        return Forest(self.booster)
