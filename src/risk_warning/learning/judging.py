"""Judging: the measures of a model on rows that it did not learn from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from risk_warning.book import StagedBook
from risk_warning.core.horizons import Horizons
from risk_warning.core.scorecard import probability
from risk_warning.learning.horizons import judge_horizons
from risk_warning.learning.learn import MODEL
from risk_warning.learning.recipe import SEED
from risk_warning.learning.training_set import TrainingSet
from risk_warning.model.headline import WITH_INTERVAL
from risk_warning.stats import clustered
from risk_warning.stats.clustered import Sample
from risk_warning.stats.delong import delong
from risk_warning.stats.evaluation import by_history, evaluate
from risk_warning.stats.paired_bootstrap import one_row_each, paired_bootstrap

Floats = NDArray[np.float64]
OUT_OF_TIME, OUT_OF_BORROWER = "out-of-time", "out-of-borrower"
DAY_BANDS = ((1, 7), (8, 14), (15, 21), (22, 31))
"""Bands of days of the month for which calibration is reported."""


def judged(
    scheme: str,
    rows: TrainingSet,
    log_odds_bad: Mapping[str, Floats],
    horizons: Horizons,
    min_history: int,
    book: StagedBook,
    weight: Floats | None = None,
) -> dict[str, Any]:
    """Return the measures for a model's `about["evaluation"]`, except those of openings.

    `log_odds_bad` has those of the model and of its rivals. `weight` is the number of rows that each row represents
    (None: one). Other windows are evaluated only out of time: with folds, the links between windows are fitted to all
    rows.
    """
    own = log_odds_bad[MODEL]
    pd = probability(own)
    current = rows.dpd == 0
    until = book.data_through + timedelta(days=1)
    return {
        "scheme": scheme,
        **measured(rows, pd, weight),
        "dpd_0": measured(rows.take(current), pd[current], None if weight is None else weight[current]),
        "by_history": by_history(rows.bad, pd, rows.record_periods, min_history),
        "horizons": judge_horizons(horizons, rows, own, pd, until) if scheme == OUT_OF_TIME else None,
        "openings": None,
        "against": {
            name: _against(rows, probability(other), pd, weight)
            for name, other in log_odds_bad.items()
            if name != MODEL
        },
    }


def measured(rows: TrainingSet, pd: Floats, weight: Floats | None = None) -> dict[str, Any]:
    """Return the measures of `evaluate`, counts of bad rows and bad borrowers, and intervals of the headline figures.

    `intervals`: measure → (low, high), 95 %, clustered by borrower and month; None if there is only one class.
    """
    sample = Sample.of(rows.bad, rows.borrower_id, rows.date_index, weight)
    measures: dict[str, Any] = {
        **evaluate(rows.bad, pd, weight),
        "bads": int(rows.bad.sum()),
        "borrowers": len(np.unique(rows.borrower_id)),
        "bad_borrowers": sample.bad_borrowers,
        "intervals": None,
    }
    if sample.has_both:
        ends = {name: getattr(clustered, name)(sample, pd) for name in WITH_INTERVAL}
        measures["intervals"] = {name: _ends(interval.low, interval.high) for name, interval in ends.items()}
    return measures


def by_day_of_month(rows: TrainingSet, pd: Floats) -> list[dict[str, Any]]:
    """Return calibration by day of the month of the as-of date, for books that are scored on any day.

    Bands without bads or without goods are left out.
    """
    day = np.array([when.day for when in rows.dates])[rows.date_index]
    bands = []
    for first, last in DAY_BANDS:
        inside = (day >= first) & (day <= last)
        if not 0 < rows.bad[inside].sum() < inside.sum():
            continue
        here = rows.take(inside)
        sample = Sample.of(here.bad, here.borrower_id, here.date_index)
        ratio = clustered.observed_over_expected(sample, pd[inside])
        bands.append(
            {
                "from_day": first,
                "to_day": last,
                "n": int(inside.sum()),
                "bads": int(here.bad.sum()),
                "observed_over_expected": ratio.value,
                "interval": _ends(ratio.low, ratio.high),
            }
        )
    return bands


def _ends(low: float, high: float) -> list[float | None]:
    """Return an interval, ready for JSON; an end that is not known is null."""
    return [end if np.isfinite(end) else None for end in (float(low), float(high))]


def _against(rows: TrainingSet, pd_rival: Floats, pd: Floats, weight: Floats | None) -> dict[str, Any] | None:
    """Return a rival's measures on the same rows and the model's gain in AUC; None if there is only one class.

    `one_row` is DeLong's test on one row per borrower. `all_rows` is a bootstrap over borrowers, for stacked dates.
    `clustered` uses the rows' influences, which account for weights and months.
    """
    sample = Sample.of(rows.bad, rows.borrower_id, rows.date_index, weight)
    one = one_row_each(sample.borrower, seed=SEED)
    if not 0 < rows.bad[one].sum() < len(one):
        return None
    stacked = len(one) < len(rows.bad) and weight is None
    measures = evaluate(rows.bad, pd_rival, weight)
    gain = clustered.auc_difference(sample, pd_rival, pd)
    return {
        **{name: measures[name] for name in ("auc", "ks", "brier", "calibration_slope", "observed_over_expected")},
        "one_row": asdict(delong(rows.bad[one], pd_rival[one], pd[one])) if weight is None else None,
        "all_rows": asdict(paired_bootstrap(rows.bad, pd_rival, pd, sample.borrower, seed=SEED)["auc"])
        if stacked
        else None,
        "clustered": {**asdict(gain), "low": _ends(gain.low, gain.high)[0], "high": _ends(gain.low, gain.high)[1]},
    }
