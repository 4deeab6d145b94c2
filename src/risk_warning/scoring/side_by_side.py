"""Side by side: two models' scores of the same borrowers on the same dates, with what became of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from risk_warning.book import StagedBook
from risk_warning.core.calendar import NEVER, add_months
from risk_warning.core.economics.attributes import attributes
from risk_warning.core.economics.exposure import loans_told_twice
from risk_warning.core.features import Feature
from risk_warning.core.outcomes.bad_events import BadEvents, event_days
from risk_warning.core.outcomes.labels import known_and_bad
from risk_warning.core.panel.builder import panel_of
from risk_warning.core.rows import ByBorrower
from risk_warning.errors import LabelError, SettingsError
from risk_warning.learning.request import Request, as_of_dates
from risk_warning.model.risk_model import RiskModel, Scored
from risk_warning.scoring.pair import Pair

Floats = NDArray[np.float64]
Advance = Callable[[int], None]
_SAMPLED_ROWS = 50_000
"""Rows whose features are kept: a PSI of so many is known to 0.001, and memory stays flat."""


@dataclass(frozen=True)
class SideBySide:
    """One row a borrower and date that both models score; arrays of shape (n,), in order of borrowers and dates."""

    dates: tuple[date, ...]
    only_a: int
    """Rows that A scores and B does not."""
    only_b: int
    outcome_unknown: int
    """Rows that both score and whose outcome nobody knows; they are not among the n."""
    features: tuple[Feature, ...]
    """What both models read."""
    values: NDArray[np.float32]
    """Their values on a sample of the rows, shape (rows, features); of a category its position in the book's."""
    read_by_b: NDArray[np.float32]
    """What B's trees read of the same sample, shape (rows, B's features), category features encoded."""
    sampled: NDArray[np.int64]
    """Where each row of the sample stands in the arrays of shape (n,)."""
    attributes: dict[str, Floats]
    """As `core.attributes` tells them, of every row."""
    date_index: NDArray[np.int64]
    borrower: NDArray[np.int64]
    """Number of the borrower in the book, in order of ids."""
    bad: NDArray[np.bool_]
    event_on: NDArray[np.int32]
    """First day of the bad event the row precedes, as `core.bad_events` tells it; `NEVER` where good."""
    pd_a: Floats
    pd_b: Floats
    score_a: Floats
    score_b: Floats
    record_periods: NDArray[np.int32]
    """Months of history with a record."""
    borrower_id: NDArray[Any]


def check_targets(a: RiskModel, b: RiskModel) -> None:
    """Nothing comes back; `SettingsError` where the two do not predict the same thing."""
    for name, meaning in (
        ("horizon_months", "months of the outcome window"),
        ("bad_dpd", "days past due that are bad"),
        ("dpd_tolerance_ratio", "share of an instalment that may stay unpaid"),
    ):
        of_a, of_b = getattr(a.target, name), getattr(b.target, name)
        if of_a != of_b:
            raise SettingsError(
                f"The models have different targets: {name} ({meaning}) is {of_a:g} for A and {of_b:g} for B; compare "
                "models of one target, or train one of them anew with the other's."
            )


def untrained_from(model: RiskModel) -> date:
    """First day on which nothing the model learnt from was still to come: its first test date, where it has some."""
    tested: list[str] = model.about["test_dates"]
    if tested:
        return date.fromisoformat(tested[0])
    return add_months(date.fromisoformat(model.about["train_dates"][-1]), model.target.horizon_months)


def unlearnt_dates(book: StagedBook, models: Sequence[RiskModel], asked: Sequence[date]) -> tuple[date, ...]:
    """The dates asked for, checked, rising; with none asked for, the last mature month no model learnt from.

    The models have one target.

    Raises
    ------
    AsOfDateError
        A date asked for lies outside the data.
    LabelError
        What followed a date asked for is not known yet, or no mature month is left.
    """
    target = models[0].target
    if asked:
        return tuple(as_of_dates(book, Request(target=target, as_of_date=day))[0] for day in sorted(set(asked)))
    last, start = as_of_dates(book, Request(target=target))[-1], max(untrained_from(model) for model in models)
    if last < start:
        nobody = {1: "the model did not learn", 2: "neither model learnt"}.get(len(models), "none of the models learnt")
        raise LabelError(
            f"There is no mature month from which {nobody}: the last one of the book is {last}, and what was learnt "
            f"from happened before {start}. Bring more months, or name dates with --as-of."
        )
    return (last,)


def score_both(
    book: StagedBook,
    a: RiskModel,
    b: RiskModel,
    dates: Sequence[date],
    credit_conversion_ratio: float,
    borrowers_per_chunk: int,
    advance: Advance,
) -> SideBySide:
    """Every borrower both models score, on every date, with the outcome; neither chunks nor threads change a bit.

    `dates` rise; `credit_conversion_ratio` is the share of an undrawn limit that counts as exposed.

    Raises
    ------
    ContractError
        The book lacks what one of the models was trained on.
    """
    pair = Pair.on(book, a, b)
    outcome_dates = set(book.outcome_dates)
    shared = tuple(feature for feature in a.features if feature.name in set(b.feature_names))
    stride = -(-book.n_borrowers * len(dates) // _SAMPLED_ROWS)
    parts: list[tuple[NDArray[Any], ...]] = []
    told: list[dict[str, Floats]] = []
    samples: list[tuple[NDArray[np.float32], NDArray[np.float32]]] = []
    only_a = only_b = outcome_unknown = low = 0
    for rows in book.chunks(borrowers_per_chunk):
        history = book.history(rows, a.target.dpd_tolerance_ratio)
        told_twice, reading = loans_told_twice(rows), pair.reading(rows)
        begun = event_days(history, BadEvents.of(history, a.target.bad_dpd), dates, a.target, outcome_dates)
        for index, day in enumerate(dates):
            by_a, by_b = reading.score(day)
            known, bad = known_and_bad(history, day, a.target, outcome_dates)
            scored_a, scored_b = by_a.not_scored < 0, by_b.not_scored < 0
            in_a, in_b = known & scored_a, known & scored_b
            only_a, only_b = only_a + int((in_a & ~in_b).sum()), only_b + int((in_b & ~in_a).sum())
            found = np.flatnonzero(in_a & in_b)
            outcome_unknown += int((~known & scored_a & scored_b).sum())
            figures = (by_a.pd, by_b.pd, by_a.score, by_b.score, by_a.record_periods, rows.borrower_id)
            known_then = attributes(panel_of(history, day, needs=()), credit_conversion_ratio, told_twice)
            told.append({name: values[found] for name, values in known_then.items()})
            drawn = (found + low) % stride == 0
            event_on = np.where(bad, begun[index], NEVER)[found]
            whose = np.full(len(found), index), found + low, bad[found], event_on
            parts.append((*whose, *(figure[found] for figure in figures), drawn))
            samples.append((_values(by_a, a, shared)[found[drawn]], by_b.x[found[drawn]]))
        low += rows.n
        advance(rows.n)
    columns: list[NDArray[Any]] = [np.concatenate(column) for column in zip(*parts, strict=True)]
    order = np.lexsort((columns[0], columns[1]))
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    sampled = place[np.flatnonzero(columns.pop())]
    # In the order of the rows, whatever the chunks they came in.
    in_order = np.argsort(sampled)
    sampled = sampled[in_order]
    values, read_by_b = (np.concatenate(part)[in_order] for part in zip(*samples, strict=True))
    told_of = {name: np.concatenate([part[name] for part in told])[order] for name in told[0]}
    figures_of = (column[order] for column in columns)
    left_out = only_a, only_b, outcome_unknown
    return SideBySide(tuple(dates), *left_out, shared, values, read_by_b, sampled, told_of, *figures_of)


def points_of(
    book: StagedBook,
    model: RiskModel,
    borrower: NDArray[np.int64],
    day: NDArray[np.int64],
    dates: Sequence[date],
    borrowers_per_chunk: int,
    advance: Advance,
) -> tuple[Floats, NDArray[np.bool_]]:
    """Points each feature adds to the scores of some rows: who, and which of the dates; and where its value is missing.

    Both are of shape (rows, features).
    """
    observed = model.observed_in(book)
    points = np.empty((len(borrower), len(model.features)))
    is_missing = np.empty(points.shape, np.bool_)
    for low in range(0, book.n_borrowers, borrowers_per_chunk):
        high = min(low + borrowers_per_chunk, book.n_borrowers)
        inside = (borrower >= low) & (borrower < high)
        advance(high - low)
        if not inside.any():
            continue
        chunk = ByBorrower.of(book.rows(low, high))
        for index in np.unique(day[inside]):
            rows = np.flatnonzero(inside & (day == index))
            rows = rows[np.argsort(borrower[rows])]
            few = chunk.select(borrower[rows] - low)
            x = model.score(few, observed, dates[index]).x
            points[rows], is_missing[rows] = model.points(x)[:, :-1], np.isnan(x)
    return points, is_missing


def _values(scored: Scored, model: RiskModel, shared: Sequence[Feature]) -> NDArray[np.float32]:
    """Values of the shared features as the book has them, shape (borrowers, features)."""
    categories = [feature.name for feature in model.category_features]
    columns = [
        scored.codes[:, categories.index(feature.name)]
        if feature.is_category
        else scored.x[:, model.feature_names.index(feature.name)]
        for feature in shared
    ]
    return np.stack(columns, axis=1) if columns else np.empty((len(scored.x), 0), np.float32)
