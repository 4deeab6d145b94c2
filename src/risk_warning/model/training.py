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
from risk_warning.core.calendar import add_months, monthly
from risk_warning.core.evaluation import evaluate
from risk_warning.core.horizons import Horizons
from risk_warning.core.policy import Policy
from risk_warning.core.scorecard import Scorecard, probability
from risk_warning.core.splits import OutOfTime, borrower_fold, out_of_time, spread_over_month
from risk_warning.core.target import TargetSpec
from risk_warning.errors import AsOfDateError, LabelError, SettingsError
from risk_warning.model.about import about
from risk_warning.model.fit import Fitted, encode, fit
from risk_warning.model.folder import assemble
from risk_warning.model.horizons import fit_horizons
from risk_warning.model.judging import OUT_OF_TIME, judged
from risk_warning.model.risk_model import RiskModel
from risk_warning.model.sides import Sides
from risk_warning.model.training_set import TrainingSet, training_set
from risk_warning.settings import Settings

SEED = 20240101


@dataclass(frozen=True, kw_only=True)
class Request:
    """What to train: either one as-of date or a range of months; neither means all mature months."""

    target: TargetSpec
    as_of_date: date | None = None
    first: date | None = None
    last: date | None = None
    folds: int | None = None
    with_openings: bool = False
    """Whether to learn from past loan openings too."""
    horizons_months: tuple[int, ...] = (2, 3, 6)
    """Windows to answer for beside that of the target, where the book's months allow."""

    def horizon_too_short(self, *, derived: bool) -> bool:
        """Whether nobody current can turn bad in the window, by derived outcomes."""
        return derived and self.target.horizon_months * 30 <= self.target.bad_dpd


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
    book: StagedBook, settings: Settings, request: Request, advance: Callable[[int], None] | None = None
) -> Trained:
    """A judged model of the book.

    Raises
    ------
    AsOfDateError
        The as-of date lies outside the data.
    LabelError
        No mature date, a single class, or too few bads.
    """
    spec, chosen = request.target, features.supported(book.observed, settings.book.never_modelled)
    dates = as_of_dates(book, request)
    split = None if request.folds or len(dates) == 1 else out_of_time(dates, spec.horizon_months)
    given = set(book.outcome_dates)
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
    if split:
        # A borrower who opened a loan the day before an ordinary date has that row already.
        opened_on = sorted(set(sides.learn_on(rows.dates)) - set(split.train))
        learnt = rows.take(rows.on(split.train) | rows.on(opened_on, at_openings=True))
        tested = rows.take(rows.on(split.test))
        fitted, unseen = _fit(learnt, book)
        scheme, log_odds, until = OUT_OF_TIME, _log_odds(fitted, tested, book), split.test[0]
        if not 0 < tested.bad.sum() < len(tested.bad):
            raise LabelError(
                f"The {len(tested.bad):,} rows kept for testing ({split.test[0]} to {split.test[-1]}) are all of one "
                "class; give more dates or a larger book."
            )
    else:
        learnt, tested, scheme = rows, rows, "out-of-borrower"
        log_odds = _out_of_borrower(rows, book, request.folds or 5)
        fitted, unseen = _fit(rows, book)
        until = book.data_through + timedelta(days=1)
    horizons = Horizons.only(spec.horizon_months)
    left_out: dict[str, str] = {}
    if not given:
        horizons, left_out = fit_horizons(learnt, unseen, request.horizons_months, spec.horizon_months, until)
    encoded = encode(learnt.x, chosen, fitted.codes, book.categories)
    scale = settings.score
    scorecard = Scorecard(base_score=scale.base_score, base_odds_good_bad=scale.base_odds_good_bad, pdo=scale.pdo)
    # The threshold is the night's: whom openings add to the rows learnt from does not move it.
    scores = scorecard.score(fitted.log_odds(encoded[~learnt.at_opening]))
    evaluation = judged(scheme, tested, log_odds, horizons, spec.min_history, book)
    if request.with_openings:
        reviewed = rows.take(rows.on(sides.judge_on(rows.dates), at_openings=True))
        evaluation["openings"] = evaluate(reviewed.bad, probability(_log_odds(fitted, reviewed, book)))
    model_about = about(
        book,
        settings,
        train_dates=learn_from,
        test_dates=split.test if split else (),
        learnt=learnt,
        evaluation=evaluation,
        horizons_left_out=left_out,
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
    return Trained(model, tested, probability(log_odds), learnt, encoded)


def as_of_dates(book: StagedBook, request: Request) -> tuple[date, ...]:
    """The dates asked for, checked; with none asked for, every mature month the book has, on its first day."""
    spec, given = request.target, book.outcome_dates
    if request.horizon_too_short(derived=not given):
        raise SettingsError(
            f"Within {spec.horizon_months} month(s) nobody current can reach {spec.bad_dpd} days past due; give a "
            "longer --horizon-months, or bring a table outcomes."
        )
    if request.as_of_date is not None:
        day = request.as_of_date
        if not book.first_date < day or (day - book.data_through).days > 1:
            raise AsOfDateError(
                f"The as-of date {day} lies outside the data, which goes from {book.first_date} through "
                f"{book.data_through}; choose one in between."
            )
        if given and day not in given:
            raise LabelError(f"The table outcomes has no row for {day}; it has {', '.join(map(str, given[:6]))}.")
        if not given and not spec.is_mature(day, book.data_through):
            raise LabelError(
                f"What happened in the {spec.horizon_months} month(s) from {day} is not known yet: the data end on "
                f"{book.data_through}. Choose an earlier date."
            )
        return (day,)
    start = request.first or add_months(book.first_date.replace(day=1), spec.min_history)
    grid = given or monthly(start, book.data_through)
    dates = tuple(
        day
        for day in grid
        if day >= start
        and (request.last is None or day <= request.last)
        and day > book.first_date
        and (given or spec.is_mature(day, book.data_through))
    )
    if not dates:
        raise LabelError(
            f"The book has no mature month: its data end on {book.data_through} and an outcome takes "
            f"{spec.horizon_months} month(s) after at least {spec.min_history} of history. Bring more months."
        )
    return dates


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


def _fit(rows: TrainingSet, book: StagedBook) -> tuple[Fitted, NDArray[np.float64]]:
    return fit(rows.x, rows.bad, rows.borrower_id, rows.features, book.categories)


def _log_odds(fitted: Fitted, rows: TrainingSet, book: StagedBook) -> NDArray[np.float64]:
    return fitted.log_odds(encode(rows.x, rows.features, fitted.codes, book.categories))


def _out_of_borrower(rows: TrainingSet, book: StagedBook, folds: int) -> NDArray[np.float64]:
    fold = borrower_fold(rows.borrower_id, folds)
    log_odds = np.empty(len(rows.bad))
    for k in range(folds):
        outside = fold == k
        if outside.any():
            fitted, _ = _fit(rows.take(~outside), book)
            log_odds[outside] = _log_odds(fitted, rows.take(outside), book)
    return log_odds
