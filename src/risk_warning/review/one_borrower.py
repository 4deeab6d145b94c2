"""One borrower: a question with the borrower's rows, and the answer, with the same score as the nightly run."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from risk_warning.book.records import Records, rows_of
from risk_warning.core.calendar import to_day
from risk_warning.core.observed import Observed
from risk_warning.core.outcomes.target import REASONS
from risk_warning.core.policy import Policy
from risk_warning.core.reach import PAYMENTS, Reach
from risk_warning.core.rows import Rows
from risk_warning.errors import RequestError
from risk_warning.model.explain.feature_values import FeatureValues
from risk_warning.model.explain.reasons_in_words import ScoreReason, reasons_in_words
from risk_warning.model.risk_model import RiskModel, Scored
from risk_warning.review.answer import (
    BorrowerAnswer,
    HistoryBasis,
    HorizonPd,
    UnderReview,
    UnknownValue,
)
from risk_warning.review.under_review import LoanUnderReview, with_loan
from risk_warning.review.what_if import outcome_of
from risk_warning.settings import BookSettings

THIN_MONTHS = 6
"""A history with a record in fewer months than this is thin."""
MOST_UNKNOWN = 20
"""Maximum number of unknown values in the answer."""
_NO_TABLE = "is missing, but the model reads it; send it, or an empty list if the borrower has no rows in it"


@dataclass(frozen=True)
class Question:
    """A request to score one borrower, with the borrower's rows."""

    borrower_id: str | int
    as_of_date: date
    records: Records
    set_aside: bool = False
    """Whether a row of the borrower could not be read, so that the history is incomplete."""
    loan: LoanUnderReview | None = None
    payments_through: date | None = None
    """Last day with known payments, if before the as-of date; instalments due later do not count as late."""

    def observed_by(self, model: RiskModel) -> Observed:
        """Return what the model may read of the rows."""
        if self.payments_through is None:
            return model.observed
        return replace(model.observed, reach=Reach(given={PAYMENTS: to_day(self.payments_through)}))


@dataclass(frozen=True)
class Examined:
    """A question with a model's score."""

    question: Question
    model: RiskModel
    policy: Policy
    rows: Rows
    """Including the loan under review."""
    scored: Scored
    """The score of this one borrower."""
    decimals: int
    """Decimals of the currency's minor unit."""

    @property
    def is_scored(self) -> bool:
        """Whether there is a score."""
        return bool(self.scored.not_scored[0] < 0)


def rows_for(question: Question, model: RiskModel, settings: BookSettings) -> Rows:
    """Return the borrower's rows as the model reads them, without the loan under review.

    Raises
    ------
    RequestError
        If a table the model reads is missing, or a row cannot be used.
    """
    for table, field in (("borrowers", "profile"), *((t, t) for t in sorted(model.observed.columns) if t in _ROWS)):
        if table in model.observed.columns and table not in question.records:
            raise RequestError(_NO_TABLE, field)
    if not {"instalments", "statements"} & set(question.records):
        raise RequestError(_NO_TABLE.replace("the model reads it; ", ""), "instalments")
    rows = rows_of(question.borrower_id, question.records, model.observed, settings)
    return replace(rows, set_aside=np.array([True])) if question.set_aside else rows


_ROWS = ("loans", "instalments", "statements", "events")


def examine(question: Question, model: RiskModel, policy: Policy, settings: BookSettings) -> Examined:
    """Score the borrower, with the loan under review counted as opened.

    Raises
    ------
    RequestError
        If the borrower's rows cannot be used.
    """
    rows = rows_for(question, model, settings)
    if question.loan is not None:
        rows = with_loan(rows, question.loan, question.as_of_date, model.observed)
    observed, waive = question.observed_by(model), question.loan is not None
    scored = model.score(rows, observed, question.as_of_date, waive_open_loan=waive)
    if question.set_aside and not question.records["borrowers"]:
        # Their only row of `borrowers` cannot be read, so none of their other rows can: report that as the reason.
        scored = replace(scored, not_scored=np.array([REASONS.index("rows_set_aside")], np.int8))
    return Examined(question, model, policy, rows, scored, settings.minor_unit_decimals)


def answer(examined: Examined) -> BorrowerAnswer:
    """Return PD, score, band and reasons, or why there is no score; and what the answer is based on."""
    question, model, policy, scored = examined.question, examined.model, examined.policy, examined.scored
    outcome, is_scored = outcome_of(scored, 0, policy), examined.is_scored
    return BorrowerAnswer(
        borrower_id=question.borrower_id,
        as_of_date=question.as_of_date,
        pd=outcome.pd,
        score=outcome.score,
        band=outcome.band,
        below_threshold=outcome.below_threshold,
        pd_by_horizon=by_horizon(examined),
        expected_months_to_overdue=float(scored.expected_months_to_overdue[0]) if is_scored else None,
        threshold=policy.threshold,
        reasons=_reasons(examined) if is_scored else (),
        not_scored=outcome.not_scored,
        history=_history(int(scored.record_periods[0]), model),
        empty_columns=empty_columns(question.records, model),
        unknown_values=unknown_values(examined.rows, model),
        outside_training_range=tuple(model.outside_training_range(scored.x[0])) if is_scored else (),
        loan_under_review=None if question.loan is None else under_review(model),
        warning=None,
        model_version=model.version,
        policy_version=policy.version,
    )


def by_horizon(examined: Examined) -> tuple[HorizonPd, ...]:
    """Return the PD within each window of the model, shortest first; empty if there is no score."""
    pds = examined.scored.pd_by_horizon[0].tolist() if examined.is_scored else ()
    return tuple(map(HorizonPd, examined.model.horizons.months, pds))


def under_review(model: RiskModel) -> UnderReview:
    """Return how the loan under review was treated, and whether the model has learnt from such cases."""
    return UnderReview(counted_as_opened=True, model_has_seen_openings=model.provenance.openings is not None)


def empty_columns(records: Records, model: RiskModel) -> tuple[str, ...]:
    """Return each `table.column` the model reads that is empty in all rows of a table with rows, sorted."""
    columns = []
    for table, rows in records.items():
        if not rows:
            continue
        for name in model.observed.columns.get(table, frozenset()) - _IDS:
            for row in rows:
                if row.get(name) is not None:
                    break
            else:
                columns.append(f"{table}.{name}")
    return tuple(sorted(columns))


_IDS = {"borrower_id", "loan_id"}


def unknown_values(rows: Rows, model: RiskModel) -> tuple[UnknownValue, ...]:
    """Return event kinds and category values that the model has not learnt from, the first `MOST_UNKNOWN`, sorted.

    The model ignores such an event, and gives such a value the code of the whole population.
    """
    known: dict[str, Collection[str]] = {"events.kind": model.observed.event_kinds}
    for feature in model.category_features:
        known[feature.needs[0]] = model.fitted.codes[feature.name].codes
    unknown = [
        UnknownValue(place, value)
        for place, values in rows.categories.items()
        if place in known
        for value in values
        if value not in known[place]
    ]
    return tuple(sorted(unknown, key=lambda one: (one.field, one.value))[:MOST_UNKNOWN])


def _reasons(examined: Examined) -> tuple[ScoreReason, ...]:
    model, scored = examined.model, examined.scored
    values = FeatureValues.of(model, examined.rows, scored)
    return reasons_in_words(model.reasons(scored.x), 0, values, examined.decimals)


def _history(periods: int, model: RiskModel) -> HistoryBasis:
    bands = model.provenance.evaluation.by_history
    of_such = [b for b in bands if b.from_months <= periods <= (b.to_months or periods) and b.n]
    return HistoryBasis(periods, periods < THIN_MONTHS, of_such[0] if of_such else None)
