"""Explanation: the points of each feature in one borrower's score, beside the borrower's value and typical values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from risk_warning.core.features import Feature
from risk_warning.core.features.words import label_of, reason_of, words_of
from risk_warning.core.reasons import DIGITS
from risk_warning.core.rows import Rows
from risk_warning.core.wording import LANGUAGES, FeatureValue, Text, value_in_words
from risk_warning.model.explain.feature_values import FeatureValues
from risk_warning.model.risk_model import RiskModel, Scored

Typical = Mapping[str, Any]

PLACES = {
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


@dataclass(frozen=True)
class Contribution:
    """One feature: its points, the borrower's value in the feature's own unit, and its typical values."""

    feature: str
    points: float
    value: FeatureValue
    """None if not observed; `null_means` explains what that means."""
    unit: str
    null_means: str
    reason: str
    """Code of the reason it adds to; a reason's points are the sum over its features."""
    label: Text
    """What the feature measures, independent of the value."""
    text: Text
    """What the value means, in words."""
    typical: Typical | None
    """As in the model's `about["typical"]`; None if the model has no typical values."""
    place: str | None
    """Key of `PLACES`; None if there are no typical values."""


@dataclass(frozen=True)
class Explanation:
    """A borrower's score by feature: `base_points` + Σ `points` = `sum_of_points`."""

    score: float
    """The reported score: `sum_of_points`, clipped at the limits of the PD (1e-5 and 1 − 1e-5)."""
    sum_of_points: float
    base_points: float
    """Points that every borrower has: the expected score of the training rows."""
    contributions: tuple[Contribution, ...]
    """Every feature of the model, largest absolute points first."""

    def to_dict(self, minor_unit_decimals: int) -> dict[str, Any]:
        """Return the explanation ready for JSON, with value and place in words too."""
        fields = asdict(self)
        for contribution in fields["contributions"]:
            place, value, unit = (contribution[name] for name in ("place", "value", "unit"))
            contribution["value_text"] = _in_words(value, unit, minor_unit_decimals)
            contribution["place_text"] = None if place is None else PLACES[place]
        fields["contributions"] = list(fields["contributions"])
        return fields


def explain(model: RiskModel, rows: Rows, scored: Scored, *, minor_unit_decimals: int = 2) -> Explanation:
    """Return the first borrower's score by feature; `scored` is the result of `model.score` for the same rows.

    The borrower must have a score, since without one there is nothing to explain.
    """
    assert scored.not_scored[0] < 0
    points = np.round(model.points(scored.x[:1])[0], DIGITS)
    values = FeatureValues.of(model, rows, scored)
    typical: Mapping[str, Typical] = model.about.get("typical") or {}
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


def _in_words(value: FeatureValue, unit: str, decimals: int) -> Text:
    return {language: value_in_words(value, unit, language, decimals) for language in LANGUAGES}


def _contribution(
    feature: Feature, points: float, value: FeatureValue, typical: Typical | None, minor_unit_decimals: int
) -> Contribution:
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
        place=place_of(value, typical),
    )


def place_of(value: FeatureValue, typical: Typical | None) -> str | None:
    """Return where a value lies among the typical values: a key of `PLACES`, None if there are no typical values.

    >>> place_of(3.0, {"p5": 0.0, "p25": 0.0, "p75": 1.0, "p95": 4.0, "min": 0.0, "max": 9.0})
    'above'
    """
    if typical is None:
        return None
    if value is None:
        return "not_observed"
    if isinstance(value, str):
        return "common" if typical["shares"].get(value, 0.0) >= _COMMON_SHARE else "rare"
    if typical["min"] is None:
        return "above_all"
    value = as_typical(value)
    for place, key in (("below_all", "min"), ("far_below", "p5"), ("below", "p25")):
        if value < typical[key]:
            return place
    for place, key in (("above_all", "max"), ("far_above", "p95"), ("above", "p75")):
        if value > typical[key]:
            return place
    return "usual"


def as_typical(value: float) -> float:
    """Round the value to six significant digits, like typical values; otherwise 1/3 would compare above 1/3."""
    return float(f"{value:.6g}")
