"""By group: whether the difference between two models and their calibration hold in every month and segment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from risk_warning.stats.calibration import Calibration, calibration
from risk_warning.stats.delong import Difference, delong
from risk_warning.stats.evaluation import HISTORY_BANDS_MONTHS

Floats = NDArray[np.float64]
Codes = NDArray[np.integer]
MIN_EACH = 30
"""Bads, and as many goods, that a group needs for a difference."""
_INCOME_BANDS = ("lowest quarter", "second quarter", "third quarter", "highest quarter")


@dataclass(frozen=True)
class Group:
    """One group of rows, with the figures of both models."""

    name: str
    n: int
    bads: int
    auc: Difference | None
    """By DeLong's test; None if there are fewer than `MIN_EACH` bads or goods."""
    a: Calibration
    b: Calibration


@dataclass(frozen=True)
class GroupSplit:
    """The rows split by one attribute into groups, each with at least one row."""

    attribute: str
    groups: tuple[Group, ...]
    unknown: int
    """Rows that are in no group."""

    @property
    def contradicting(self) -> tuple[Group, ...]:
        """Groups whose interval excludes zero, if some favour A and others B; empty otherwise."""
        significant = [group for group in self.groups if group.auc is not None and group.auc.is_significant]
        signs = {group.auc.difference > 0 for group in significant if group.auc is not None}
        return tuple(significant) if len(signs) > 1 else ()


def split(
    attribute: str,
    bad: NDArray[np.bool_],
    pd_a: Floats,
    pd_b: Floats,
    code: Codes,
    names: Sequence[str],
    one: NDArray[np.int64],
) -> GroupSplit:
    """Return the rows split by `code`, each row's position in `names` (-1: unknown).

    All arrays have shape (n,), with any number of rows per borrower. Calibration uses all rows, and its interval takes
    them as independent. AUCs are compared on the positions `one`, one row per borrower and group, as DeLong's test
    requires.
    """
    groups = []
    parts = zip(calibration(bad, pd_a, code, names), calibration(bad, pd_b, code, names), strict=True)
    for index, (of_a, of_b) in enumerate(parts):
        if of_a.n:
            chosen = one[code[one] == index]
            bads = int(bad[chosen].sum())
            few = min(bads, len(chosen) - bads) < MIN_EACH
            auc = None if few else delong(bad[chosen], pd_a[chosen], pd_b[chosen])
            groups.append(Group(of_a.group, of_a.n, of_a.bads, auc, of_a, of_b))
    return GroupSplit(attribute, tuple(groups), int((code < 0).sum()))


def history_bands(months: NDArray[np.integer]) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Return (band of each row, names) by length of history, in months with a record."""
    starts = [start for start, _ in HISTORY_BANDS_MONTHS]
    names = tuple(f"{start} or more" if end is None else f"{start} to {end}" for start, end in HISTORY_BANDS_MONTHS)
    return np.searchsorted(starts, months, side="right").astype(np.int64) - 1, names


def income_bands(income: Floats) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Return (quarter of each row by its own income, names); -1 if the income is not known (NaN)."""
    known = ~np.isnan(income)
    if not known.any():
        return np.full(len(income), -1), _INCOME_BANDS
    cuts = np.quantile(income[known], (0.25, 0.5, 0.75))
    return np.where(known, np.searchsorted(cuts, income, side="right"), -1).astype(np.int64), _INCOME_BANDS
