"""Evaluation: discrimination, calibration, and the share of bads that a limited number of calls would reach."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, roc_auc_score, roc_curve

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Measures:
    """Measures of PDs on some rows; from `auc` on, None if the rows are all of one class."""

    n: int
    bad_rate: float | None
    """None without rows."""
    auc: float | None
    ks: float | None
    brier: float | None
    ece: float | None
    """Mean absolute difference of observed and predicted rate over ten bins of equal count."""
    calibration_slope: float | None
    """Slope of a logistic regression of `bad` on the log-odds of the PD (Cox 1958); 1 is ideal."""
    observed_over_expected: float | None
    capture_top_5pct: float | None
    """Share of all bads among the 5 % with the highest PD."""
    capture_top_10pct: float | None

    def value(self, name: str) -> float | int | None:
        """Return a measure by its name, such as one of `MEASURES`."""
        value: float | int | None = getattr(self, name)
        return value


@dataclass(frozen=True, kw_only=True)
class HistoryBand:
    """Calibration of the rows with `from_months` … `to_months` months with a record, both inclusive."""

    from_months: int
    to_months: int | None
    """None if the band has no upper end."""
    n: int
    bads: int
    predicted: float | None
    """Mean PD; None in an empty band, as are the other two."""
    observed: float | None
    """Bad rate."""
    observed_over_expected: float | None


def evaluate(bad: NDArray[np.bool_], pd: Floats, weight: Floats | None = None) -> Measures:
    """Return the measures of the PDs of some rows.

    `bad`, `pd` and `weight` have shape (n,); `weight` is the number of rows that each row represents, None if each
    represents only itself.
    """
    n, bads = len(bad), int(bad.sum())
    own = np.ones(n) if weight is None else weight
    bad_rate = float(np.average(bad, weights=own)) if n else None
    if not 0 < bads < n:
        return Measures(n=n, bad_rate=bad_rate, **dict.fromkeys(MEASURES))
    false_positive, true_positive, _ = roc_curve(bad, pd, sample_weight=weight)
    return Measures(
        n=n,
        bad_rate=bad_rate,
        auc=float(roc_auc_score(bad, pd, sample_weight=weight)),
        ks=float(np.max(true_positive - false_positive)),
        brier=float(brier_score_loss(bad, pd, sample_weight=weight)),
        ece=expected_calibration_error(bad, pd, weight),
        calibration_slope=calibration_slope(bad, pd, weight),
        observed_over_expected=float((own @ bad) / (own @ pd)),
        capture_top_5pct=capture(bad, pd, 0.05, weight),
        capture_top_10pct=capture(bad, pd, 0.10, weight),
    )


def by_history(
    bad: NDArray[np.bool_], pd: Floats, record_periods: NDArray[np.int32], min_history: int
) -> tuple[HistoryBand, ...]:
    """Return calibration by length of history, the shortest band first.

    It shows how far the PD of a thin file can be trusted. All arrays have shape (n,).
    """
    bands = []
    for start, end in HISTORY_BANDS_MONTHS:
        if end is not None and end < min_history:
            continue
        inside = (record_periods >= start) & (record_periods <= (np.inf if end is None else end))
        n, bads, expected = int(inside.sum()), int(bad[inside].sum()), float(pd[inside].sum())
        bands.append(
            HistoryBand(
                from_months=max(start, min_history),
                to_months=end,
                n=n,
                bads=bads,
                predicted=expected / n if n else None,
                observed=bads / n if n else None,
                observed_over_expected=bads / expected if expected else None,
            )
        )
    return tuple(bands)


HISTORY_BANDS_MONTHS = ((0, 5), (6, 11), (12, 23), (24, None))
MEASURES = (
    "auc",
    "ks",
    "brier",
    "ece",
    "calibration_slope",
    "observed_over_expected",
    "capture_top_5pct",
    "capture_top_10pct",
)


def calibration_bins(bad: NDArray[np.bool_], pd: Floats, bins: int = 10) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Return (mean predicted, observed rate, borrowers) of bins of equal count, in order of `pd`."""
    parts = np.array_split(np.argsort(pd, kind="stable"), min(bins, len(pd)))
    predicted = np.array([pd[part].mean() for part in parts])
    observed = np.array([bad[part].mean() for part in parts])
    return predicted, observed, np.array([len(part) for part in parts])


def expected_calibration_error(bad: NDArray[np.bool_], pd: Floats, weight: Floats | None = None) -> float:
    """Return the mean |observed − predicted| over ten bins, as in Naeini et al. (2015) but with equal counts."""
    own = np.ones(len(bad)) if weight is None else weight
    total = 0.0
    for part in np.array_split(np.argsort(pd, kind="stable"), min(10, len(pd))):
        total += abs(float(own[part] @ (bad[part] - pd[part])))
    return total / float(own.sum())


def calibration_slope(bad: NDArray[np.bool_], pd: Floats, weight: Floats | None = None) -> float:
    """Return the slope of a logistic regression of `bad` on the log-odds of `pd`."""
    log_odds = np.log(pd / (1 - pd)).reshape(-1, 1)
    return float(LogisticRegression(C=np.inf).fit(log_odds, bad, sample_weight=weight).coef_[0, 0])


def capture(bad: NDArray[np.bool_], pd: Floats, share: float, weight: Floats | None = None) -> float:
    """Return the share of all bads among the `share` of borrowers with the highest `pd`."""
    own = np.ones(len(bad)) if weight is None else weight
    order = np.argsort(-pd, kind="stable")
    # A capacity of less than one borrower still calls the first one.
    called = order[np.cumsum(own[order]) - own[order] < share * own.sum()]
    return float((own[called] @ bad[called]) / (own @ bad))
