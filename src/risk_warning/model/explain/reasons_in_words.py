"""Reasons in words: what costs a borrower the most points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from risk_warning.core.features.words import words_of
from risk_warning.core.reasons import Reasons
from risk_warning.core.warning_reason import WarningReason
from risk_warning.core.wording import FeatureValue, Text
from risk_warning.model.explain.feature_values import FeatureValues

_DECIMALS = 6
"""Decimals of the points in a reason."""


@dataclass(frozen=True)
class ScoreReason(WarningReason):
    """One of the reasons that cost the borrower the most points."""

    code: Annotated[
        str,
        Field(description="what the reason is about; a code of its own, mostly `…_unknown`, where values are missing"),
    ]
    feature: Annotated[str, Field(description="the reason's leading feature, the one that costs most")]
    points: Annotated[
        float,
        Field(description="points of the score, negative: the sum over all features whose `reason` is this code"),
    ]
    feature_points: Annotated[
        float, Field(description="the leading feature's own points, a part of `points`; as among `contributions`")
    ]
    text: Annotated[Text, Field(description="what the leading feature's value says, or that there is none")]
    value: Annotated[FeatureValue, Field(description="the feature's value in its own unit, null: not observed")]

    @property
    def for_warning(self) -> WarningReason:
        """The reason as a warning keeps it."""
        return WarningReason(self.code, self.feature, self.points, self.feature_points, self.text)


def reasons_in_words(
    reasons: Reasons, row: int, values: FeatureValues, minor_unit_decimals: int
) -> tuple[ScoreReason, ...]:
    """Return one borrower's reasons, the one that costs most first; `row` is the row of both `reasons` and `values`."""
    in_words = []
    for k, group in enumerate(reasons.group[row].tolist()):
        if group < 0:
            continue
        column = int(reasons.feature[row, k])
        feature, value = values.model.features[column], values.at(row, column)
        in_words.append(
            ScoreReason(
                code=reasons.codes[group],
                feature=feature.name,
                points=round(float(reasons.points[row, k]), _DECIMALS),
                feature_points=round(float(reasons.feature_points[row, k]), _DECIMALS),
                text=words_of(feature, value, minor_unit_decimals),
                value=value,
            )
        )
    return tuple(in_words)
