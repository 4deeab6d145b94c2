"""Swap-sets: the borrowers that one model or threshold flags and another does not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from risk_warning.stats.rates import BadRate, Flags


def cross(rows: NDArray[np.integer], columns: NDArray[np.integer], size: int) -> NDArray[np.int64]:
    """Return how many rows are in each pair of groups, shape (size, size): A's groups down, B's across."""
    flat = rows.astype(np.int64) * size + columns
    return np.bincount(flat, minlength=size * size).reshape(size, size)


@dataclass(frozen=True)
class SwapSet:
    """Bad rates by which of two models flags a row; the swap-set is the rows on which they disagree."""

    gained: BadRate
    """Flagged by B only."""
    lost: BadRate
    """Flagged by A only."""
    both: BadRate
    neither: BadRate

    @classmethod
    def of(cls, bad: Flags, flagged_a: Flags, flagged_b: Flags) -> SwapSet:
        """Return the bad rates of the four groups."""
        return cls(
            BadRate.of(bad[flagged_b & ~flagged_a]),
            BadRate.of(bad[flagged_a & ~flagged_b]),
            BadRate.of(bad[flagged_a & flagged_b]),
            BadRate.of(bad[~flagged_a & ~flagged_b]),
        )
