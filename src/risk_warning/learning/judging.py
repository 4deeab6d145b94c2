"""Judging: the measures of a model on rows that it did not learn from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from risk_warning.book import StagedBook
from risk_warning.core.horizons import Horizons
from risk_warning.core.scorecard import probability
from risk_warning.learning.horizons import judge_horizons
from risk_warning.learning.learn import MODEL
from risk_warning.learning.recipe import SEED
from risk_warning.learning.training_set import TrainingSet
from risk_warning.model.evaluation import Bounds, DayBand, Evaluation, Gain, Intervals, Performance, Rival, bounds
from risk_warning.stats import clustered
from risk_warning.stats.clustered import Interval, Sample
from risk_warning.stats.delong import delong
from risk_warning.stats.evaluation import by_history, evaluate
from risk_warning.stats.paired_bootstrap import one_row_each, paired_bootstrap

Floats = NDArray[np.float64]
OUT_OF_TIME, OUT_OF_BORROWER = "out-of-time", "out-of-borrower"
DAY_BANDS = ((1, 7), (8, 14), (15, 21), (22, 31))
"""Bands of days of the month for which calibration is reported."""


def judge(
    scheme: str,
    rows: TrainingSet,
    log_odds_bad: Mapping[str, Floats],
    horizons: Horizons,
    min_history: int,
    book: StagedBook,
    weight: Floats | None = None,
    openings: Performance | None = None,
) -> Evaluation:
    """Return the evaluation of a model.

    `log_odds_bad` has those of the model and of its rivals. `weight` is the number of rows that each row represents
    (None: one). Other windows are evaluated only out of time: with folds, the links between windows are fitted to all
    rows. `openings` is the performance at loan openings, which are not among the rows.
    """
    own = log_odds_bad[MODEL]
    pd = probability(own)
    current = rows.dpd == 0
    until = book.data_through + timedelta(days=1)
    return Evaluation(
        **vars(measure(rows, pd, weight)),
        scheme=scheme,
        dpd_0=measure(rows.take(current), pd[current], None if weight is None else weight[current]),
        by_history=by_history(rows.bad, pd, rows.record_periods, min_history),
        horizons=judge_horizons(horizons, rows, own, pd, until) if scheme == OUT_OF_TIME else None,
        openings=openings,
        against={
            name: _against(rows, probability(other), pd, weight)
            for name, other in log_odds_bad.items()
            if name != MODEL
        },
    )


def measure(rows: TrainingSet, pd: Floats, weight: Floats | None = None) -> Performance:
    """Return the performance of a model on the rows; its intervals are clustered by borrower and month."""
    sample = Sample.of(rows.bad, rows.borrower_id, rows.date_index, weight)
    return Performance(
        **vars(evaluate(rows.bad, pd, weight)),
        bads=int(rows.bad.sum()),
        borrowers=len(np.unique(rows.borrower_id)),
        bad_borrowers=sample.bad_borrowers,
        intervals=_intervals(sample, pd) if sample.has_both else None,
    )


def _intervals(sample: Sample, pd: Floats) -> Intervals:
    return Intervals(
        auc=_ends(clustered.auc(sample, pd)),
        observed_over_expected=_ends(clustered.observed_over_expected(sample, pd)),
        calibration_slope=_ends(clustered.calibration_slope(sample, pd)),
    )


def by_day_of_month(rows: TrainingSet, pd: Floats) -> tuple[DayBand, ...]:
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
            DayBand(
                from_day=first,
                to_day=last,
                n=int(inside.sum()),
                bads=int(here.bad.sum()),
                observed_over_expected=ratio.value,
                interval=_ends(ratio),
            )
        )
    return tuple(bands)


def _ends(interval: Interval) -> Bounds:
    return bounds(float(interval.low), float(interval.high))


def _against(rows: TrainingSet, pd_rival: Floats, pd: Floats, weight: Floats | None) -> Rival | None:
    """Return a rival's measures on the same rows and the model's gain in AUC; None if there is only one class."""
    sample = Sample.of(rows.bad, rows.borrower_id, rows.date_index, weight)
    one = one_row_each(sample.borrower, seed=SEED)
    if not 0 < rows.bad[one].sum() < len(one):
        return None
    stacked = len(one) < len(rows.bad) and weight is None
    measures = evaluate(rows.bad, pd_rival, weight)
    all_rows = paired_bootstrap(rows.bad, pd_rival, pd, sample.borrower, seed=SEED)["auc"] if stacked else None
    return Rival(
        auc=measures.auc,
        ks=measures.ks,
        brier=measures.brier,
        calibration_slope=measures.calibration_slope,
        observed_over_expected=measures.observed_over_expected,
        one_row=Gain.of(delong(rows.bad[one], pd_rival[one], pd[one])) if weight is None else None,
        all_rows=None if all_rows is None else Gain.of(all_rows),
        clustered=Gain.of(clustered.auc_difference(sample, pd_rival, pd)),
    )
