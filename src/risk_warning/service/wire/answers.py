"""Answer types, for the OpenAPI page. The answers themselves are plain dicts of these shapes."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field
from typing_extensions import TypedDict

from risk_warning.service.wire.refusals import ErrorBody

Band = Literal["red", "orange", "yellow", "green"]
NotScored = Literal["no_open_loan", "past_due", "on_plan", "written_off", "too_little_history", "rows_set_aside"]


class Words(TypedDict):
    """A text in both languages."""

    en: str
    zh: str


class Reason(TypedDict):
    """One of the reasons that cost the borrower the most points."""

    code: Annotated[
        str,
        Field(description="what the reason is about; a code of its own, mostly `…_unknown`, where values are missing"),
    ]
    text: Annotated[Words, Field(description="what the leading feature's value says, or that there is none")]
    points: Annotated[
        float,
        Field(description="points of the score, negative: the sum over all features whose `reason` is this code"),
    ]
    feature: Annotated[str, Field(description="the reason's leading feature, the one that costs most")]
    feature_points: Annotated[
        float, Field(description="the leading feature's own points, a part of `points`; as among `contributions`")
    ]
    value: Annotated[float | str | None, Field(description="the feature's value in its own unit, null: not observed")]


class CalibrationShown(TypedDict):
    """The calibration of PDs of borrowers with this much history, measured out of time."""

    from_months: int
    to_months: int | None
    n: int
    bads: int
    predicted: float
    observed: float
    observed_over_expected: float | None


class HistoryShown(TypedDict):
    """The history on which the answer is based."""

    periods: Annotated[int, Field(description="months of the last 24 with a record")]
    is_thin: Annotated[bool, Field(description="fewer than six months")]
    calibration: Annotated[CalibrationShown | None, Field(description="of such histories; null where not measured")]


class HorizonPd(TypedDict):
    """The probability of turning bad within a window."""

    months: int
    pd: float


class UnknownValue(TypedDict):
    """A value unknown to the model: such an event is not read, and such a category counts as the population."""

    field: Annotated[str, Field(description="table.column")]
    value: str


class UnderReview(TypedDict):
    """How the loan under review was treated."""

    counted_as_opened: bool
    model_has_seen_openings: Annotated[bool, Field(description="whether it was trained with past openings")]


class BorrowerAnswer(TypedDict):
    """A borrower's PD, score, band and reasons, or why there is no score."""

    borrower_id: str | int
    as_of_date: date
    pd: Annotated[float | None, Field(description="probability of turning bad, 0–1")]
    score: Annotated[float | None, Field(description="points, higher is safer")]
    band: Band | None
    below_threshold: bool | None
    pd_by_horizon: Annotated[list[HorizonPd], Field(description="a longer window is never the safer")]
    expected_months_to_overdue: Annotated[
        float | None, Field(description="mean number of the longest window's months that pass before turning bad")
    ]
    threshold: Annotated[float, Field(description="the safety threshold, points: a score below it calls for a warning")]
    reasons: list[Reason]
    not_scored: NotScored | None
    history: HistoryShown
    empty_columns: Annotated[list[str], Field(description="columns the model reads and no row held")]
    unknown_values: Annotated[
        list[UnknownValue], Field(description="kinds of events and categories the model has not learnt from")
    ]
    outside_training_range: Annotated[
        list[str], Field(description="features whose values no row the model learnt from reached: trust the PD less")
    ]
    loan_under_review: UnderReview | None
    warning: Annotated[
        Literal["opened", "already_open", "as_of_date_too_old"] | None,
        Field(description="what became of a warning; null where none was due"),
    ]
    model_version: str
    policy_version: str


class ScoreAnswer(BorrowerAnswer):
    """The answer for one borrower, with the id under which the audit stores it."""

    request_id: str


class BatchItem(TypedDict):
    """One borrower's answer, or why there is none."""

    answer: BorrowerAnswer | None
    error: ErrorBody | None


class BatchAnswer(TypedDict):
    """Answers in the order of the request."""

    request_id: str
    answers: list[BatchItem]
    model_version: str
    policy_version: str


class ModelAnswer(TypedDict):
    """The model that answers now."""

    model_version: str
    policy_version: str
    source: Annotated[str, Field(description="where it came from: a folder, or the registry's name for it")]
    serving_since: str
    challenger_version: str | None
    threshold: float
    policy: dict[str, float]
    scorecard: dict[str, float]
    target: dict[str, Any]
    horizons_months: list[int]
    contract: Annotated[dict[str, list[str]], Field(description="table → columns the model reads")]
    features: list[str]
    training_window: dict[str, Any]
    metrics: dict[str, Any]
    openings: Annotated[dict[str, int] | None, Field(description="past openings it was trained with")]


class Health(TypedDict):
    """The state of the service."""

    status: Literal["alive", "ready"]


class Typical(TypedDict, total=False):
    """Values in the training rows: percentiles of a number, shares of a category's values."""

    p5: float | None
    p25: float | None
    p50: float | None
    p75: float | None
    p95: float | None
    min: float | None
    max: float | None
    shares: dict[str, float]
    missing: Annotated[float, Field(description="share of rows without a value")]


class ContributionShown(TypedDict):
    """What one feature adds to the score."""

    feature: str
    points: Annotated[float, Field(description="the feature's own points; a reason's are the sum over its features")]
    value: float | str | None
    unit: str
    null_means: str
    reason: Annotated[
        str, Field(description="code of the reason it adds to; the contributions with one code sum to its points")
    ]
    label: Annotated[Words, Field(description="what the feature measures, whatever the value")]
    text: Annotated[Words, Field(description="what the borrower's value says, or that there is none")]
    typical: Typical | None
    value_text: Words
    place: Annotated[str | None, Field(description="where the value lies among typical ones")]
    place_text: Words | None


class ExplanationShown(TypedDict):
    """The parts of a score: base_points and the points of all contributions sum to sum_of_points."""

    score: float
    sum_of_points: float
    base_points: float
    contributions: list[ContributionShown]


class Pictures(TypedDict):
    """A waterfall chart as SVG in each language."""

    en: str
    zh: str


class ExplainAnswer(ScoreAnswer):
    """A score with its explanation and waterfall chart; both are null if there is no score."""

    explanation: ExplanationShown | None
    waterfall_svg: Pictures | None


class MovedReasonShown(TypedDict):
    """A reason whose points changed."""

    code: str
    points_before: float
    points_after: float
    text: Annotated[Words, Field(description="what the feature measures whose points moved most")]


class OutcomeShown(TypedDict):
    """The result for a borrower: PD, score and band, or why there is no score."""

    not_scored: NotScored | None
    pd: float | None
    score: float | None
    band: Band | None
    below_threshold: bool | None


class CaseShown(OutcomeShown):
    """The borrower's result with one version of the loan."""

    reasons: list[Reason]
    points_difference: Annotated[float | None, Field(description="against the loan as asked")]
    moved: list[MovedReasonShown]


class AlternativeShown(CaseShown):
    """One of the requested alternatives."""

    changed: dict[str, float | int]


class StepShown(TypedDict):
    """One action that can be taken."""

    action: Literal["pay_overdue", "pay_down_cards", "borrow_less", "longer_term", "lower_limit", "no_loan"]
    unit: str
    before: Annotated[float, Field(description="an amount in the currency, or months")]
    after: float
    text: Words


class FeatureChangeShown(TypedDict):
    """A feature whose value the path changes."""

    feature: str
    unit: str
    reason: Annotated[str, Field(description="code of the reason it adds to where its value is known")]
    text: Annotated[Words, Field(description="what the feature measures")]
    before: float | str | None
    after: float | str | None


class PathShown(TypedDict):
    """The smallest changes that bring the score to the threshold, or why none do."""

    found: bool
    threshold: float
    start: OutcomeShown
    reached: OutcomeShown | None
    steps: list[StepShown]
    share: float
    changes: list[FeatureChangeShown]
    why: str | None
    why_text: Words | None


class WhatIfAnswer(TypedDict):
    """The loan as requested, its alternatives side by side, and the path to safe."""

    request_id: str
    borrower_id: str | int
    as_of_date: date
    threshold: float
    base: CaseShown
    alternatives: list[AlternativeShown]
    path_to_safe: PathShown
    loan_under_review: UnderReview | None
    model_version: str
    policy_version: str
