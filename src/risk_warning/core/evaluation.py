"""Evaluation: discrimination, calibration, and how many bads a limited number of calls would reach."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, roc_auc_score, roc_curve

Floats = NDArray[np.float64]


def evaluate(bad: NDArray[np.bool_], pd: Floats) -> dict[str, float | int | None]:
    """Measures by name; with a single class, those that need two are None.

    `bad` and `pd` have shape (n,). `ece`: mean distance of observed and predicted rate over ten equally filled
    bins. `calibration_slope`: of a logistic regression of `bad` on the log-odds of `pd` (Cox 1958), 1 is ideal.
    `capture_top_5pct`: share of all bads among the 5 % with the highest `pd`.
    """
    n, bads = len(bad), int(bad.sum())
    measures: dict[str, float | int | None] = {"n": n, "bad_rate": bads / n if n else None}
    if not 0 < bads < n:
        return measures | dict.fromkeys(MEASURES)
    false_positive, true_positive, _ = roc_curve(bad, pd)
    measures["auc"] = float(roc_auc_score(bad, pd))
    measures["ks"] = float(np.max(true_positive - false_positive))
    measures["brier"] = float(brier_score_loss(bad, pd))
    measures["ece"] = expected_calibration_error(bad, pd)
    measures["calibration_slope"] = calibration_slope(bad, pd)
    measures["observed_over_expected"] = bads / float(pd.sum())
    measures["capture_top_5pct"] = capture(bad, pd, 0.05)
    measures["capture_top_10pct"] = capture(bad, pd, 0.10)
    return measures


def by_history(
    bad: NDArray[np.bool_], pd: Floats, record_periods: NDArray[np.int32], min_history: int
) -> list[dict[str, float | int | None]]:
    """Calibration by length of history, the shortest band first: how far a PD of a thin file can be trusted.

    All arrays have shape (n,). A band holds the rows with `from_months` … `to_months` months with a record, both
    included (`to_months` None: no end). `predicted` is the mean PD, `observed` the bad rate; None in an empty band.
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
    """(mean predicted, observed rate, borrowers) of equally filled bins in order of `pd`."""
    parts = np.array_split(np.argsort(pd, kind="stable"), min(bins, len(pd)))
    predicted = np.array([pd[part].mean() for part in parts])
    observed = np.array([bad[part].mean() for part in parts])
    return predicted, observed, np.array([len(part) for part in parts])


def expected_calibration_error(bad: NDArray[np.bool_], pd: Floats) -> float:
    """Mean |observed − predicted| over ten equally filled bins (Naeini et al. 2015, with equal counts)."""
    predicted, observed, count = calibration_bins(bad, pd)
    return float(np.average(np.abs(observed - predicted), weights=count))


def calibration_slope(bad: NDArray[np.bool_], pd: Floats) -> float:
    """Slope of a logistic regression of `bad` on the log-odds of `pd`."""
    log_odds = np.log(pd / (1 - pd)).reshape(-1, 1)
    return float(LogisticRegression(C=np.inf).fit(log_odds, bad).coef_[0, 0])


def capture(bad: NDArray[np.bool_], pd: Floats, share: float) -> float:
    """Share of all bads among the `share` of borrowers with the highest `pd`."""
    called = np.argsort(-pd, kind="stable")[: int(np.ceil(share * len(pd)))]
    return float(bad[called].sum() / bad.sum())
