"""What a feature is: declared once, with unit, meaning of null, direction and reason text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from risk_warning.core.features.value import Value

Direction = Literal[-1, 0, 1]

FAMILIES = (
    "delinquency",
    "payment timing",
    "payment amount",
    "utilisation and balance",
    "leverage and new borrowing",
    "behaviour events",
    "tenure and profile",
)


def span(months: int) -> str:
    """A window in words, as in "over the last 3 months"."""
    return "the last month" if months == 1 else f"the last {months} months"


@dataclass(frozen=True)
class Feature:
    """One number a borrower on one date."""

    name: str
    family: str
    unit: str
    null_means: str
    monotone: Direction
    """+1: a higher value is never safer; -1: never riskier; 0: free."""
    reason: str
    """Code of the reason group whose points it adds to."""
    text_en: str
    text_zh: str
    value: Value
    """What it is made of."""
    is_category: bool = False

    @property
    def needs(self) -> tuple[str, ...]:
        """Signals of the panel it is made of."""
        return self.value.needs


@dataclass(frozen=True)
class Family:
    """Declares the features of one family."""

    name: str
    features: list[Feature]

    def add(
        self,
        name: str,
        value: Value,
        *,
        unit: str,
        null: str,
        monotone: Direction,
        reason: str,
        en: str,
        zh: str,
    ) -> None:
        """Declare one feature."""
        self.features.append(Feature(name, self.name, unit, null, monotone, reason, en, zh, value))
