"""The rows that thresholds are judged by: a model's scores on mature dates with outcomes, and its nightly scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from risk_warning.book import StagedBook
from risk_warning.core.calendar import NEVER, to_day
from risk_warning.core.economics.attributes import PRODUCT
from risk_warning.core.economics.economics import Economics
from risk_warning.core.economics.exposure import exposure, loans_reported_twice
from risk_warning.core.economics.stakes import Stakes
from risk_warning.core.outcomes.bad_events import BadEvents, event_days
from risk_warning.core.panel.builder import panel_of
from risk_warning.core.policy import may_warn
from risk_warning.errors import LabelError
from risk_warning.model.risk_model import RiskModel
from risk_warning.scoring.chunks import Advance, Chunk, over_chunks
from risk_warning.settings import ScoreSettings, Settings
from risk_warning.studies.threshold.burden import ReplayedNights
from risk_warning.studies.threshold.curve import CurveRows

WARM_UP_NIGHTS = 14
"""Nights replayed before counting begins; a warning needs `close_after_days`, 7 by default, to close."""
COUNTED_NIGHTS = 28
"""Four weeks, so that each day of the week counts equally often."""
_MOST_BORROWERS = 20_000
"""Maximum number of borrowers whose nights are replayed; of a larger book, every second, third … borrower is used."""


@dataclass(frozen=True)
class WarnableRows:
    """The rows a threshold is judged by, and how much about them is unknown."""

    rows: CurveRows
    exposure_known_ratio: float | None
    """Share of the rows whose exposure is known; None if no exposure is known."""
    outcome_unknown: int
    """Number of rows left out because their outcome is unknown."""


def warnable_rows(
    book: StagedBook,
    model: RiskModel,
    dates: Sequence[date],
    economics: Economics,
    settings: Settings,
    advance: Advance,
) -> WarnableRows:
    """Return every borrower who can be warned about, on each date, with the outcome; `dates` are in rising order.

    These are the borrowers that the model scores and who are not yet `bad_dpd` days past due. An unknown exposure
    counts as 0: such a borrower brings no benefit.

    Raises
    ------
    ContractError
        If the book lacks what the model was trained on.
    LabelError
        If nobody is scored on the dates.
    """
    products = book.categories.get(PRODUCT, ())

    def on_dates(chunk: Chunk) -> list[tuple[tuple[NDArray[Any], ...], int]]:
        reported_twice, bad_events = loans_reported_twice(chunk.rows), BadEvents.of(chunk.history, model.target.bad_dpd)
        begun = event_days(chunk.history, bad_events, dates, model.target, set(chunk.outcome_dates))
        parts = []
        for index, day in enumerate(dates):
            (scored,), (known, bad) = chunk.score(day), chunk.outcomes(day)
            can_be_warned = (scored.not_scored < 0) & may_warn(scored.days_past_due, model.target.bad_dpd)
            positions = np.flatnonzero(known & can_be_warned)
            panel = panel_of(chunk.history, day, needs=())
            exposed = exposure(panel, economics.credit_conversion_ratio, reported_twice)
            lost = exposed * economics.loss_given_default(panel.codes.get(PRODUCT), products, chunk.rows.n)
            columns = (scored.score, np.where(bad, begun[index], NEVER), scored.pd, lost, chunk.borrower)
            rows = (*(column[positions] for column in columns), np.full(len(positions), index))
            parts.append((rows, int((can_be_warned & ~known).sum())))
        return parts

    parts = [part for parts in over_chunks(book, (model,), on_dates, settings.score, advance) for part in parts]
    score, event_on, pd, lost, borrower, date_index = (
        np.concatenate(column) for column in zip(*(rows for rows, _ in parts), strict=True)
    )
    if not len(score):
        raise LabelError(f"The model scores nobody on {', '.join(map(str, dates))}; name other dates with --as-of.")
    is_known = ~np.isnan(lost)
    stakes = Stakes(
        borrower=borrower,
        date_index=date_index,
        days=np.array([to_day(day) for day in dates], np.int32),
        window_ends=np.array([to_day(model.target.window_end(day)) for day in dates], np.int32),
        event_on=event_on,
        loss_amount=np.where(is_known, lost, 0.0) / 10.0**settings.book.minor_unit_decimals,
    )
    warnable = CurveRows(stakes=stakes, score=score, pd=pd, knows_exposure=bool(is_known.any()))
    return WarnableRows(
        warnable, float(is_known.mean()) if is_known.any() else None, sum(unknown for _, unknown in parts)
    )


def nights_before(last: date, first_date: date) -> tuple[date, ...]:
    """Return the consecutive nights that end on `last`, or none if the data begin too late, on `first_date`."""
    first = last - timedelta(days=WARM_UP_NIGHTS + COUNTED_NIGHTS - 1)
    if first <= first_date:
        return ()
    return tuple(first + timedelta(days=k) for k in range(WARM_UP_NIGHTS + COUNTED_NIGHTS))


def nights_of(
    book: StagedBook,
    model: RiskModel,
    days: Sequence[date],
    call_again_days: int,
    settings: ScoreSettings,
    advance: Advance,
) -> ReplayedNights | None:
    """Return the scores of a sample of borrowers on each night, as in the nightly run; None without nights."""
    if not days:
        return None

    def on_nights(chunk: Chunk) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        nights = [chunk.score(day)[0] for day in days]
        return np.stack([night.score for night in nights]), np.stack([night.days_past_due for night in nights])

    every = -(-book.n_borrowers // _MOST_BORROWERS)
    sampled = over_chunks(book, (model,), on_nights, settings, advance, only=lambda _, borrower: borrower % every == 0)
    parts = list(sampled)
    scores = np.concatenate([score for score, _ in parts], axis=1)
    return ReplayedNights(
        scores=scores,
        days_past_due=np.concatenate([late for _, late in parts], axis=1),
        warm_up_nights=WARM_UP_NIGHTS,
        borrowers_each=book.n_borrowers / scores.shape[1],
        bad_dpd=model.target.bad_dpd,
        call_again_days=call_again_days,
    )
