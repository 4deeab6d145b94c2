"""Horizons: fit the PDs of other windows to the model's log-odds, and evaluate them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.calendar import add_months, to_day
from risk_warning.core.horizons import Horizons, Link, expected_months_to_overdue
from risk_warning.core.outcomes.labels import learnable
from risk_warning.learning.recipe import SEED
from risk_warning.learning.training_set import TrainingSet
from risk_warning.model.evaluation import HorizonEvaluation, WindowMeasures
from risk_warning.stats.evaluation import evaluate
from risk_warning.stats.rank_correlation import rank_correlation

Floats = NDArray[np.float64]
MIN_CASES = 30
"""Fewest rows that turned bad in time, and fewest that did not, to fit a window's conditional probability."""


def known_within(rows: TrainingSet, months: int, until: date) -> NDArray[np.bool_]:
    """Whether each row's outcome within `months` months was known at the start of `until`; shape (n,)."""
    ended = np.array([add_months(day, months) <= until for day in rows.dates])
    ends = np.array([to_day(add_months(day, months)) for day in rows.dates], np.int64)[rows.date_index]
    return np.asarray(ended[rows.date_index] & learnable(rows.bad_on, rows.unknown_from, ends))


def bad_within(rows: TrainingSet, months: int) -> NDArray[np.bool_]:
    """Whether each row turned bad within `months` months; shape (n,)."""
    ends = np.array([to_day(add_months(day, months)) for day in rows.dates], np.int64)
    return rows.bad_on < ends[rows.date_index]


def fit_horizons(
    rows: TrainingSet,
    log_odds_bad: Floats,
    months: Sequence[int],
    action_months: int,
    until: date,
    weight: Floats | None = None,
) -> tuple[Horizons, dict[int, str]]:
    """Return (the horizons, months of the windows left out → reason).

    `log_odds_bad` are from models that did not see the rows. A window is fitted only to outcomes known at the start of
    `until`.
    """
    from sklearn.linear_model import LogisticRegression

    links: dict[int, Link | None] = {action_months: None}
    left_out: dict[int, str] = {}
    shorter = sorted((m for m in months if m < action_months), reverse=True)
    longer = sorted(m for m in months if m > action_months)
    for window, is_longer in ((m, m in longer) for m in (*shorter, *longer)):
        beside = max(m for m in links if m < window) if is_longer else min(m for m in links if m > window)
        before = bad_within(rows, beside)
        of_them = known_within(rows, max(window, beside), until) & (~before if is_longer else before)
        turned = bad_within(rows, window)[of_them]
        if min(turned.sum(), len(turned) - turned.sum()) < MIN_CASES:
            left_out[window] = (
                f"of {len(turned):,} rows with a known outcome {int(turned.sum()):,} turned bad in time; at least "
                f"{MIN_CASES} that did and as many that did not are needed"
            )
            continue
        own = None if weight is None else weight[of_them]
        sigmoid = LogisticRegression(C=np.inf).fit(log_odds_bad[of_them].reshape(-1, 1), turned, sample_weight=own)
        links[window] = Link(float(sigmoid.coef_[0, 0]), float(sigmoid.intercept_[0]))
    rising = tuple(sorted(links))
    return Horizons(rising, action_months, tuple(links[window] for window in rising)), left_out


def judge_horizons(
    horizons: Horizons, rows: TrainingSet, log_odds_bad: Floats, pd: Floats, until: date
) -> HorizonEvaluation:
    """Evaluate each window's PDs, and whether borrowers turned bad in the expected order.

    A window is evaluated on the rows whose outcome was known at the start of `until`.
    """
    all_pds = horizons.pd(log_odds_bad, pd)
    windows: dict[int, WindowMeasures] = {}
    for k, months in enumerate(horizons.months):
        known = known_within(rows, months, until)
        windows[months] = WindowMeasures.of(evaluate(bad_within(rows, months)[known], all_pds[known, k]))
    longest = horizons.months[-1]
    turned = known_within(rows, longest, until) & bad_within(rows, longest)
    starts = np.array([to_day(day) for day in rows.dates], np.int64)[rows.date_index]
    order = rank_correlation(
        expected_months_to_overdue(horizons.months, all_pds[turned]),
        (rows.bad_on - starts)[turned].astype(np.float64),
        np.unique(rows.borrower_id[turned], return_inverse=True)[1],
        seed=SEED,
    )
    return HorizonEvaluation(windows=windows, order=order)
