"""Explanation: the points of each feature in one borrower's score, beside the borrower's value and typical values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import Field

from risk_warning.core.features import Feature
from risk_warning.core.features.words import label_of, reason_of, words_of
from risk_warning.core.reasons import DIGITS
from risk_warning.core.rows import Rows
from risk_warning.core.wording import FeatureValue, Text, value_in_words
from risk_warning.model.explain.feature_values import FeatureValues
from risk_warning.model.risk_model import RiskModel, Scored
from risk_warning.model.typical import Typical, TypicalCategory, TypicalNumber

PLACES: Mapping[str, Text] = {
    "not_observed": {"en": "not observed", "zh": "未观测到"},
    "below_all": {"en": "below all seen in training", "zh": "低于训练数据中的最小值"},
    "far_below": {"en": "among the lowest 5 %", "zh": "处于最低的5%"},
    "below": {"en": "among the lowest 25 %", "zh": "处于最低的25%"},
    "usual": {"en": "in the usual range", "zh": "处于常见范围"},
    "above": {"en": "among the highest 25 %", "zh": "处于最高的25%"},
    "far_above": {"en": "among the highest 5 %", "zh": "处于最高的5%"},
    "above_all": {"en": "above all seen in training", "zh": "高于训练数据中的最大值"},
    "common": {"en": "common", "zh": "常见"},
    "rare": {"en": "rare: fewer than 5 % have it", "zh": "少见：不足5%"},
}
"""Where a value lies among the typical values, in words."""
_COMMON_SHARE = 0.05


@dataclass(frozen=True, kw_only=True)
class Contribution:
    """What one feature adds to the score."""

    feature: str
    points: Annotated[float, Field(description="the feature's own points; a reason's are the sum over its features")]
    value: Annotated[FeatureValue, Field(description="in `unit`; null: not observed, which `null_means` explains")]
    unit: str
    null_means: str
    reason: Annotated[
        str, Field(description="code of the reason it adds to; the contributions with one code sum to its points")
    ]
    label: Annotated[Text, Field(description="what the feature measures, whatever the value")]
    text: Annotated[Text, Field(description="what the borrower's value says, or that there is none")]
    typical: Typical | None
    place: Annotated[
        str | None, Field(description="where the value lies among typical ones; null if the model has none")
    ]
    value_text: Text
    place_text: Text | None


@dataclass(frozen=True)
class Explanation:
    """The parts of a score: base_points and the points of all contributions sum to sum_of_points."""

    score: Annotated[float, Field(description="sum_of_points, clipped at the limits of the PD: 1e-5 and 1 − 1e-5")]
    sum_of_points: float
    base_points: Annotated[
        float, Field(description="points that every borrower has: the expected score of the training rows")
    ]
    contributions: Annotated[
        tuple[Contribution, ...], Field(description="every feature of the model, largest absolute points first")
    ]


def explain(model: RiskModel, rows: Rows, scored: Scored, *, minor_unit_decimals: int = 2) -> Explanation:
    """Return the first borrower's score by feature; `scored` is the result of `model.score` for the same rows.

    The borrower must have a score, since without one there is nothing to explain.
    """
    assert scored.not_scored[0] < 0
    points = np.round(model.points(scored.x[:1])[0], DIGITS)
    values = FeatureValues.of(model, rows, scored)
    typical = model.provenance.typical or {}
    order = np.argsort(-np.abs(points[:-1]), kind="stable")
    return Explanation(
        score=float(scored.score[0]),
        sum_of_points=round(math.fsum(points), DIGITS),
        base_points=float(points[-1]),
        contributions=tuple(
            _contribution(
                model.features[i],
                float(points[i]),
                values.at(0, int(i)),
                typical.get(model.feature_names[i]),
                minor_unit_decimals,
            )
            for i in order
        ),
    )


def _contribution(
    feature: Feature, points: float, value: FeatureValue, typical: Typical | None, minor_unit_decimals: int
) -> Contribution:
    place = place_of(value, typical)
    return Contribution(
        feature=feature.name,
        points=points,
        value=value,
        unit=feature.unit,
        null_means=feature.null_means,
        reason=reason_of(feature, value),
        label=label_of(feature),
        text=words_of(feature, value, minor_unit_decimals),
        typical=typical,
        place=place,
        value_text={
            "en": value_in_words(value, feature.unit, "en", minor_unit_decimals),
            "zh": value_in_words(value, feature.unit, "zh", minor_unit_decimals),
        },
        place_text=None if place is None else PLACES[place],
    )


def place_of(value: FeatureValue, typical: Typical | None) -> str | None:
    """Return where a value lies among the typical values: a key of `PLACES`, None if there are no typical values.

    >>> place_of(3.0, TypicalNumber(p5=0.0, p25=0.0, p50=0.5, p75=1.0, p95=4.0, min=0.0, max=9.0, missing=0.0))
    'above'
    """
    if typical is None:
        return None
    if value is None:
        return "not_observed"
    if isinstance(value, str):
        assert isinstance(typical, TypicalCategory)
        return "common" if typical.shares.get(value, 0.0) >= _COMMON_SHARE else "rare"
    assert isinstance(typical, TypicalNumber)
    value = as_typical(value)
    for place, level in (("below_all", typical.min), ("far_below", typical.p5), ("below", typical.p25)):
        if level is not None and value < level:
            return place
    # Above all, too, if training observed no value.
    for place, level in (("above_all", typical.max), ("far_above", typical.p95), ("above", typical.p75)):
        if level is None or value > level:
            return place
    return "usual"


def as_typical(value: float) -> float:
    """Round the value to six significant digits, like typical values; otherwise 1/3 would compare above 1/3."""
    return float(f"{value:.6g}")
