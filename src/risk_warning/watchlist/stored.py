"""What the watch list stores as JSON in its database, written and read by pydantic."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import TypeAdapter

from risk_warning.core.export_profile import ExportProfile
from risk_warning.core.left_out import LeftOut
from risk_warning.core.warning_reason import WarningReason

REASONS_COLUMN = TypeAdapter(tuple[WarningReason, ...])
"""The column `observations.reasons`: the reasons of a warning as of a run, the one that costs most first."""

LEFT_OUT_COLUMN = TypeAdapter(tuple[LeftOut, ...])
"""The column `runs.left_out`: columns of the book that the night left out."""

PROFILE_COLUMN = TypeAdapter(ExportProfile)
"""The column `runs.profile`: the counts of the night's export."""


@dataclass(frozen=True)
class FirstSeen:
    """The column `warnings.first_seen`: what the service saw of the borrower when it opened the warning."""

    score: float
    band: str
    days_past_due: float | None
    """None if unknown."""
    reasons: tuple[WarningReason, ...]


FIRST_SEEN_COLUMN = TypeAdapter(FirstSeen)
