"""Cells of the backtest: a recipe is trained as it would have been at a past date, then tested on what followed.

At a date D a recipe learns from the as-of dates whose outcome windows had ended by D. Labels use only what had been
recorded before D. The model is tested on the borrowers as of D, by what happened to them afterwards. Features always
use only data from before their as-of date.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas
from numpy.typing import NDArray

from risk_warning.book import StagedBook
from risk_warning.book.declared_features import features_of
from risk_warning.core.calendar import ALWAYS, NEVER, add_months, to_day
from risk_warning.core.outcomes.labels import learnable, outcomes
from risk_warning.core.outcomes.target import TargetSpec
from risk_warning.core.scorecard import probability
from risk_warning.core.splits import borrower_fold
from risk_warning.errors import LabelError
from risk_warning.learning.fit import fit
from risk_warning.learning.learn import unstable, without
from risk_warning.learning.recipe import Recipe
from risk_warning.learning.training_set import TrainingSet, training_set
from risk_warning.learning.weights import untouched, weighted
from risk_warning.settings import Settings
from risk_warning.stats.evaluation import evaluate
from risk_warning.studies.backtest.result import BacktestCell

MAX_ROWS = 600_000
"""If there would be more rows, a hash of borrower and date selects about this many."""
_PARTS = 10_000


@dataclass(frozen=True)
class BacktestRows:
    """One row per borrower and as-of date, with what was known of its outcome at each date of the backtest."""

    rows: TrainingSet
    dates: tuple[date, ...]
    """Dates of the backtest, ascending."""
    known_bad_on: NDArray[np.int32]
    """First bad day by what was recorded before each of the dates, `NEVER` if there is none; shape (rows, dates)."""
    known_unknown_from: NDArray[np.int32]
    """`TrainingSet.unknown_from` by what was recorded before each of the dates; shape (rows, dates)."""
    spec: TargetSpec

    def followed(self, at: date) -> NDArray[np.bool_]:
        """Whether each row is as of the date and its outcome is known by the end of the data, shape (rows,)."""
        rows, end = self.rows, to_day(self.spec.window_end(at))
        return rows.on([at]) & learnable(rows.bad_on, rows.unknown_from, np.full(len(rows.bad), end))


def backtest_rows(
    book: StagedBook,
    settings: Settings,
    spec: TargetSpec,
    as_of: Sequence[date],
    dates: Sequence[date],
    advance: Callable[[int], None],
) -> BacktestRows:
    """Build the rows of every as-of date, once for all recipes and dates.

    Raises
    ------
    LabelError
        No borrower is eligible.
    """
    chosen = features_of(book.observed, settings.book)
    share = min(1.0, MAX_ROWS / max(1, book.n_borrowers * len(as_of)))

    def keep(borrower_id: NDArray[np.generic], day: date) -> NDArray[np.bool_]:
        return borrower_fold(borrower_id, _PARTS, seed=day.toordinal()) < round(share * _PARTS)

    chunk = settings.score.borrowers_per_chunk
    rows = training_set(
        book, as_of, spec, chosen, borrowers_per_chunk=chunk, keep=keep, known_only=False, advance=advance
    )
    if not len(rows.bad):
        raise LabelError(
            "No borrower is eligible on the dates of the backtest; choose other dates with --from and --to."
        )
    known = np.full((len(rows.bad), len(dates)), NEVER, np.int32)
    unknown = np.full((len(rows.bad), len(dates)), ALWAYS, np.int32)
    for part in book.chunks(chunk):
        history = book.history(part, spec.dpd_tolerance_ratio)
        here = pandas.Index(part.borrower_id).get_indexer(pandas.Index(rows.borrower_id))
        for index, day in enumerate(as_of):
            mine = np.flatnonzero((rows.date_index == index) & (here >= 0))
            for k, at in enumerate(dates):
                if len(mine) and day < at:
                    known_then = outcomes(history, day, spec, known_before=to_day(at))
                    known[mine, k] = known_then.bad_on[here[mine]]
                    unknown[mine, k] = known_then.learnable_until[here[mine]]
        advance(part.n)
    return BacktestRows(rows, tuple(dates), known, unknown, spec)


def run_cell(
    all_rows: BacktestRows, recipe: Recipe, at: date, book: StagedBook
) -> tuple[BacktestCell, NDArray[np.float64]]:
    """Train the recipe as of the date and test it on what followed.

    Returns
    -------
    cell
        The data it learnt from, and its measures.
    pd
        PDs of the date's rows with a known outcome, in the order of the rows, contacted or not.

    Raises
    ------
    LabelError
        There is too little data to learn from, or to test on.
    SettingsError
        The recipe leaves out a feature that the book does not give.
    """
    rows, spec = all_rows.rows, all_rows.spec
    horizon = recipe.horizon_months or spec.horizon_months
    ended = [day for day in rows.dates if add_months(day, horizon) <= at]
    if recipe.history_months is not None and ended:
        first = add_months(ended[-1], -recipe.history_months)
        ended = [day for day in ended if day > first]
    if not ended:
        raise LabelError(f"No outcome window of {horizon} months had ended by {at}; give a later --from.")
    names = {feature.name for feature in recipe.choose(rows.features)}
    inside = rows.on(ended)
    ends = np.array([to_day(add_months(day, horizon)) for day in rows.dates], np.int64)
    known, unknown = (
        part[:, all_rows.dates.index(at)] for part in (all_rows.known_bad_on, all_rows.known_unknown_from)
    )
    labelled = replace(rows, bad=known < ends[rows.date_index], bad_on=known, unknown_from=unknown)
    inside &= learnable(known, unknown, ends[rows.date_index])
    dropped = [feature.name for feature in rows.features if feature.name not in names]
    learnt = without(labelled.take(inside), dropped) if dropped else labelled.take(inside)
    if recipe.max_feature_psi is not None:
        learnt = without(learnt, list(unstable(learnt, recipe.max_feature_psi)))
    taught, categories = weighted(learnt, recipe, horizon), book.categories
    learnt = taught.rows
    fitted = fit(learnt, taught.weight, categories, recipe).fitted
    left_out = [feature.name for feature in rows.features if feature not in learnt.features]
    followed = without(rows.take(all_rows.followed(at)), left_out)
    judging = untouched(followed, recipe.contacted, spec.horizon_months)
    tested = judging.rows
    if not 0 < tested.bad.sum() < len(tested.bad):
        raise LabelError(f"The {len(tested.bad):,} rows as of {at} all have the same outcome; use a larger book.")
    measures = evaluate(
        tested.bad, probability(fitted.log_odds_of(tested.x, tested.features, categories)), judging.weight
    )

    def measure(name: str) -> float:
        value = measures.value(name)
        assert value is not None  # The rows are of both classes.
        return value

    cell = BacktestCell(
        date=at,
        rows=len(learnt.bad),
        bads=int(learnt.bad.sum()),
        train_dates=tuple(ended),
        outcomes_end=add_months(ended[-1], horizon),
        learnt_sha256=_digest(learnt),
        n=len(tested.bad),
        bad_rate=measure("bad_rate"),
        auc=measure("auc"),
        ks=measure("ks"),
        brier=measure("brier"),
        observed_over_expected=measure("observed_over_expected"),
        capture_top_5pct=measure("capture_top_5pct"),
    )
    return cell, probability(fitted.log_odds_of(followed.x, followed.features, categories))


def _digest(rows: TrainingSet) -> str:
    digest = hashlib.sha256()
    days = np.array([day.toordinal() for day in rows.dates])[rows.date_index]
    order = np.lexsort((days, np.array([str(one) for one in rows.borrower_id.tolist()])))
    numbers = [i for i, feature in enumerate(rows.features) if not feature.is_category]
    for part in (days[order], rows.bad[order], rows.x[order][:, numbers]):
        digest.update(np.ascontiguousarray(part).tobytes())
    return digest.hexdigest()
