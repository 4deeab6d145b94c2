"""Explanation: what each feature adds to one borrower's score, beside the borrower's value and what is typical."""

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
"""Where a value lies among the typical ones, in words."""
_COMMON_SHARE = 0.05


@dataclass(frozen=True)
class Contribution:
    """One feature: its points, the borrower's value in the feature's own unit, and what is typical."""

    feature: str
    points: float
    value: FeatureValue
    """None where not observed: `null_means` says what that says."""
    unit: str
    null_means: str
    reason: str
    """Code of the reason it adds to; the points of all that add to one are the reason's."""
    label: Text
    """What it measures, whatever the value."""
    text: Text
    """What the value says."""
    typical: Typical | None
    """As in the model's `about["typical"]`; None where the model does not carry them."""
    place: str | None
    """Key of `PLACES`; None where nothing typical is known."""


@dataclass(frozen=True)
class Explanation:
    """A borrower's score taken apart: `base_points` + Σ `points` = `sum_of_points`."""

    score: float
    """As answered: `sum_of_points`, cut off where the PD ends (1e-5 and 1 − 1e-5)."""
    sum_of_points: float
    base_points: float
    """What everybody has: the expected score of the training rows."""
    contributions: tuple[Contribution, ...]
    """Every feature of the model, the weightiest first."""

    def to_dict(self, minor_unit_decimals: int) -> dict[str, Any]:
        """The explanation ready for JSON, value and place in words too."""
        shown = asdict(self)
        for contribution in shown["contributions"]:
            place, value, unit = (contribution[name] for name in ("place", "value", "unit"))
            contribution["value_text"] = _in_words(value, unit, minor_unit_decimals)
            contribution["place_text"] = None if place is None else PLACES[place]
        shown["contributions"] = list(shown["contributions"])
        return shown


def explain(model: RiskModel, rows: Rows, scored: Scored, *, minor_unit_decimals: int = 2) -> Explanation:
    """The first borrower's score, feature by feature; `scored` is what `model.score` gave for these very rows.

    The borrower has to be scored: somebody without a score has nothing to explain.
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
    """Where a value lies among the typical ones: a key of `PLACES`, None where nothing typical is known.

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
    """The value to six significant digits, as typical ones are kept: else a third would lie above a third."""
    return float(f"{value:.6g}")
