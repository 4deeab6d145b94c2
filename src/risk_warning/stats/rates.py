"""Bad rates with their intervals."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from risk_warning.stats.delong import CONFIDENCE

Flags = NDArray[np.bool_]


def wilson(bads: float, n: float) -> tuple[float, float]:
    """Return (low, high), the 95 % interval of a rate of `bads` among `n` > 0 (Wilson 1927, JASA 22, 209–212).

    Effective counts of dependent rows need not be whole numbers.

    >>> [round(end, 4) for end in wilson(10, 100)]
    [0.0552, 0.1744]
    """
    z = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2)
    share, weight = bads / n, 1 + z * z / n
    centre = (share + z * z / (2 * n)) / weight
    reach = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / weight
    # Rounding must not push a bound past the rate itself if all rows are of one class.
    return max(0.0, centre - reach) if bads else 0.0, min(1.0, centre + reach) if bads < n else 1.0


def two_proportion_z(a: int, of_a: int, b: int, of_b: int) -> float:
    """Return how many standard errors the share b / of_b lies above a / of_a, with pooled variance; 0 if all are alike.

    Of two independent samples of one population it is about standard normal (Fleiss, Levin and Paik 2003, "Statistical
    Methods for Rates and Proportions", ch. 3).

    >>> round(two_proportion_z(10, 100, 30, 100), 4)
    3.5355
    """
    pooled = (a + b) / (of_a + of_b)
    variance = pooled * (1 - pooled) * (1 / of_a + 1 / of_b)
    return (b / of_b - a / of_a) / math.sqrt(variance) if variance else 0.0


@dataclass(frozen=True)
class BadRate:
    """The number of rows and of bads, and the bad rate with its Wilson interval; None if there are no rows."""

    n: int
    bads: int
    rate: float | None
    low: float | None
    high: float | None

    @classmethod
    def of(cls, bad: Flags) -> BadRate:
        """Return the bad rate of these rows."""
        n, bads = len(bad), int(bad.sum())
        return cls(n, bads, bads / n, *wilson(bads, n)) if n else cls(0, 0, None, None, None)
