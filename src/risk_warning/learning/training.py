"""Training: from a book to an evaluated model.

With several mature dates, the last quarter of the dates and three tenths of the borrowers are held out, with a gap of
one horizon in between. A model that has seen neither is evaluated on them and kept as the judged twin. The model for
service is then refitted to all mature data with the same recipe and number of trees, so that it is not months stale.

With a single date, or if folds are requested, each row is evaluated by a model that never saw its borrower, and the
saved model learns from all rows.

With openings, the model also learns from rows at past loan openings, which show a borrower as at the review of a loan.
Openings of the held-out borrowers and months are evaluated separately and do not change the other measures.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from risk_warning.book import StagedBook
from risk_warning.book.declared_features import features_of
from risk_warning.core.calendar import add_months
from risk_warning.core.features import Feature
from risk_warning.core.horizons import Horizons
from risk_warning.core.outcomes.labels import ELIGIBLE
from risk_warning.core.policy import Policy
from risk_warning.core.scorecard import Scorecard, probability
from risk_warning.core.splits import OutOfTime, borrower_fold, out_of_time, spread_over_month
from risk_warning.errors import LabelError, ModelError, SettingsError
from risk_warning.learning.fit import Fit, check_enough
from risk_warning.learning.horizons import fit_horizons
from risk_warning.learning.judging import OUT_OF_BORROWER, OUT_OF_TIME, by_day_of_month, judge, measure
from risk_warning.learning.leak_screen import leak_screen
from risk_warning.learning.learn import MODEL, Learnt, begin, finish_and_refit, unstable, without
from risk_warning.learning.monotone import Checked, check_directions
from risk_warning.learning.provenance import provenance_of
from risk_warning.learning.recipe import SEED
from risk_warning.learning.request import Request, as_of_dates
from risk_warning.learning.sides import Sides
from risk_warning.learning.training_set import TrainingSet, training_set
from risk_warning.learning.tuning import Tuning
from risk_warning.learning.weights import contact_counts, untouched
from risk_warning.model.encoding import encode
from risk_warning.model.evaluation import Evaluation
from risk_warning.model.folder import assemble
from risk_warning.model.provenance import Making, RecordedRecipe
from risk_warning.model.risk_model import RiskModel
from risk_warning.settings import Settings

DEFAULT_FOLDS = 5
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Trained:
    """A model with the rows it learnt from and the rows it was evaluated on."""

    model: RiskModel
    """The model for service; its `twin`, if it has one, is the model that was evaluated."""
    judged: TrainingSet
    """Rows of the evaluation."""
    pd: Floats
    """PDs of the judged model for these rows; it never saw their borrowers."""
    sample: TrainingSet
    """Rows that the model in service learnt from."""
    encoded: NDArray[np.float32]
    """`sample` as the trees read it."""


def train(
    book: StagedBook,
    settings: Settings,
    request: Request,
    advance: Callable[[int], None] | None = None,
    tuning: Tuning | None = None,
) -> Trained:
    """Train a model of the book and evaluate it.

    Raises
    ------
    AsOfDateError
        The as-of date is outside the data.
    LabelError
        There is no mature date, only one class, or too few bad borrowers.
    SettingsError
        The recipe cannot be followed.
    ModelError
        The model moves against a direction of a feature.
    """
    spec, recipe = request.target, request.recipe
    recipe.check_tables(book.columns)
    chosen = recipe.choose(features_of(book.observed, settings.book))
    dates = as_of_dates(book, request)
    split = None if request.folds or len(dates) == 1 else out_of_time(dates, spec.horizon_months)
    if split is None and request.folds is None and len(dates) > 1:
        # There are too few months for a gap: evaluate all rows by folds of borrowers.
        request = replace(request, folds=DEFAULT_FOLDS)
    in_service_from = date.min
    if recipe.history_months is not None:
        in_service_from = add_months(dates[-1], 1 - recipe.history_months)
        split, dates = _recent(split, dates, recipe.history_months)
    learn_dates = _spread(book, dates, split, spec.horizon_months) if split else dates
    if request.with_openings:
        _check_openings(book, split)
    span = (dates[0], dates[-1]) if request.with_openings else None
    expected = book.n_borrowers * len(learn_dates) + (book.loans_opened(*span) if span else 0)
    sides = Sides(spec, split, learn_dates, expected, in_service_from)
    rows = training_set(
        book,
        sides.dates,
        spec,
        chosen,
        borrowers_per_chunk=settings.score.borrowers_per_chunk,
        keep=sides.keep,
        openings=span,
        advance=advance,
    )
    if not len(rows.bad):
        why_not = {why: count for why, count in rows.left_out.items() if count and not why.startswith(ELIGIBLE)}
        reasons = ", ".join(f"{count:,} {why}" for why, count in why_not.items())
        raise LabelError(
            f"No borrower is eligible on {sides.dates[0]} to {sides.dates[-1]} ({reasons}); choose other dates or "
            "limits."
        )
    moved: dict[str, float] = {}
    if recipe.max_feature_psi is not None:
        moved = unstable(rows.take(sides.learnt(rows)), recipe.max_feature_psi)
        rows = without(rows, list(moved))
        chosen = rows.features
    # A borrower who opened a loan the day before an ordinary date already has that row.
    rows = rows.take(~_openings_on_ordinary_dates(rows, learn_dates))
    learn_rows, tested = rows.take(sides.learnt_by_twin(rows)), rows.take(sides.judging(rows))
    judging = untouched(tested, recipe.contacted, spec.horizon_months)
    tested = judging.rows
    end = book.data_through + timedelta(days=1)
    check_enough(learn_rows)
    if split:
        if not 0 < tested.bad.sum() < len(tested.bad):
            raise LabelError(
                f"The {len(tested.bad):,} test rows ({split.test[0]} to {split.test[-1]}) are all of one "
                "class; give more dates or a larger book."
            )
        begun = begin(learn_rows, book.categories, recipe, spec.horizon_months, tuning=tuning, stage="all")
        all_rows = rows.take(sides.learnt(rows))
        ordinary = all_rows.take(~all_rows.at_opening)
        learnt, sample, weight, fitted = finish_and_refit(begun, all_rows, spec.horizon_months, ordinary)
        scheme, log_odds, until = OUT_OF_TIME, learnt.log_odds(tested), split.test[0]
    else:
        log_odds = _out_of_borrower(learn_rows, tested, book, request, tuning)
        learnt = begin(learn_rows, book.categories, recipe, spec.horizon_months, tuning=tuning, stage="all").learnt()
        sample, weight, fitted = learnt.rows, learnt.weight, learnt.fit
        scheme, until = OUT_OF_BORROWER, end
    judged_horizons, _ = _horizons(book, request, learnt.rows, learnt.fit, learnt.weight, until)
    at_openings = None
    if request.with_openings:
        reviewed = untouched(rows.take(sides.judging(rows, at_openings=True)), recipe.contacted, spec.horizon_months)
        pd = probability(learnt.log_odds(reviewed.rows)[MODEL])
        at_openings = measure(reviewed.rows, pd, reviewed.weight)
    evaluation = judge(scheme, tested, log_odds, judged_horizons, spec.min_history, book, judging.weight, at_openings)
    builder = _Assembly(book, settings, request, sides, rows, learnt, evaluation, moved, tuning)
    of_learn_rows = learnt.fit.unseen_also[~learn_rows.at_opening]
    twin, unseen = None, of_learn_rows
    if split:
        twin, unseen = (
            builder.model(learnt.fit, learnt.rows, judged_horizons, {}, of_learn_rows, None),
            fitted.unseen_also,
        )
    horizons, left_out = _horizons(book, request, sample, fitted, weight, end)
    model = builder.model(fitted, sample, horizons, left_out, unseen, twin)
    encoded = encode(sample.x, chosen, fitted.fitted.codes, book.categories)
    return Trained(model, tested, probability(log_odds[MODEL]), sample, encoded)


@dataclass(frozen=True)
class _Assembly:
    """The inputs from which both the judged twin and the model in service are assembled."""

    book: StagedBook
    settings: Settings
    request: Request
    sides: Sides
    rows: TrainingSet
    learnt: Learnt
    evaluation: Evaluation
    moved: dict[str, float]
    tuning: Tuning | None

    def model(
        self,
        fit: Fit,
        sample: TrainingSet,
        horizons: Horizons,
        left_out: dict[int, str],
        unseen: Floats,
        twin: RiskModel | None,
    ) -> RiskModel:
        """Return the model of `sample`.

        `unseen` are log-odds of ordinary rows by models that did not see their borrowers.
        """
        book, spec, chosen = self.book, self.request.target, self.rows.features
        encoded = encode(sample.x, chosen, fit.fitted.codes, book.categories)
        directions = _kept(fit, chosen, encoded, self.request.recipe.seed)
        scale = self.settings.score
        scorecard = Scorecard(base_score=scale.base_score, base_odds_good_bad=scale.base_odds_good_bad, pdo=scale.pdo)
        ordinary = self.rows.take(self.sides.learnt(self.rows) & ~self.rows.at_opening)
        is_in_service = twin is not None or self.sides.split is None
        split = self.sides.split
        provenance = provenance_of(
            book,
            self.settings,
            train_dates=sorted({sample.dates[k] for k in np.unique(sample.date_index[~sample.at_opening])}),
            test_dates=split.test if split and not is_in_service else (),
            learnt=sample,
            evaluation=self.evaluation,
            horizons_left_out=left_out,
            by_day=by_day_of_month(sample, probability(fit.unseen)) if is_in_service else (),
            suspects=leak_screen(book, sample, spec.horizon_months) if is_in_service else (),
            twin=twin,
            made=Making(
                recipe=RecordedRecipe(**vars(self.learnt.recipe)),
                tuned_by_trials=None if self.tuning is None else self.tuning.trials,
                unstable_features=self.moved,
                contacts=contact_counts(ordinary, spec.horizon_months) if "contacts" in book.columns else None,
                directions=directions.record,
            ),
        )
        return assemble(
            fit.fitted,
            horizons=horizons,
            names=tuple(feature.name for feature in chosen),
            observed=replace(
                book.observed,
                declared=tuple(
                    one for one in book.observed.declared if one.name in {feature.name for feature in chosen}
                ),
            ),
            scorecard=scorecard,
            # Scores of borrowers that the model learnt from are further apart than those of others. So the threshold
            # comes from unseen scores of all borrowers that a nightly run scores, whatever a recipe leaves out.
            policy=Policy.from_training_scores(scorecard.score(unseen)),
            target=spec,
            provenance=provenance,
            trained_on=date.today(),
            twin=twin,
        )


def _kept(fit: Fit, chosen: tuple[Feature, ...], encoded: NDArray[np.float32], seed: int) -> Checked:
    """Return the check of the directions; raise `ModelError` if one is not kept."""
    directions = check_directions(fit.fitted, chosen, encoded, seed=seed)
    if directions.violations:
        worst = directions.violations[0]
        raise ModelError(
            f"The fitted trees move against the direction of {worst.feature} (by {worst.size:.2g} of log-odds); the "
            "model is not saved. Train with another --seed, and report this."
        )
    return directions


def _horizons(
    book: StagedBook, request: Request, rows: TrainingSet, fit: Fit, weight: Floats | None, until: date
) -> tuple[Horizons, dict[int, str]]:
    """Return (the windows the model predicts, those left out → reason), by what was known at the start of `until`."""
    months = request.target.horizon_months
    if book.outcome_dates:
        return Horizons.only(months), {}
    return fit_horizons(rows, fit.unseen, request.horizons_months, months, until, weight)


def _spread(book: StagedBook, dates: tuple[date, ...], split: OutOfTime, horizon_months: int) -> tuple[date, ...]:
    """Return the dates to learn from: each month's own and, if the book has rows on any day, one on a drawn day.

    Learnt from drawn days alone, PDs of first days were too far apart (slope 0.95); learnt from both they hold on both.
    The dates that the judged twin learns from stay within what was known at the first test date.
    """
    if book.outcome_dates or not {"instalments", "events"} & set(book.observed.columns):
        return dates
    later = tuple(day for day in dates if day not in split.train)
    end = book.data_through + timedelta(days=1)
    drawn = (
        *spread_over_month(split.train, split.test[0], horizon_months, seed=SEED),
        *spread_over_month(later, end, horizon_months, seed=SEED + 1),
    )
    return tuple(sorted({*dates, *drawn}))


def _openings_on_ordinary_dates(rows: TrainingSet, dates: tuple[date, ...]) -> NDArray[np.bool_]:
    there = frozenset(dates)
    is_duplicate: NDArray[np.bool_] = (
        np.array([day in there for day in rows.dates], np.bool_)[rows.date_index] & rows.at_opening
    )
    return is_duplicate


def _check_openings(book: StagedBook, split: OutOfTime | None) -> None:
    """Raise `SettingsError` if openings cannot be learnt from and evaluated separately."""
    if "loans" not in book.columns:
        raise SettingsError(
            "--with-openings needs to know when loans were opened: bring the table loans, or leave it out."
        )
    if book.outcome_dates:
        raise SettingsError(
            "--with-openings needs outcomes on any day, but the table outcomes has them only on its own dates; leave "
            "out the option, or the table."
        )
    if split is None:
        raise SettingsError(
            "--with-openings needs months to learn from and later months to be judged on; leave out --as-of and "
            "--folds, or give a longer range."
        )


def _recent(split: OutOfTime | None, dates: tuple[date, ...], months: int) -> tuple[OutOfTime | None, tuple[date, ...]]:
    """Return the split and the dates, without dates to learn from that are `months` or more before the last one."""
    if split is None:
        first = add_months(dates[-1], -months)
        return None, tuple(day for day in dates if day > first)
    first = add_months(split.train[-1], -months)
    kept = tuple(day for day in split.train if day > first)
    # The model in service learns from as many months before its own last date.
    in_service = add_months(dates[-1], -months)
    return replace(split, train=kept), tuple(day for day in dates if day > min(first, in_service))


def _out_of_borrower(
    rows: TrainingSet, tested: TrainingSet, book: StagedBook, request: Request, tuning: Tuning | None
) -> dict[str, Floats]:
    """Return model → log-odds of all tested rows, by models fitted and tuned without the row's borrower."""
    folds = request.folds or DEFAULT_FOLDS
    fold, fold_tested = (borrower_fold(part.borrower_id, folds) for part in (rows, tested))
    by_model: dict[str, Floats] = {}
    for k in range(folds):
        outside = fold_tested == k
        if outside.any():
            stage, months = f"fold {k + 1} of {folds}", request.target.horizon_months
            begun = begin(rows.take(fold != k), book.categories, request.recipe, months, tuning=tuning, stage=stage)
            for name, log_odds in begun.learnt().log_odds(tested.take(outside)).items():
                by_model.setdefault(name, np.empty(len(tested.bad)))[outside] = log_odds
    return by_model
