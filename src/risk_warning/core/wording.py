"""Wording: amounts and feature values as a reviewer reads them, in English and Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from typing_extensions import TypedDict

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")
FeatureValue = float | str | None
"""A feature's value in the feature's own unit, a category as its text; None where not observed."""
MINOR_UNITS = "minor units"


class Text(TypedDict):
    """A text in both languages."""

    en: str
    zh: str


NOT_OBSERVED: Text = {"en": "not observed", "zh": "未观测到"}
_TO: Text = {"en": " to ", "zh": "至"}


@dataclass(frozen=True)
class _Unit:
    """The words of a unit; the displayed number is the value × `scale`."""

    one: str
    """English after the number 1."""
    many: str
    zh: str
    scale: float = 1.0


_UNITS: Mapping[str, _Unit] = {
    "days": _Unit(" day", " days", "天"),
    "days a month": _Unit(" day a month", " days a month", "天／月"),
    "months": _Unit(" month", " months", "个月"),
    "events": _Unit(" event", " events", "次"),
    "events a month": _Unit(" event a month", " events a month", "次／月"),
    "loans": _Unit(" loan", " loans", "笔"),
    "instalments": _Unit(" instalment", " instalments", "期"),
    "ratio": _Unit(" %", " %", "%", 100.0),
    "ratio a year": _Unit(" % a year", " % a year", "%／年", 100.0),
    "ratio to before": _Unit(" % of before", " % of before", "%（相对以往）", 100.0),
    "ratio difference": _Unit(" percentage point", " percentage points", "个百分点", 100.0),
    "ratio difference a month": _Unit(" percentage point a month", " percentage points a month", "个百分点／月", 100.0),
}
"""Units other than money; a value of any other unit is a bare number, such as a status code."""
_BARE = _Unit("", "", "")
UNITS = (MINOR_UNITS, *_UNITS)
"""The units that have words."""


def money(amount: float, decimals: int) -> str:
    """Return an amount of minor units in the currency's own unit.

    >>> money(1234567, 2), money(-5, 2)
    ('12,345.67', '−0.05')
    """
    return f"{amount / 10**decimals:,.{decimals}f}".replace("-", "−")


def number_in_words(value: float, unit: str, decimals: int) -> str:
    """Return a feature's value as a number without its unit.

    >>> number_in_words(0.825, "ratio", 2), number_in_words(3.0, "events", 2)
    ('82.5', '3')
    """
    return money(value, decimals) if unit == MINOR_UNITS else _number(value * _UNITS.get(unit, _BARE).scale)


def value_in_words(value: FeatureValue, unit: str, language: Language, decimals: int) -> str:
    """Return a feature's value with its unit; `unit` is as features declare it, `decimals` are the currency's.

    >>> value_in_words(0.825, "ratio", "en", 2), value_in_words(3.0, "days", "zh", 2)
    ('82.5 %', '3天')
    """
    if value is None:
        return NOT_OBSERVED[language]
    if isinstance(value, str):
        return value
    en, zh = value_in_both(value, unit, decimals)
    return en if language == "en" else zh


def value_in_both(value: float, unit: str, decimals: int) -> tuple[str, str]:
    """Return a feature's value with its unit, in English and Chinese.

    >>> value_in_both(1.0, "days", 2)
    ('1 day', '1天')
    """
    number, words = number_in_words(value, unit, decimals), _UNITS.get(unit, _BARE)
    return number + (words.one if number == "1" else words.many), number + words.zh


def span_in_words(low: float, high: float, unit: str, language: Language, decimals: int) -> str:
    """Return two values with their unit written once; one value if both read the same.

    >>> span_in_words(0.0, 1.0, "events", "en", 2), span_in_words(0.0, 0.0, "events", "en", 2)
    ('0 to 1 event', '0 events')
    """
    first, last = (value_in_words(value, unit, language, decimals) for value in (low, high))
    if first == last:
        return last
    return f"{number_in_words(low, unit, decimals)}{_TO[language]}{last}"


def _number(value: float) -> str:
    """Return at most one decimal from ten on, at most two below, with a true minus sign.

    A number that would read as 0 has one significant digit.
    """
    if 0 < abs(value) < 0.005:
        text = f"{Decimal(f'{value:.1g}'):f}"
    else:
        text = f"{value:,.1f}" if abs(value) >= 10 else f"{value:.2f}"
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text.replace("-", "−")
