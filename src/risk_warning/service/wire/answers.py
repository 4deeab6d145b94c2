"""Answers of the service: those of `review`, with the request's id, and the service's own.

JSON and OpenAPI page come from the same types; a type's fields are the keys of its JSON, in this order.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, TypeAdapter, with_config
from typing_extensions import TypedDict

from risk_warning.core.outcomes.target import TargetSpec
from risk_warning.core.policy import Policy
from risk_warning.core.scorecard import Scorecard
from risk_warning.model.evaluation import Evaluation
from risk_warning.model.provenance import OpeningRows
from risk_warning.review.answer import BorrowerAnswer, UnderReview
from risk_warning.review.explanation import Explanation
from risk_warning.review.path_to_safe import PathToSafe
from risk_warning.review.what_if import Case
from risk_warning.service.wire.refusals import ErrorBody


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer that the audit stores."""

    request_id: str


@dataclass(frozen=True, kw_only=True)
class ScoreAnswer(BorrowerAnswer, Answer):
    """The answer for one borrower, with the id under which the audit stores it."""

    # The fields of the last base come first.

    @classmethod
    def of(cls, request_id: str, answer: BorrowerAnswer) -> Self:
        """Return a borrower's answer with the request's id."""
        return cls(request_id=request_id, **vars(answer))


class Pictures(TypedDict):
    """A waterfall chart as SVG in each language."""

    en: str
    zh: str


@dataclass(frozen=True, kw_only=True)
class ExplainAnswer(ScoreAnswer):
    """A score with its explanation and waterfall chart; both are null if there is no score."""

    explanation: Explanation | None
    waterfall_svg: Pictures | None


@dataclass(frozen=True)
class _Changed:
    changed: Annotated[dict[str, float | int], Field(description="the other terms, as requested")]


@dataclass(frozen=True)
class AlternativeCase(Case, _Changed):
    """One of the requested alternatives."""


@dataclass(frozen=True, kw_only=True)
class WhatIfAnswer(Answer):
    """The loan as requested, its alternatives side by side, and the path to safe."""

    borrower_id: str | int
    as_of_date: date
    threshold: float
    base: Case
    alternatives: tuple[AlternativeCase, ...]
    path_to_safe: PathToSafe
    loan_under_review: UnderReview | None
    model_version: str
    policy_version: str


@dataclass(frozen=True)
class BatchItem:
    """One borrower's answer, or why there is none."""

    answer: BorrowerAnswer | None
    error: ErrorBody | None


@dataclass(frozen=True, kw_only=True)
class BatchAnswer(Answer):
    """Answers in the order of the request."""

    answers: tuple[BatchItem, ...]
    model_version: str
    policy_version: str


@dataclass(frozen=True, kw_only=True)
class TrainingWindow:
    """The rows that the model learnt from."""

    train_dates: tuple[date, ...]
    test_dates: Annotated[tuple[date, ...], Field(description="empty: a twin of the model was judged in its place")]
    data_through: Annotated[date, Field(description="last day that the book is complete for")]
    rows: int
    bads: int
    data_digest: Annotated[str, Field(description="sha256 of the book's content")]


@with_config(ConfigDict(json_schema_serialization_defaults_required=True))
@dataclass(frozen=True, kw_only=True)
class ModelAnswer:
    """The model that answers now."""

    model_version: str
    policy_version: str
    source: Annotated[str, Field(description="where it came from: a folder, or the registry's name for it")]
    serving_since: str
    challenger_version: str | None
    threshold: float
    policy: Policy
    scorecard: Scorecard
    target: TargetSpec
    horizons_months: tuple[int, ...]
    contract: Annotated[dict[str, list[str]], Field(description="table → columns the model reads")]
    features: tuple[str, ...]
    training_window: TrainingWindow
    metrics: Evaluation
    openings: Annotated[OpeningRows | None, Field(description="past openings it was trained with")]


class Health(TypedDict):
    """The state of the service."""

    status: Literal["alive", "ready"]


_KINDS: tuple[type[Answer], ...] = (ScoreAnswer, ExplainAnswer, WhatIfAnswer, BatchAnswer)
_SERIALIZERS = {kind: TypeAdapter(kind).serializer for kind in _KINDS}


def text_of(answer: Answer) -> str:
    """Return the answer as JSON text; reading a number back gives exactly the same number."""
    # A warning about a value of another type would contain the value, and nothing of a borrower belongs in a log.
    return _SERIALIZERS[type(answer)].to_json(answer, warnings=False).decode()
