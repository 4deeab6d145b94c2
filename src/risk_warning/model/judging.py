"""Judging: what a model is measured by on rows that it did not learn from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from risk_warning.book import StagedBook
from risk_warning.core.delong import delong
from risk_warning.core.evaluation import by_history, evaluate
from risk_warning.core.horizons import Horizons
from risk_warning.core.paired_bootstrap import one_row_each, paired_bootstrap
from risk_warning.core.scorecard import probability
from risk_warning.model.horizons import judge_horizons
from risk_warning.model.learning import MODEL
from risk_warning.model.recipe import SEED
from risk_warning.model.training_set import TrainingSet

Floats = NDArray[np.float64]


def judged(
    scheme: str,
    rows: TrainingSet,
    log_odds_bad: Mapping[str, Floats],
    horizons: Horizons,
    min_history: int,
    book: StagedBook,
) -> dict[str, Any]:
    """The measures as they stand in a model's `about["evaluation"]`, those of openings apart.

    `log_odds_bad` are the model's and its rivals'. Other windows are judged out of time alone: with folds, what ties
    them together has seen every row.
    """
    own = log_odds_bad[MODEL]
    pd = probability(own)
    current = rows.dpd == 0
    until = book.data_through + timedelta(days=1)
    return {
        "scheme": scheme,
        **evaluate(rows.bad, pd),
        "dpd_0": evaluate(rows.bad[current], pd[current]),
        "by_history": by_history(rows.bad, pd, rows.record_periods, min_history),
        "horizons": judge_horizons(horizons, rows, own, pd, until) if scheme == OUT_OF_TIME else None,
        "openings": None,
        "against": {
            name: _against(rows, probability(other), pd) for name, other in log_odds_bad.items() if name != MODEL
        },
    }


def _against(rows: TrainingSet, pd_rival: Floats, pd: Floats) -> dict[str, Any] | None:
    """A rival's measures on the same rows, and how much more AUC the model has; None with a single class.

    `one_row` by DeLong's test on one row a borrower; `all_rows` by a bootstrap over borrowers, where dates are stacked.
    """
    _, borrower = np.unique(rows.borrower_id, return_inverse=True)
    one = one_row_each(borrower, seed=SEED)
    if not 0 < rows.bad[one].sum() < len(one):
        return None
    stacked = len(one) < len(rows.bad)
    measures = evaluate(rows.bad, pd_rival)
    return {
        **{name: measures[name] for name in ("auc", "ks", "brier", "calibration_slope", "observed_over_expected")},
        "one_row": asdict(delong(rows.bad[one], pd_rival[one], pd[one])),
        "all_rows": asdict(paired_bootstrap(rows.bad, pd_rival, pd, borrower, seed=SEED)["auc"]) if stacked else None,
    }


OUT_OF_TIME = "out-of-time"
