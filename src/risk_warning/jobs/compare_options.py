"""What can be chosen in a comparison besides models, book and dates."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from risk_warning.core.economics import Costs
from risk_warning.core.lead_time import EARLIEST_DAYS
from risk_warning.errors import SettingsError

AGENT_DAYS = 14
"""Days an agent needs to reach somebody and agree on help, where nothing else is said; an assumption."""

ASSUMED = Costs()


@dataclass(frozen=True, kw_only=True)
class Options:
    """The nights that are followed, how long an agent needs, and what calls cost and bring."""

    nights_from: date | None = None
    """None: the first from which neither model learnt, at most nine months before the end of the data."""
    nights_every_days: int = 7
    agent_days: int = AGENT_DAYS
    costs: Costs = field(default_factory=Costs)

    def __post_init__(self) -> None:
        if not 1 <= self.nights_every_days <= EARLIEST_DAYS:
            raise SettingsError(f"Nights must be 1 to {EARLIEST_DAYS} days apart; correct --nights-every.")
        if not 1 <= self.agent_days <= EARLIEST_DAYS:
            raise SettingsError(f"An agent may need 1 to {EARLIEST_DAYS} days; correct --agent-days.")


def costs_of(
    contact_amount: float, loss_given_default: float, effect: float, effect_low: float, effect_high: float
) -> Costs:
    """The costs; `SettingsError` where they contradict themselves."""
    try:
        return Costs(
            contact_amount=contact_amount,
            loss_given_default=loss_given_default,
            effect=effect,
            effect_low=effect_low,
            effect_high=effect_high,
        )
    except ValueError as error:
        raise SettingsError(f"These economics cannot be used: {error}; correct the options.") from None
