"""The options of a comparison besides models, book and dates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from risk_warning.economics.assumptions import Assumptions
from risk_warning.errors import SettingsError
from risk_warning.studies.compare.lead_time import EARLIEST_DAYS

AGENT_DAYS = 14
"""Default for the days an agent needs to reach somebody and agree on help; it is an assumption."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """The nights to follow, the time an agent needs, and the cost and value of calls."""

    nights_from: date | None = None
    """None: the first night from which neither model learnt, at most nine months before the end of the data."""
    nights_every_days: int = 7
    agent_days: int = AGENT_DAYS
    assumptions: Assumptions | None = None
    """Cost and value of calls; None: those in the settings."""

    def __post_init__(self) -> None:
        if not 1 <= self.nights_every_days <= EARLIEST_DAYS:
            raise SettingsError(f"Nights must be 1 to {EARLIEST_DAYS} days apart; correct --every.")
        if not 1 <= self.agent_days <= EARLIEST_DAYS:
            raise SettingsError(f"The time an agent needs must be 1 to {EARLIEST_DAYS} days; correct --agent-days.")
