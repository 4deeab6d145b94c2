"""Swap-sets: the borrowers whom one model or threshold flags and another does not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from risk_warning.stats.rates import BadRate, Flags


def cross(rows: NDArray[np.integer], columns: NDArray[np.integer], size: int) -> NDArray[np.int64]:
    """How many rows lie in each pair of groups, shape (size, size): A's groups down, B's across."""
    flat = rows.astype(np.int64) * size + columns
    return np.bincount(flat, minlength=size * size).reshape(size, size)


@dataclass(frozen=True)
class SwapSet:
    """Who is flagged by which model; rows of a swap-set are those on which the two disagree."""

    gained: BadRate
    """Flagged by B alone."""
    lost: BadRate
    """Flagged by A alone."""
    both: BadRate
    neither: BadRate

    @classmethod
    def of(cls, bad: Flags, flagged_a: Flags, flagged_b: Flags) -> SwapSet:
        """The four groups."""
        return cls(
            BadRate.of(bad[flagged_b & ~flagged_a]),
            BadRate.of(bad[flagged_a & ~flagged_b]),
            BadRate.of(bad[flagged_a & flagged_b]),
            BadRate.of(bad[~flagged_a & ~flagged_b]),
        )
