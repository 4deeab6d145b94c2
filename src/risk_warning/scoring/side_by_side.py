"""Side by side: two models' scores of the same borrowers on the same dates, with the outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from risk_warning.book import StagedBook
from risk_warning.core.calendar import NEVER, add_months
from risk_warning.core.economics.attributes import attributes
from risk_warning.core.economics.exposure import loans_reported_twice
from risk_warning.core.features import Feature
from risk_warning.core.outcomes.bad_events import BadEvents, event_days
from risk_warning.core.panel.builder import panel_of
from risk_warning.core.rows import ByBorrower
from risk_warning.errors import LabelError, SettingsError
from risk_warning.learning.request import Request, as_of_dates
from risk_warning.model.risk_model import RiskModel, Scored
from risk_warning.scoring.chunks import Advance, Chunk, over_chunks
from risk_warning.settings import ScoreSettings

Floats = NDArray[np.float64]
_SAMPLED_ROWS = 50_000
"""Rows whose features are kept: so many give a PSI to within 0.001, and memory use stays constant."""


@dataclass(frozen=True)
class SideBySide:
    """The borrowers and dates that both models score, one row each.

    Arrays have shape (n,) and are in order of borrowers and dates.
    """

    dates: tuple[date, ...]
    only_a: int
    """Rows that A scores and B does not."""
    only_b: int
    outcome_unknown: int
    """Rows that both score and whose outcome is not known; they are not among the n."""
    features: tuple[Feature, ...]
    """Features that both models read."""
    values: NDArray[np.float32]
    """Values of `features` on a sample of the rows, shape (rows, features); categories as the book's codes."""
    read_by_b: NDArray[np.float32]
    """Values that B's trees read on the same sample, shape (rows, B's features), category features encoded."""
    sampled: NDArray[np.int64]
    """Position of each row of the sample in the arrays of shape (n,)."""
    attributes: dict[str, Floats]
    """Attributes of every row, from `core.economics.attributes`."""
    date_index: NDArray[np.int64]
    borrower: NDArray[np.int64]
    """Number of the borrower in the book, in order of ids."""
    bad: NDArray[np.bool_]
    event_on: NDArray[np.int32]
    """First day of the bad event that the row precedes, from `core.outcomes.bad_events`; `NEVER` if good."""
    pd_a: Floats
    pd_b: Floats
    score_a: Floats
    score_b: Floats
    record_periods: NDArray[np.int32]
    """Months of history with a record."""
    borrower_id: NDArray[Any]


@dataclass(frozen=True)
class _Part:
    """The rows of one chunk on one date."""

    only_a: int
    only_b: int
    outcome_unknown: int
    columns: tuple[NDArray[Any], ...]
    attributes: dict[str, Floats]
    values: NDArray[np.float32]
    read_by_b: NDArray[np.float32]


def check_targets(a: RiskModel, b: RiskModel) -> None:
    """Raise `SettingsError` if the two models do not predict the same thing."""
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
    """Return the first day by which all that the model learnt from had happened: its first test date, if it has any."""
    if model.provenance.test_dates:
        return model.provenance.test_dates[0]
    return add_months(model.provenance.train_dates[-1], model.target.horizon_months)


def unlearnt_dates(book: StagedBook, models: Sequence[RiskModel], requested: Sequence[date]) -> tuple[date, ...]:
    """Return the requested dates, checked and ascending.

    Without a request, return the last mature month from which no model learnt. The models have the same target.

    Raises
    ------
    AsOfDateError
        A requested date is outside the data.
    LabelError
        The outcome of a requested date is not known yet, or no mature month is left.
    """
    target = models[0].target
    if requested:
        return tuple(as_of_dates(book, Request(target=target, as_of_date=day))[0] for day in sorted(set(requested)))
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
    settings: ScoreSettings,
    advance: Advance,
) -> SideBySide:
    """Return every borrower that both models score, on every date, with the outcome.

    Chunks and threads do not change the result by a bit. `dates` ascend; `credit_conversion_ratio` is the share of an
    undrawn limit that counts as exposed.

    Raises
    ------
    ContractError
        The book lacks something that one of the models was trained on.
    """
    shared = tuple(feature for feature in a.features if feature.name in set(b.feature_names))
    stride = -(-book.n_borrowers * len(dates) // _SAMPLED_ROWS)

    def on_dates(chunk: Chunk) -> list[_Part]:
        reported_twice = loans_reported_twice(chunk.rows)
        bad_events = BadEvents.of(chunk.history, a.target.bad_dpd)
        begun = event_days(chunk.history, bad_events, dates, a.target, set(chunk.outcome_dates))
        parts = []
        for index, day in enumerate(dates):
            (by_a, by_b), (known, bad) = chunk.score(day), chunk.outcomes(day)
            scored_a, scored_b = by_a.not_scored < 0, by_b.not_scored < 0
            in_a, in_b = known & scored_a, known & scored_b
            in_both = np.flatnonzero(in_a & in_b)
            figures = (by_a.pd, by_b.pd, by_a.score, by_b.score, by_a.record_periods, chunk.rows.borrower_id)
            known_then = attributes(panel_of(chunk.history, day, needs=()), credit_conversion_ratio, reported_twice)
            borrower = chunk.borrower[in_both]
            drawn = borrower % stride == 0
            event_on = np.where(bad, begun[index], NEVER)[in_both]
            parts.append(
                _Part(
                    only_a=int((in_a & ~in_b).sum()),
                    only_b=int((in_b & ~in_a).sum()),
                    outcome_unknown=int((~known & scored_a & scored_b).sum()),
                    columns=(
                        *(np.full(len(in_both), index), borrower, bad[in_both], event_on),
                        *(figure[in_both] for figure in figures),
                        drawn,
                    ),
                    attributes={name: values[in_both] for name, values in known_then.items()},
                    values=_values(by_a, a, shared)[in_both[drawn]],
                    read_by_b=by_b.x[in_both[drawn]],
                )
            )
        return parts

    parts = [part for parts in over_chunks(book, (a, b), on_dates, settings, advance) for part in parts]
    columns: list[NDArray[Any]] = [np.concatenate(column) for column in zip(*(p.columns for p in parts), strict=True)]
    order = np.lexsort((columns[0], columns[1]))
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    sampled = place[np.flatnonzero(columns.pop())]
    # Sort by row, so that the order does not depend on the chunks.
    in_order = np.argsort(sampled)
    sampled = sampled[in_order]
    values = np.concatenate([part.values for part in parts])[in_order]
    read_by_b = np.concatenate([part.read_by_b for part in parts])[in_order]
    attribute_values = {
        name: np.concatenate([part.attributes[name] for part in parts])[order] for name in parts[0].attributes
    }
    figures_of = (column[order] for column in columns)
    only_a, only_b = sum(part.only_a for part in parts), sum(part.only_b for part in parts)
    left_out = only_a, only_b, sum(part.outcome_unknown for part in parts)
    return SideBySide(tuple(dates), *left_out, shared, values, read_by_b, sampled, attribute_values, *figures_of)


def points_of(
    book: StagedBook,
    model: RiskModel,
    borrower: NDArray[np.int64],
    day: NDArray[np.int64],
    dates: Sequence[date],
    borrowers_per_chunk: int,
    advance: Advance,
) -> tuple[Floats, NDArray[np.bool_]]:
    """Return (points that each feature adds to the scores of some rows, whether its value is missing).

    `borrower` and `day` are the borrower and the index of the date of each row. Both results have shape (rows,
    features).
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
    """Return the values of the shared features as in the book, shape (borrowers, features)."""
    categories = [feature.name for feature in model.category_features]
    columns = [
        scored.codes[:, categories.index(feature.name)]
        if feature.is_category
        else scored.x[:, model.feature_names.index(feature.name)]
        for feature in shared
    ]
    return np.stack(columns, axis=1) if columns else np.empty((len(scored.x), 0), np.float32)
