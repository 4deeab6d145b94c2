"""The JSON of a comparison of a family with one model."""

from __future__ import annotations

from datetime import date

from pydantic import AliasPath, Field

from risk_warning.document import Document
from risk_warning.stats.calibration import Calibration
from risk_warning.stats.delong import Difference


class MemberDocument(Document):
    """One model of a family."""

    name: str
    """As it was given."""
    model_version: str = Field(validation_alias=AliasPath("model", "version"))
    measures: dict[str, float] = Field(validation_alias=AliasPath("standing", "measures"))
    gain: Difference = Field(validation_alias=AliasPath("standing", "gain"))
    """AUC minus that of the model compared with; the intervals hold jointly for all models."""
    first_share: float = Field(validation_alias=AliasPath("standing", "first_share"))
    """Share of the draws of borrowers in which the AUC is the largest."""
    calibration: Calibration
    ece: float
    """Expected calibration error."""
    learnt_from: tuple[date, ...]
    """Compared dates that the model may have learnt from."""


class FamilyDocument(Document):
    """A comparison of a family with one model; the same models, book and dates give the same document."""

    verdict: str
    as_of_dates: tuple[date, ...] = Field(validation_alias="dates")
    rows: int
    borrowers: int
    bads: int
    rows_not_scored_by_all: int = Field(validation_alias="not_by_all")
    """Rows with an outcome that some of the models score and others do not; no figure includes them."""
    outcome_unknown: int
    """Rows that all models score but whose outcome is unknown; no figure includes them."""
    held_against: MemberDocument = Field(validation_alias="reference")
    members: tuple[MemberDocument, ...]
    """The other models, the largest AUC first."""
    left_out: dict[str, str]
    """Name of a model that could not be compared → the reason."""
