"""Training: from a book to a judged model.

With several mature dates: the last quarter of the dates and three tenths of the borrowers are kept apart, a gap of
one horizon between; the model judged on them is the one that is saved. With a single date, or where folds are asked
for: every row is judged by a model that never saw its borrower, and the model saved has learnt from all.

With openings, rows at past loan openings are learnt from too, as a borrower stands at the review of a loan; those of
the borrowers and months kept apart are judged by themselves, and leave the other measures as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from risk_warning.book import StagedBook
from risk_warning.core import features
from risk_warning.core.calendar import add_months
from risk_warning.core.evaluation import evaluate
from risk_warning.core.horizons import Horizons
from risk_warning.core.policy import Policy
from risk_warning.core.scorecard import Scorecard, probability
from risk_warning.core.splits import OutOfTime, borrower_fold, out_of_time, spread_over_month
from risk_warning.errors import LabelError, ModelError, SettingsError
from risk_warning.model.about import about
from risk_warning.model.fit import encode
from risk_warning.model.folder import assemble
from risk_warning.model.horizons import fit_horizons
from risk_warning.model.judging import OUT_OF_TIME, judged
from risk_warning.model.learning import MODEL, learn, unstable, without
from risk_warning.model.monotone import check_directions
from risk_warning.model.recipe import KEEP, SEED
from risk_warning.model.request import Request, as_of_dates
from risk_warning.model.risk_model import RiskModel
from risk_warning.model.sides import Sides
from risk_warning.model.training_set import TrainingSet, training_set
from risk_warning.model.tuning import Tuning
from risk_warning.model.weights import arms_of, contacts_told
from risk_warning.settings import Settings

DEFAULT_FOLDS = 5


@dataclass(frozen=True)
class Trained:
    """A model with what it learnt from and was judged by."""

    model: RiskModel
    judged: TrainingSet
    """Rows that judged it."""
    pd: NDArray[np.float64]
    """Its PD for them, by a model that never saw their borrowers."""
    sample: TrainingSet
    """Rows the model learnt from."""
    encoded: NDArray[np.float32]
    """The same as the trees read them."""


def train(
    book: StagedBook,
    settings: Settings,
    request: Request,
    advance: Callable[[int], None] | None = None,
    tuning: Tuning | None = None,
) -> Trained:
    """A judged model of the book.

    Raises
    ------
    AsOfDateError
        The as-of date lies outside the data.
    LabelError
        No mature date, a single class, or too few bads.
    SettingsError
        The recipe cannot be followed.
    ModelError
        The model moves against a direction of a feature.
    """
    spec, recipe = request.target, request.recipe
    recipe.check_tables(book.columns)
    chosen = recipe.choose(features.supported(book.observed, settings.book.never_modelled))
    dates = as_of_dates(book, request)
    split = None if request.folds or len(dates) == 1 else out_of_time(dates, spec.horizon_months)
    given = set(book.outcome_dates)
    if recipe.history_months is not None:
        split, dates = _recent(split, dates, recipe.history_months)
    if split and not given and {"instalments", "events"} & set(book.observed.columns):
        split = replace(split, train=spread_over_month(split.train, split.test[0], spec.horizon_months, seed=SEED))
    if request.with_openings:
        _check_openings(book, split)
    used = (*split.train, *split.test) if split else dates
    learn_from = split.train if split else dates
    span = (dates[0], dates[-1]) if request.with_openings else None
    expected = book.n_borrowers * len(learn_from) + (book.loans_opened(*span) if span else 0)
    sides = Sides(spec, split, expected)
    rows = training_set(
        book,
        used,
        spec,
        chosen,
        borrowers_per_chunk=settings.score.borrowers_per_chunk,
        keep=sides.keep,
        openings=span,
        advance=advance,
    )
    if not len(rows.bad):
        reasons = ", ".join(f"{count:,} {why}" for why, count in rows.left_out.items() if count)
        raise LabelError(
            f"No borrower is eligible on {used[0]} to {used[-1]} ({reasons}); choose other dates or limits."
        )
    moved: dict[str, float] = {}
    if recipe.max_feature_psi is not None:
        moved = unstable(rows.take(rows.on(learn_from)), recipe.max_feature_psi)
        rows = without(rows, list(moved))
        chosen = rows.features
    if split:
        # A borrower who opened a loan the day before an ordinary date has that row already.
        opened_on = sorted(set(sides.learn_on(rows.dates)) - set(split.train))
        learn_rows = rows.take(rows.on(split.train) | rows.on(opened_on, at_openings=True))
        tested = _not_helped(rows.take(rows.on(split.test)), request)
        learnt = learn(learn_rows, book.categories, recipe, spec.horizon_months, tuning=tuning, stage="all")
        scheme, log_odds, until = OUT_OF_TIME, learnt.log_odds(tested), split.test[0]
        if not 0 < tested.bad.sum() < len(tested.bad):
            raise LabelError(
                f"The {len(tested.bad):,} rows kept for testing ({split.test[0]} to {split.test[-1]}) are all of one "
                "class; give more dates or a larger book."
            )
    else:
        tested, scheme = _not_helped(rows, request), "out-of-borrower"
        log_odds = _out_of_borrower(rows, tested, book, request, tuning)
        learnt = learn(rows, book.categories, recipe, spec.horizon_months, tuning=tuning, stage="all")
        until = book.data_through + timedelta(days=1)
    horizons = Horizons.only(spec.horizon_months)
    left_out: dict[str, str] = {}
    if not given:
        horizons, left_out = fit_horizons(
            learnt.rows,
            learnt.unseen,
            request.horizons_months,
            spec.horizon_months,
            until,
            learnt.weight,
        )
    fitted, sample = learnt.fitted, learnt.rows
    encoded = encode(sample.x, chosen, fitted.codes, book.categories)
    directions = check_directions(fitted, chosen, encoded, seed=recipe.seed)
    if directions.violations:
        worst = directions.violations[0]
        raise ModelError(
            f"The fitted trees move against the direction of {worst.feature} (by {worst.size:.2g} of log-odds); such a "
            "model is not saved. Train with another --seed, and report it."
        )
    scale = settings.score
    scorecard = Scorecard(base_score=scale.base_score, base_odds_good_bad=scale.base_odds_good_bad, pdo=scale.pdo)
    # The threshold is the night's, which scores everybody: neither openings nor whom a recipe leaves out move it.
    ordinary = rows.take(rows.on(learn_from))
    scores = scorecard.score(fitted.log_odds(encode(ordinary.x, chosen, fitted.codes, book.categories)))
    evaluation = judged(scheme, tested, log_odds, horizons, spec.min_history, book)
    if request.with_openings:
        reviewed = _not_helped(rows.take(rows.on(sides.judge_on(rows.dates), at_openings=True)), request)
        evaluation["openings"] = evaluate(reviewed.bad, probability(learnt.log_odds(reviewed)[MODEL]))
    model_about = about(
        book,
        settings,
        train_dates=learn_from,
        test_dates=split.test if split else (),
        learnt=sample,
        evaluation=evaluation,
        horizons_left_out=left_out,
        made={
            "recipe": learnt.recipe.to_dict(),
            "tuned_by_trials": None if tuning is None else tuning.trials,
            "unstable_features": moved,
            "contacts": contacts_told(ordinary, spec.horizon_months) if "contacts" in book.columns else None,
            "directions": directions.to_dict(),
        },
    )
    model = assemble(
        fitted,
        horizons=horizons,
        names=tuple(feature.name for feature in chosen),
        observed=book.observed,
        scorecard=scorecard,
        policy=Policy.from_training_scores(scores),
        target=spec,
        about=model_about,
        trained_on=date.today(),
    )
    return Trained(model, tested, probability(log_odds[MODEL]), sample, encoded)


def _check_openings(book: StagedBook, split: OutOfTime | None) -> None:
    """Nothing comes back; `SettingsError` where openings cannot be learnt from and judged apart."""
    if "loans" not in book.columns:
        raise SettingsError(
            "--with-openings needs to know when loans were opened: bring the table loans, or leave it out."
        )
    if book.outcome_dates:
        raise SettingsError(
            "--with-openings needs outcomes on any day, and the table outcomes has them on its own dates only; leave "
            "out the option, or the table."
        )
    if split is None:
        raise SettingsError(
            "--with-openings needs months to learn from and later ones to judge by; leave out --as-of and --folds, or "
            "give a longer range of months."
        )


def _recent(split: OutOfTime | None, dates: tuple[date, ...], months: int) -> tuple[OutOfTime | None, tuple[date, ...]]:
    """Of the dates to learn from those that lie less than so many months before the last; the others as they were."""
    last = split.train[-1] if split else dates[-1]
    first = add_months(last, -months)
    if split is None:
        return None, tuple(day for day in dates if day > first)
    return replace(split, train=tuple(day for day in split.train if day > first)), dates


def _not_helped(rows: TrainingSet, request: Request) -> TrainingSet:
    """Whom a model can be judged by: everyone, or where the recipe says so only those who were not contacted."""
    if request.recipe.contacted == KEEP:
        return rows
    return rows.take(~arms_of(rows, request.target.horizon_months).helped)


def _out_of_borrower(
    rows: TrainingSet, tested: TrainingSet, book: StagedBook, request: Request, tuning: Tuning | None
) -> dict[str, NDArray[np.float64]]:
    """Log-odds of every row tested by models, tuned too, that never saw its borrower."""
    folds = request.folds or DEFAULT_FOLDS
    fold, fold_tested = (borrower_fold(part.borrower_id, folds) for part in (rows, tested))
    found: dict[str, NDArray[np.float64]] = {}
    for k in range(folds):
        outside = fold_tested == k
        if outside.any():
            stage, months = f"fold {k + 1} of {folds}", request.target.horizon_months
            learnt = learn(rows.take(fold != k), book.categories, request.recipe, months, tuning=tuning, stage=stage)
            for name, log_odds in learnt.log_odds(tested.take(outside)).items():
                found.setdefault(name, np.empty(len(tested.bad)))[outside] = log_odds
    return found
