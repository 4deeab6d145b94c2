"""The declaration of a feature: unit, meaning of null, direction, reason and words, each stated once."""

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
    """Return a window in words, as in "over the last 3 months"."""
    return "the last month" if months == 1 else f"the last {months} months"


@dataclass(frozen=True)
class Feature:
    """One number per borrower and as-of date."""

    name: str
    family: str
    unit: str
    null_means: str
    monotone: Direction
    """+1: a higher value is never safer; -1: never riskier; 0: free."""
    reason: str
    """Code of the reason to which a known value adds its points: a subject that claims nothing about the value."""
    text_en: str
    """Words for what it measures, which claim nothing about its value."""
    text_zh: str
    value: Value
    """What it is computed from."""
    is_category: bool = False
    phrases: Phrases = (VALUE,)
    """Phrases for its values: the first one that holds is used; every possible value has one."""
    missing: Missing = NOT_KNOWN
    """Words for a missing value."""

    @property
    def needs(self) -> tuple[str, ...]:
        """Signals of the panel it uses."""
        return self.value.needs

    @property
    def missing_reason(self) -> str:
        """Code of the reason to which a missing value adds its points."""
        return self.missing.code or f"{self.reason}_unknown"


@dataclass(frozen=True)
class Family:
    """The features of one family, declared one by one."""

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
        """Declare one feature; `en` and `zh` describe what it measures and claim nothing about its value."""
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
