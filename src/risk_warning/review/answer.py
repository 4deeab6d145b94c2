"""The answer about one borrower: PD, score, band and reasons, or why there is no score, and what it is based on.

The fields of the types that `review` returns are the keys of their JSON, and their descriptions those of the OpenAPI
page.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from pydantic import Field

from risk_warning.core.outcomes.target import NotScored
from risk_warning.core.policy import Band
from risk_warning.model.explain.reasons_in_words import ScoreReason
from risk_warning.stats.evaluation import HistoryBand
from risk_warning.watchlist.between_nights import Outcome as WarningOutcome


@dataclass(frozen=True)
class HistoryBasis:
    """The history on which the answer is based."""

    periods: Annotated[int, Field(description="months of the last 24 with a record")]
    is_thin: Annotated[bool, Field(description="fewer than six months")]
    calibration: Annotated[HistoryBand | None, Field(description="of such histories; null where not measured")]


@dataclass(frozen=True)
class HorizonPd:
    """The probability of turning bad within a window."""

    months: int
    pd: float


@dataclass(frozen=True)
class UnknownValue:
    """A value unknown to the model: such an event is not read, and such a category counts as the population."""

    field: Annotated[str, Field(description="table.column")]
    value: str


@dataclass(frozen=True)
class UnderReview:
    """How the loan under review was treated."""

    counted_as_opened: bool
    model_has_seen_openings: Annotated[bool, Field(description="whether it was trained with past openings")]


@dataclass(frozen=True, kw_only=True)
class BorrowerAnswer:
    """A borrower's PD, score, band and reasons, or why there is no score."""

    borrower_id: str | int
    as_of_date: date
    pd: Annotated[float | None, Field(description="probability of turning bad, 0–1")]
    score: Annotated[float | None, Field(description="points, higher is safer")]
    band: Band | None
    below_threshold: bool | None
    pd_by_horizon: Annotated[tuple[HorizonPd, ...], Field(description="the PD of a longer window is never lower")]
    expected_months_to_overdue: Annotated[
        float | None, Field(description="mean number of the longest window's months that pass before turning bad")
    ]
    threshold: Annotated[float, Field(description="the safety threshold, points: a score below it calls for a warning")]
    reasons: tuple[ScoreReason, ...]
    not_scored: NotScored | None
    history: HistoryBasis
    empty_columns: Annotated[
        tuple[str, ...], Field(description="columns that the model reads and that are empty in all rows")
    ]
    unknown_values: Annotated[
        tuple[UnknownValue, ...], Field(description="kinds of events and categories the model has not learnt from")
    ]
    outside_training_range: Annotated[
        tuple[str, ...],
        Field(description="features with values outside the range of the training rows: trust the PD less"),
    ]
    loan_under_review: UnderReview | None
    warning: Annotated[WarningOutcome | None, Field(description="the outcome for a warning; null if none was due")]
    model_version: str
    policy_version: str
