"""Evaluation: how well a model does on rows that it did not learn from, as stored in its `model.json`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from risk_warning.stats.delong import Difference
from risk_warning.stats.evaluation import HistoryBand, Measures
from risk_warning.stats.rank_correlation import RankCorrelation

Bounds = tuple[float | None, float | None]
"""Both ends of a 95 % interval; an end is None if the data are too few to give it."""


def bounds(low: float, high: float) -> Bounds:
    """Return the ends of an interval, None in place of infinity and NaN."""
    return low if math.isfinite(low) else None, high if math.isfinite(high) else None


@dataclass(frozen=True, kw_only=True)
class Intervals:
    """The intervals of the headline figures, with rows of one borrower and of one month taken together."""

    auc: Bounds
    observed_over_expected: Bounds
    calibration_slope: Bounds


@dataclass(frozen=True, kw_only=True)
class Performance(Measures):
    """The measures of a model on some rows, with counts and intervals."""

    bads: int
    borrowers: int
    bad_borrowers: int
    intervals: Intervals | None
    """None if the rows are all of one class."""

    def interval(self, name: str) -> Bounds | None:
        """Return the interval of a measure; None if it has none."""
        ends: Bounds | None = getattr(self.intervals, name, None)
        return ends


@dataclass(frozen=True, kw_only=True)
class WindowMeasures:
    """Measures of the PDs of one window, on the rows whose outcome within it was known."""

    n: int
    bad_rate: float | None
    auc: float | None
    calibration_slope: float | None
    observed_over_expected: float | None

    @classmethod
    def of(cls, measures: Measures) -> Self:
        """Return those of the measures that are kept for a window."""
        return cls(
            n=measures.n,
            bad_rate=measures.bad_rate,
            auc=measures.auc,
            calibration_slope=measures.calibration_slope,
            observed_over_expected=measures.observed_over_expected,
        )


@dataclass(frozen=True, kw_only=True)
class HorizonEvaluation:
    """The evaluation of the windows that a model predicts."""

    windows: Mapping[int, WindowMeasures]
    """Months → measures of the PDs within them."""
    order: RankCorrelation | None
    """Correlation of the expected and the true time to overdue among rows that turned bad within the longest window;
    None if there are too few such rows."""


@dataclass(frozen=True, kw_only=True)
class Gain:
    """The gain in AUC of the model (`b`) over a rival (`a`) on the same rows, with its 95 % interval."""

    a: float
    b: float
    difference: float
    low: float | None
    """None if the data are too few to give this end."""
    high: float | None
    p: float | None
    """Probability of a difference as large if the true one is zero; None if the method gives no p-value."""

    @classmethod
    def of(cls, difference: Difference) -> Self:
        """Return the gain from the difference of the two AUCs."""
        low, high = bounds(difference.low, difference.high)
        return cls(a=difference.a, b=difference.b, difference=difference.difference, low=low, high=high, p=difference.p)


@dataclass(frozen=True, kw_only=True)
class Rival:
    """A rival's measures on the rows that the model was evaluated on, and the model's gain over it by three methods."""

    auc: float | None
    ks: float | None
    brier: float | None
    calibration_slope: float | None
    observed_over_expected: float | None
    one_row: Gain | None
    """By DeLong's test on one row per borrower; None if rows are weighted."""
    all_rows: Gain | None
    """By a bootstrap over borrowers; None if rows are weighted or each borrower has a single row."""
    clustered: Gain
    """By the rows' influences, which account for weights and months."""


@dataclass(frozen=True, kw_only=True)
class Evaluation(Performance):
    """The evaluation of a model: its measures on all rows, and on parts of them."""

    scheme: str
    """`out-of-time` or `out-of-borrower`."""
    dpd_0: Performance
    """On the rows that were not past due."""
    by_history: tuple[HistoryBand, ...]
    horizons: HorizonEvaluation | None
    """None unless the model was evaluated out of time."""
    openings: Performance | None
    """On rows at loan openings, which are not among the others; None if the model did not learn from openings."""
    against: Mapping[str, Rival | None]
    """Rival → its comparison with the model; None if the rows are all of one class."""


@dataclass(frozen=True, kw_only=True)
class DayBand:
    """Calibration of the rows whose as-of date is the `from_day` … `to_day` of a month, both inclusive."""

    from_day: int
    to_day: int
    n: int
    bads: int
    observed_over_expected: float
    interval: Bounds
