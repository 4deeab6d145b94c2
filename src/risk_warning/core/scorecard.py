"""The scorecard: conversions between log-odds of bad, probability and points.

Points are linear in the calibrated log-odds, so the points of the reasons sum to the score. Worked example: odds
good:bad of 50:1 are 600 points; odds of 100:1, with 20 points to double the odds, are 620.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
PD_MIN = 1e-5
LOG_ODDS_MAX = math.log((1 - PD_MIN) / PD_MIN)


def clipped(log_odds_bad: Floats) -> Floats:
    """Return log-odds of bad, clipped so that the PD is in [1e-5, 1 − 1e-5]."""
    return np.clip(log_odds_bad, -LOG_ODDS_MAX, LOG_ODDS_MAX)


def probability(log_odds_bad: Floats) -> Floats:
    """Return the probability of bad, rounded to 12 digits: `exp` may differ in its last bit between processors."""
    return np.round(1.0 / (1.0 + np.exp(-log_odds_bad)), 12)


@dataclass(frozen=True, kw_only=True)
class Scorecard:
    """A scale of points: `base_score` at `base_odds_good_bad`, `pdo` points more each time the odds double."""

    base_score: float = 600.0
    base_odds_good_bad: float = 50.0
    pdo: float = 20.0

    @property
    def points_per_log_odds(self) -> float:
        """Points lost per unit of log-odds of bad."""
        return self.pdo / math.log(2)

    def score(self, log_odds_bad: Floats) -> Floats:
        """Return points, not rounded; higher is safer.

        >>> float(Scorecard(pdo=20).score(np.array([-math.log(100)])).round(6)[0])
        620.0
        """
        return self.base_score - self.points_per_log_odds * (log_odds_bad + math.log(self.base_odds_good_bad))
