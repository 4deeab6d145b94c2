"""The JSON of the evidence on thresholds.

The keys of a document that has several bases begin with those of its last base and end with its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import AliasChoices, AliasPath, BeforeValidator, Field, model_validator

from risk_warning.core.policy import BANDS, Policy
from risk_warning.core.swap_sets import SwapSet
from risk_warning.document import Document
from risk_warning.economics.document import RollToLossDocument, ValuationDocument
from risk_warning.studies.threshold.curve import Best, Worth
from risk_warning.studies.threshold.result import ThresholdWay, WayName


def _by_effect(best: Sequence[float | None]) -> dict[str, float | None]:
    return dict(zip(("low", "mid", "high"), best, strict=True))


def _by_band(counts: Sequence[int]) -> dict[str, int]:
    return dict(zip(BANDS, counts, strict=True))


def _by_name(ways: Sequence[ThresholdWay]) -> dict[WayName, ThresholdWay]:
    return {way.name: way for way in ways}


ByEffect = Annotated[dict[str, float | None], BeforeValidator(_by_effect)]
ByBand = Annotated[dict[str, int], BeforeValidator(_by_band)]


def _of_cut(*path: str, description: str | None = None) -> Any:
    """Return a field that is read from a cut, or from the cut of a way; `Any` as of pydantic's `Field`."""
    alias = AliasChoices(AliasPath(*path), AliasPath("cut", *path))
    return Field(validation_alias=alias, description=description)


class NightsDocument(Document):
    """A team's work under a threshold: means per night over the counted nights, for the whole book."""

    new_warnings: float
    most_new_warnings: float = Field(description="on the busiest night")
    calls: float = Field(description="new warnings, and open ones that are due to be called again")
    open_warnings: float
    stay_days: float | None = Field(description="mean days a warning stays open; null without new warnings")


class PointDocument(Document):
    """One threshold: counts and amounts are means per as-of date, ratios from 0 to 1; reads a `CurvePoint`."""

    threshold: float = _of_cut("point", "threshold", description="points")
    flagged: float = _of_cut("point", "flagged")
    flagged_ratio: float = _of_cut("point", "flagged_ratio")
    bads: float = _of_cut("point", "bads", description="flagged borrowers who turned bad")
    capture_ratio: float = _of_cut("point", "capture_ratio", description="flagged share of all rows that turned bad")
    bad_events: float = _of_cut("point", "bad_events", description="bad events reached, each counted once")
    calls: float = _of_cut("point", "calls", description="new warnings, and open ones called again")
    benefit_amounts: tuple[float, float, float] | None = _of_cut(
        "point",
        "benefit_amounts",
        description="at the low, the middle and the high treatment effect, currency of the book; null if the book has "
        "nothing to compute exposures from",
    )
    expected_benefit_amount: float | None = _of_cut(
        "point",
        "expected_benefit_amount",
        description="at the middle effect, with the model's PDs in place of the outcomes; null likewise",
    )
    precision_ratio: float | None = _of_cut(
        "point", "precision_ratio", description="share of the flagged who turned bad; null if nobody is flagged"
    )
    to_reach_one: float | None = _of_cut(
        "point", "to_reach_one", description="number flagged for each one who turned bad; null if nobody did"
    )
    nights: NightsDocument | None = _of_cut(
        "burden", description="null if the book does not reach back far enough to replay the nights"
    )


class PolicyDocument(Document):
    """The cut-offs of a policy, in points, and its version; reads a `Cut`."""

    policy_version: str = _of_cut("policy", "version")
    policy: Policy = _of_cut("policy")


class CutDocument(PointDocument, PolicyDocument):
    """A policy and what its threshold does; reads a `Cut`."""


class RuleDocument(Document):
    """The rule of a way, in words; reads a `ThresholdWay`."""

    rule: str


class PeopleByBandDocument(Document):
    """Number of people on the last date, by band; reads the array of the counts."""

    bands: tuple[str, ...] = Field(default=BANDS, description="bands of the rows and of the columns")
    in_force_down_new_across: tuple[tuple[int, ...], ...]

    @model_validator(mode="before")
    @classmethod
    def _of_counts(cls, counts: NDArray[np.int64]) -> dict[str, list[list[int]]]:
        return {"in_force_down_new_across": counts.tolist()}


class WayDocument(CutDocument, RuleDocument):
    """One way to choose a threshold: its cut, and what changes from the policy in force on the last date."""

    swap: SwapSet = Field(description="gained: a warning under this way only; lost: under the policy in force only")
    gained_by_band: ByBand = Field(
        validation_alias="gained", description="people who gain a warning, by their band under the policy in force"
    )
    lost_by_band: ByBand = Field(validation_alias="lost")
    people_by_band: PeopleByBandDocument = Field(validation_alias="bands")
    benefit_gain: Worth | None = Field(
        validation_alias="gain",
        description="worth of the change per as-of date, with its 95 % interval; null without exposures",
    )


class InputsDocument(ValuationDocument):
    """The request for a threshold; reads a `ThresholdRequest`."""

    score: float | None = Field(description="the fixed threshold, points; null if none was requested")
    capacity_per_day: float | None = Field(description="calls per day; null if none was requested")


class ThresholdsDocument(Document):
    """The evidence for choosing a threshold."""

    verdict: str
    pays: str | None = Field(description="what the best threshold is worth; null if no threshold pays")
    cautions: tuple[str, ...]
    model_version: str
    as_of_dates: tuple[date, ...] = Field(validation_alias="dates")
    learnt_from: tuple[date, ...] = Field(description="those of the dates that the model may have learnt from")
    rows: int
    borrowers: int
    bads: int
    bad_events: int = Field(description="times a borrower turned bad, each counted once")
    outcome_unknown: int = Field(description="rows left out because their outcome is unknown")
    inputs: InputsDocument = Field(validation_alias="request")
    roll_to_loss: RollToLossDocument = Field(validation_alias="valuation")
    exposure_known_ratio: float | None = Field(
        description="share of the rows whose exposure is known; null if the book has nothing to compute it from"
    )
    nights: tuple[date, date] | None = Field(description="first and last of the counted nights")
    night_borrowers: int = Field(description="borrowers whose nights were replayed")
    in_force: CutDocument
    curve: tuple[PointDocument, ...] = Field(validation_alias="curve_points")
    best_benefit_threshold: ByEffect = Field(
        validation_alias="best",
        description="threshold with the largest benefit by treatment effect, points; null if none brings more than it "
        "costs",
    )
    best_benefit_interval: Best | None = Field(
        validation_alias="best_at_middle", description="the one at the middle effect, with its 95 % intervals"
    )
    ways: Annotated[dict[WayName, WayDocument], BeforeValidator(_by_name)] = Field(
        description="by name; without the ways that gave no threshold"
    )


class WrittenPolicyDocument(Document):
    """The files of a chosen policy; reads a `WrittenPolicy`."""

    policy: Path = Field(validation_alias="path")
    kept: Path = Field(validation_alias="version_path", description="the file of this version, which never changes")
