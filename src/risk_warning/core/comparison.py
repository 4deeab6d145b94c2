"""Comparison: what changes for whom when one model takes another's place, and how well each one's PDs held.

All arrays stand for the same n rows, one a borrower and as-of date, scored by both models A and B.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.delong import CONFIDENCE, Difference
from risk_warning.core.reasons import ReasonGroups

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def wilson(bads: float, n: float) -> tuple[float, float]:
    """(low, high): 95 % interval of a rate of `bads` among `n` > 0 (Wilson 1927, JASA 22, 209–212).

    Effective numbers, of rows that are not independent, need not be whole.

    >>> [round(end, 4) for end in wilson(10, 100)]
    [0.0552, 0.1744]
    """
    z = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2)
    share, weight = bads / n, 1 + z * z / n
    centre = (share + z * z / (2 * n)) / weight
    reach = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / weight
    # Rounding must not push an end past the rate itself where all are of one kind.
    return max(0.0, centre - reach) if bads else 0.0, min(1.0, centre + reach) if bads < n else 1.0


@dataclass(frozen=True)
class BadRate:
    """How many rows, how many of them bad, and the rate with its Wilson interval; None where there is no row."""

    n: int
    bads: int
    rate: float | None
    low: float | None
    high: float | None

    @classmethod
    def of(cls, bad: Flags) -> BadRate:
        """The rate among these rows."""
        n, bads = len(bad), int(bad.sum())
        return cls(n, bads, bads / n, *wilson(bads, n)) if n else cls(0, 0, None, None, None)


@dataclass(frozen=True)
class Calibration:
    """Bads observed over bads expected in one group of rows; the interval is Wilson's, over the mean PD."""

    group: str
    n: int
    bads: int
    expected: float
    """Sum of the PDs."""
    observed_over_expected: float | None
    low: float | None
    high: float | None


def calibration(bad: Flags, pd: Floats, group: NDArray[np.integer], names: Sequence[str]) -> tuple[Calibration, ...]:
    """Calibration of each named group, `group` being each row's index into `names`; None in an empty group."""
    found = []
    for index, name in enumerate(names):
        inside = group == index
        n, bads, expected = int(inside.sum()), int(bad[inside].sum()), float(pd[inside].sum())
        low, high = wilson(bads, n) if n else (0.0, 0.0)
        ratios = (bads / expected, low * n / expected, high * n / expected) if n else (None, None, None)
        found.append(Calibration(name, n, bads, expected, *ratios))
    return tuple(found)


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


def riskiest(score: Floats, date_index: NDArray[np.integer], share: float) -> Flags:
    """Whether each row is among the `share` of its date with the lowest scores, rounded up to whole rows.

    Of equal scores at the border those that stand first are taken.
    """
    flagged = np.zeros(len(score), np.bool_)
    for index in np.unique(date_index):
        here = np.flatnonzero(date_index == index)
        flagged[here[np.argsort(score[here], kind="stable")[: math.ceil(share * len(here))]]] = True
    return flagged


@dataclass(frozen=True)
class ReasonShift:
    """What a reason costs the same borrowers under either model, mean points (negative costs)."""

    code: str
    a: float | None
    """None where the model knows no such reason."""
    b: float | None

    @property
    def shift(self) -> float:
        """B's points less A's; a reason a model does not know costs nothing there."""
        return (self.b or 0.0) - (self.a or 0.0)


def mean_points(points: Floats, is_missing: Flags, groups: ReasonGroups) -> dict[str, float]:
    """Reason code → its mean points; points a feature and whether its value is missing, shape (rows ≥ 1, features)."""
    return dict(zip(groups.codes, groups.totals(points, is_missing).mean(axis=0).tolist(), strict=True))


def reason_shifts(a: dict[str, float], b: dict[str, float], *, top: int = 5) -> tuple[ReasonShift, ...]:
    """The reasons whose mean points differ most between the models, the largest difference first."""
    shifts = [ReasonShift(code, a.get(code), b.get(code)) for code in dict.fromkeys((*a, *b))]
    return tuple(sorted(shifts, key=lambda shift: -abs(shift.shift))[:top])


def verdict(auc: Difference, brier: Difference) -> str:
    """One plain sentence: which of A and B finds more of those who go bad, or that no difference can be shown."""
    ranking = f"AUC {_signed(auc, 4)}"
    if auc.is_shown:
        return f"B finds {'more' if auc.difference > 0 else 'fewer'} of those who go bad: {ranking}."
    if brier.is_shown:
        fit = "worse" if brier.difference > 0 else "better"
        return (
            f"No difference in ranking can be shown ({ranking}), but B's PDs fit {fit}: "
            f"Brier score {_signed(brier, 5)}, lower is better."
        )
    return f"No difference can be shown: {ranking}."


def _signed(found: Difference, decimals: int) -> str:
    return f"{signed(found.difference, decimals)} ({signed(found.low, decimals)} to {signed(found.high, decimals)})"


def signed(value: float, decimals: int) -> str:
    """A number with its sign; what rounds to zero has none.

    >>> signed(-0.01234, 3), signed(0.2, 1), signed(-0.00001, 3)
    ('−0.012', '+0.2', '0.000')
    """
    text = f"{abs(value):.{decimals}f}"
    if not text.strip("0."):
        return text
    return ("−" if value < 0 else "+") + text


def interval_gap(one: Difference, other: Difference) -> float:
    """Largest distance between the ends of two intervals, as a share of the wider one; 0 where both are points."""
    width = max(one.high - one.low, other.high - other.low)
    return max(abs(one.low - other.low), abs(one.high - other.high)) / width if width else 0.0
