"""The watch list as JSON."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from risk_warning.core.left_out import LeftOut
from risk_warning.document import Document


class OpenWarningDocument(Document):
    """One open warning."""

    borrower_id: str | int
    band: str | None
    score: float | None = Field(description="points, not rounded; null without a score")
    change: float | None = Field(description="points since the run before; null if they cannot be compared")
    reasons: tuple[str, ...] = Field(
        validation_alias="english_reasons", description="in words, the one that costs most first"
    )


class WatchListDocument(Document):
    """The open warnings, the lowest score first."""

    as_of_date: date | None = Field(description="of the last run; null before the first one")
    warnings: tuple[OpenWarningDocument, ...]
    left_out: tuple[LeftOut, ...] = Field(description="columns of the book that the last run left out, and why")
