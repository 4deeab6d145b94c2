"""The content of `model.json`: its names, types and ranges."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, NoReturn, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter, model_validator

from risk_warning.core.declared import DeclaredFeature
from risk_warning.core.digest import canonical_json
from risk_warning.core.horizons import Horizons, Link
from risk_warning.core.outcomes.target import TargetSpec
from risk_warning.core.scorecard import Scorecard
from risk_warning.model.encoding import TargetCodes
from risk_warning.model.policy_in_force import PolicyContent
from risk_warning.model.provenance import Provenance

VERSION = r"rw-[0-9]{8}-[0-9a-f]{8}"
_Probability = Annotated[float, Field(ge=0, le=1)]
_Positive = Annotated[float, Field(gt=0)]
_Count = Annotated[int, Field(ge=0)]
PROVENANCE = TypeAdapter(Provenance)
DECLARED = TypeAdapter(tuple[DeclaredFeature, ...])


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class _Contract(_Part):
    features: tuple[str, ...] = Field(min_length=1)
    columns: Mapping[str, frozenset[str]]
    event_kinds: Mapping[str, int]
    numeric: frozenset[str]
    status_rises_with_risk: bool
    codes: Mapping[str, tuple[str, ...]]
    declared: tuple[Any, ...] = ()


class _Codes(_Part):
    codes: Mapping[str, _Probability]
    other: _Probability


class _Calibration(_Part):
    slope: _Positive
    intercept: float


class _Link(_Part):
    slope: float
    intercept: float


class _Horizons(_Part):
    months: tuple[Annotated[int, Field(ge=1, le=60)], ...]
    action_months: int
    links: tuple[_Link | None, ...]

    @model_validator(mode="after")
    def _fit(self) -> Self:
        if list(self.months) != sorted(set(self.months)):
            raise ValueError("the months do not rise")
        if [link is None for link in self.links] != [month == self.action_months for month in self.months]:
            raise ValueError("there is not one link for each window but the action horizon")
        return self


class _Scorecard(_Part):
    base_score: float
    base_odds_good_bad: _Positive
    pdo: _Positive


class _Target(_Part):
    horizon_months: Annotated[int, Field(ge=1, le=60)]
    bad_dpd: Annotated[int, Field(ge=1)]
    eligible_max_dpd: _Count | None
    min_history: _Count
    dpd_tolerance_ratio: _Probability
    write_off_memory_months: _Count


class ModelContent(_Part):
    """What `model.json` holds, besides its own digest."""

    format: int
    version: Annotated[str, Field(pattern=f"^{VERSION}$")]
    contract: _Contract
    target_codes: Mapping[str, _Codes]
    calibration: _Calibration
    horizons: _Horizons
    scorecard: _Scorecard
    policy: PolicyContent
    target: _Target
    about: Mapping[str, Any]
    files: Mapping[str, str]

    @classmethod
    def read(cls, text: str) -> Self:
        """Return the content of a file's text without the digest, checked.

        Raises
        ------
        pydantic.ValidationError
            A `ValueError`: a value is missing, unknown, of another type or out of range.
        """
        return cls.model_validate_json(text)

    def codes(self) -> dict[str, TargetCodes]:
        """Return category feature → the codes of its values."""
        return {name: TargetCodes(part.codes, part.other) for name, part in self.target_codes.items()}

    def windows(self) -> Horizons:
        """Return the windows and how each depends on its neighbour."""
        links = tuple(None if link is None else Link(link.slope, link.intercept) for link in self.horizons.links)
        return Horizons(self.horizons.months, self.horizons.action_months, links)

    def scale(self) -> Scorecard:
        """Return the scale of points."""
        return Scorecard(**self.scorecard.model_dump())

    def target_spec(self) -> TargetSpec:
        """Return what is predicted, and for whom."""
        return TargetSpec(**self.target.model_dump())

    def provenance(self) -> Provenance:
        """Return what the model was made of.

        Raises
        ------
        pydantic.ValidationError
            As in `read`.
        """
        # Strictly by JSON, so that no value becomes one of another type, which would change the model's digest.
        return PROVENANCE.validate_json(canonical_json(self.about))

    def declared_features(self) -> tuple[DeclaredFeature, ...]:
        """Return the features that the lender declared.

        Raises
        ------
        pydantic.ValidationError
            As in `read`.
        """
        return DECLARED.validate_json(canonical_json(self.contract.declared))


def plain(text: str) -> dict[str, JsonValue]:
    """Return the JSON object of a text as plain data, with finite numbers only.

    Raises
    ------
    ValueError, RecursionError
        It is no JSON object, or has a number that is not finite.
    """
    content = json.loads(text, parse_constant=_refuse, parse_float=_finite)
    if not isinstance(content, dict):
        _refuse(text)
    return content


def _refuse(_: str) -> NoReturn:
    raise ValueError("not a JSON object with finite numbers")


def _finite(text: str) -> float:
    number = float(text)
    return number if abs(number) != float("inf") else _refuse(text)
