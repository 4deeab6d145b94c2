"""Told reasons: what costs a borrower most points, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from risk_warning.core.features.words import words_of
from risk_warning.core.reasons import Reasons
from risk_warning.core.wording import FeatureValue, Text
from risk_warning.model.explain.feature_values import FeatureValues

_DECIMALS = 6
"""Of points that are told."""


@dataclass(frozen=True)
class ToldReason:
    """One reason."""

    code: str
    feature: str
    """The leading one: of those that add to the reason, the one that costs most."""
    points: float
    """Of the score, negative: the sum over the features that add to the reason."""
    feature_points: float
    """Of them the leading feature's own."""
    text: Text
    """What the leading feature's value says."""
    value: FeatureValue
    """Of the leading feature, in its own unit; None where not observed."""

    def to_dict(self) -> dict[str, Any]:
        """The reason ready for JSON."""
        return dict(vars(self))


def told_reasons(reasons: Reasons, row: int, values: FeatureValues, minor_unit_decimals: int) -> tuple[ToldReason, ...]:
    """One borrower's reasons, the weightiest first; `row` counts those of `reasons`, and of `values` alike."""
    told = []
    for k, group in enumerate(reasons.group[row].tolist()):
        if group < 0:
            continue
        column = int(reasons.feature[row, k])
        feature, value = values.model.features[column], values.at(row, column)
        told.append(
            ToldReason(
                code=reasons.codes[group],
                feature=feature.name,
                points=round(float(reasons.points[row, k]), _DECIMALS),
                feature_points=round(float(reasons.feature_points[row, k]), _DECIMALS),
                text=words_of(feature, value, minor_unit_decimals),
                value=value,
            )
        )
    return tuple(told)


def for_watch_list(reason: Mapping[str, Any]) -> dict[str, Any]:
    """A reason as a warning keeps it: its words say the value already."""
    return {name: content for name, content in reason.items() if name != "value"}
