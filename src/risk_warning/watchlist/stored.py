"""What the watch list stores as JSON in its database, written and read by pydantic."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import TypeAdapter

from risk_warning.core.warning_reason import WarningReason

REASONS_COLUMN = TypeAdapter(tuple[WarningReason, ...])
"""The column `observations.reasons`: the reasons of a warning as of a run, the one that costs most first."""


@dataclass(frozen=True)
class FirstSeen:
    """The column `warnings.first_seen`: what the service saw of the borrower when it opened the warning."""

    score: float
    band: str
    days_past_due: float | None
    """None if unknown."""
    reasons: tuple[WarningReason, ...]


FIRST_SEEN_COLUMN = TypeAdapter(FirstSeen)
