"""Judging: what a model is measured by on rows that it did not learn from."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from risk_warning.book import StagedBook
from risk_warning.core.evaluation import by_history, evaluate
from risk_warning.core.horizons import Horizons
from risk_warning.core.scorecard import probability
from risk_warning.model.horizons import judge_horizons
from risk_warning.model.training_set import TrainingSet

Floats = NDArray[np.float64]


def judged(
    scheme: str, rows: TrainingSet, log_odds_bad: Floats, horizons: Horizons, min_history: int, book: StagedBook
) -> dict[str, Any]:
    """The measures as they stand in a model's `about["evaluation"]`, those of openings apart.

    Other windows are judged out of time alone: with folds, what ties them together has seen every row.
    """
    pd = probability(log_odds_bad)
    current = rows.dpd == 0
    until = book.data_through + timedelta(days=1)
    return {
        "scheme": scheme,
        **evaluate(rows.bad, pd),
        "dpd_0": evaluate(rows.bad[current], pd[current]),
        "by_history": by_history(rows.bad, pd, rows.record_periods, min_history),
        "horizons": judge_horizons(horizons, rows, log_odds_bad, pd, until) if scheme == OUT_OF_TIME else None,
        "openings": None,
    }


OUT_OF_TIME = "out-of-time"
