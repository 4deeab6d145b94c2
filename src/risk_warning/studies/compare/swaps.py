"""Swaps: who gains and who loses a flag if one model replaces the other, and the reasons."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from risk_warning.book import StagedBook
from risk_warning.core.reasons import ReasonGroups
from risk_warning.core.swap_sets import SwapSet
from risk_warning.learning.recipe import SEED
from risk_warning.model.risk_model import RiskModel
from risk_warning.scoring.side_by_side import SideBySide, points_of
from risk_warning.studies.compare.score_changes import ReasonShift, mean_points, reason_shifts

_EXPLAINED = 2_000
"""Rows to explain in each group; with these, mean points are known to a few tenths."""
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Swap:
    """The swap-set of one way to flag, and the reasons that differ most for those who gain or lose a flag."""

    sets: SwapSet
    gained_reasons: tuple[ReasonShift, ...]
    lost_reasons: tuple[ReasonShift, ...]


@dataclass(frozen=True)
class Swaps:
    """The swap-sets of the two ways to flag."""

    at_thresholds: Swap
    """Each model flags the borrowers below its own threshold."""
    at_capacity: Swap
    """Both models flag the same number of rows on each date, each model its riskiest."""


def swaps_of_both(
    book: StagedBook,
    a: RiskModel,
    b: RiskModel,
    rows: SideBySide,
    below: tuple[Flags, Flags],
    called: tuple[Flags, Flags],
    chunk: int,
    advance: Callable[[int], None],
) -> Swaps:
    """Return the swap-sets of (A's flags, B's flags): those below each threshold, and the riskiest of each date."""
    flags = below, called
    random = np.random.default_rng(SEED)

    def some(moved: Flags) -> NDArray[np.int64]:
        positions = np.flatnonzero(moved)
        return (
            positions if len(positions) <= _EXPLAINED else np.sort(random.choice(positions, _EXPLAINED, replace=False))
        )

    gained = [some(by_b & ~by_a) for by_a, by_b in flags]
    lost = [some(by_a & ~by_b) for by_a, by_b in flags]
    explained = np.unique(np.concatenate((*gained, *lost)))
    who, when = rows.borrower[explained], rows.date_index[explained]
    taken_apart = [
        (*points_of(book, model, who, when, rows.dates, chunk, advance), ReasonGroups.of(model.features))
        for model in (a, b)
    ]

    def shifts(moved: NDArray[np.int64]) -> tuple[ReasonShift, ...]:
        if not len(moved):
            return ()
        at = np.searchsorted(explained, moved)
        return reason_shifts(*(mean_points(own[at], missing[at], groups) for own, missing, groups in taken_apart))

    at_thresholds, at_capacity = (
        Swap(SwapSet.of(rows.bad, by_a, by_b), shifts(up), shifts(down))
        for (by_a, by_b), up, down in zip(flags, gained, lost, strict=True)
    )
    return Swaps(at_thresholds, at_capacity)
