"""What a feature is: declared once, with unit, meaning of null, direction, reason and words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from risk_warning.core.features.phrase import NOT_KNOWN, VALUE, Missing, Phrases
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
    """Code of the reason whose points it adds to where its value is known: a subject, which claims nothing of it."""
    text_en: str
    """What it measures: words that claim nothing of its value."""
    text_zh: str
    value: Value
    """What it is made of."""
    is_category: bool = False
    phrases: Phrases = (VALUE,)
    """What a value says: of those that hold, the first one; some hold for every value there can be."""
    missing: Missing = NOT_KNOWN
    """What a missing value says."""

    @property
    def needs(self) -> tuple[str, ...]:
        """Signals of the panel it is made of."""
        return self.value.needs

    @property
    def missing_reason(self) -> str:
        """Code of the reason whose points it adds to where its value is missing."""
        return self.missing.code or f"{self.reason}_unknown"


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
        phrases: Phrases = (VALUE,),
        missing: Missing = NOT_KNOWN,
    ) -> None:
        """Declare one feature; `en` and `zh` say what it measures and claim nothing of its value."""
        self.features.append(
            Feature(
                name,
                self.name,
                unit,
                null,
                monotone,
                reason,
                en,
                zh,
                value,
                phrases=phrases,
                missing=missing,
            )
        )
