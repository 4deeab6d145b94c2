"""Wording: amounts and feature values as a reviewer reads them, in English and Chinese."""

from __future__ import annotations

from typing import Literal

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")
Text = dict[str, str]
"""Language → words."""

NOT_OBSERVED: Text = {"en": "not observed", "zh": "未观测到"}
_TO: Text = {"en": "to", "zh": "至"}
_PER_CENT = {"ratio": "", "ratio a month": " a month", "ratio a year": " a year"}
_PER_CENT_ZH = {"ratio": "", "ratio a month": "／月", "ratio a year": "／年"}
_UNITS_ZH = {
    "days": "天",
    "days a month": "天／月",
    "months": "个月",
    "events": "次",
    "events a month": "次／月",
    "loans": "笔",
    "instalments": "期",
}


def money(amount: float, decimals: int) -> str:
    """An amount of minor units in the currency's own unit.

    >>> money(1234567, 2)
    '12,345.67'
    """
    return f"{amount / 10**decimals:,.{decimals}f}"


def value_in_words(value: float | str | None, unit: str, language: Language, decimals: int) -> str:
    """A feature's value with its unit; `unit` as features declare it, `decimals` those of the currency.

    >>> value_in_words(0.825, "ratio", "en", 2), value_in_words(3.0, "days", "zh", 2)
    ('82.5 %', '3天')
    """
    if value is None:
        return NOT_OBSERVED[language]
    if isinstance(value, str):
        return value
    if unit == "minor units":
        return money(value, decimals)
    if unit in _PER_CENT:
        return f"{_number(value * 100)}%{_PER_CENT_ZH[unit]}" if language == "zh" else _per_cent(value, unit)
    if language == "zh":
        return f"{_number(value)}{_UNITS_ZH.get(unit, '')}"
    if unit not in _UNITS_ZH:
        return _number(value)
    return f"{_number(value)} {_singular(unit) if value == 1 else unit}"


def span_in_words(low: float, high: float, unit: str, language: Language, decimals: int) -> str:
    """Two values with their unit said once; one value where both read the same.

    >>> span_in_words(0.0, 1.0, "events", "en", 2), span_in_words(0.0, 0.0, "events", "en", 2)
    ('0 to 1 event', '0 events')
    """
    first, last = (value_in_words(value, unit, language, decimals) for value in (low, high))
    if first == last:
        return last
    bare = money(low, decimals) if unit == "minor units" else _number(low * 100 if unit in _PER_CENT else low)
    return f"{bare} {_TO[language]} {last}"


def _per_cent(value: float, unit: str) -> str:
    return f"{_number(value * 100)} %{_PER_CENT[unit]}"


def _singular(unit: str) -> str:
    first, *rest = unit.split(" ")
    return " ".join((first.removesuffix("s"), *rest))


def _number(value: float) -> str:
    """At most one decimal from ten on, two below; no zeros behind the point; a true minus sign."""
    text = f"{value:,.1f}" if abs(value) >= 10 else f"{value:.2f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace("-", "−")
