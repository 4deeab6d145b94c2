"""Calibration by group: observed bads divided by expected bads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from risk_warning.stats.rates import Flags, wilson

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Calibration:
    """Observed over expected bads in one group of rows.

    The interval is the Wilson interval of the bad rate, divided by the mean PD.
    """

    group: str
    n: int
    bads: int
    expected: float
    """Sum of the PDs."""
    observed_over_expected: float | None
    low: float | None
    high: float | None


def calibration(bad: Flags, pd: Floats, group: NDArray[np.integer], names: Sequence[str]) -> tuple[Calibration, ...]:
    """Return the calibration of each named group; the ratios of an empty group are None.

    `group` holds each row's index into `names`.
    """
    groups = []
    for index, name in enumerate(names):
        inside = group == index
        n, bads, expected = int(inside.sum()), int(bad[inside].sum()), float(pd[inside].sum())
        low, high = wilson(bads, n) if n else (0.0, 0.0)
        ratios = (bads / expected, low * n / expected, high * n / expected) if n else (None, None, None)
        groups.append(Calibration(name, n, bads, expected, *ratios))
    return tuple(groups)
