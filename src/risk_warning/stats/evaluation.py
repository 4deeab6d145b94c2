"""Evaluation: discrimination, calibration, and the share of bads that a limited number of calls would reach."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, roc_auc_score, roc_curve

Floats = NDArray[np.float64]


def evaluate(bad: NDArray[np.bool_], pd: Floats, weight: Floats | None = None) -> dict[str, float | int | None]:
    """Return measures by name; with a single class, those that need two are None.

    `bad`, `pd` and `weight` have shape (n,); `weight` is the number of rows that each row represents, None if each
    represents only itself.

    - `ece`: mean absolute difference of observed and predicted rate over ten bins of equal count
    - `calibration_slope`: slope of a logistic regression of `bad` on the log-odds of `pd` (Cox 1958); 1 is ideal
    - `capture_top_5pct`: share of all bads among the 5 % with the highest `pd`
    """
    n, bads = len(bad), int(bad.sum())
    own = np.ones(n) if weight is None else weight
    measures: dict[str, float | int | None] = {"n": n, "bad_rate": float(np.average(bad, weights=own)) if n else None}
    if not 0 < bads < n:
        return measures | dict.fromkeys(MEASURES)
    false_positive, true_positive, _ = roc_curve(bad, pd, sample_weight=weight)
    measures["auc"] = float(roc_auc_score(bad, pd, sample_weight=weight))
    measures["ks"] = float(np.max(true_positive - false_positive))
    measures["brier"] = float(brier_score_loss(bad, pd, sample_weight=weight))
    measures["ece"] = expected_calibration_error(bad, pd, weight)
    measures["calibration_slope"] = calibration_slope(bad, pd, weight)
    measures["observed_over_expected"] = float((own @ bad) / (own @ pd))
    measures["capture_top_5pct"] = capture(bad, pd, 0.05, weight)
    measures["capture_top_10pct"] = capture(bad, pd, 0.10, weight)
    return measures


def by_history(
    bad: NDArray[np.bool_], pd: Floats, record_periods: NDArray[np.int32], min_history: int
) -> list[dict[str, float | int | None]]:
    """Return calibration by length of history, the shortest band first.

    It shows how far the PD of a thin file can be trusted. All arrays have shape (n,). A band holds the rows with
    `from_months` … `to_months` months with a record, both inclusive; `to_months` is None if the band has no upper end.
    `predicted` is the mean PD, `observed` the bad rate; None in an empty band.
    """
    bands = []
    for start, end in HISTORY_BANDS_MONTHS:
        if end is not None and end < min_history:
            continue
        inside = (record_periods >= start) & (record_periods <= (np.inf if end is None else end))
        n, bads, expected = int(inside.sum()), int(bad[inside].sum()), float(pd[inside].sum())
        bands.append(
            {
                "from_months": max(start, min_history),
                "to_months": end,
                "n": n,
                "bads": bads,
                "predicted": expected / n if n else None,
                "observed": bads / n if n else None,
                "observed_over_expected": bads / expected if expected else None,
            }
        )
    return bands


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
