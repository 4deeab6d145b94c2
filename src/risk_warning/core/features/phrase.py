"""Phrases: words in English and Chinese, each with the values for which they are true.

A feature declares its phrases in order; the first one that holds for a borrower's value is used. So a count of 0 has
words of its own, and a ratio to before is worded as how much less or more it is. For a missing value, `Missing` has the
words for what was not observed, with a reason code of its own: its points never add to a reason that claims an
observation.

Names in braces are filled in:

- `{what}`: what the feature measures
- `{value}`: the value with its unit
- `{number}`: the value without its unit
- `{size}`: its absolute value with its unit
- `{less}`, `{more}`: how far a ratio to before is from 1, in per cent
- `{times}`: a ratio to before itself
- `{ago}`: for a number of full months, how long ago it may be
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import inf
from string import Formatter

_SAME = 0.005
"""Values this close to each other read as the same, since two decimals are displayed."""
_SAME_RATIO = _SAME / 100


@dataclass(frozen=True)
class Phrase:
    """Words that are true for values from `low` to `high`, both ends included unless excluded."""

    en: str
    zh: str
    low: float = -inf
    high: float = inf
    excludes_low: bool = False
    excludes_high: bool = False

    @cached_property
    def blanks(self) -> tuple[str, ...]:
        """Names in braces, except `what`, which every feature fills in the same way."""
        named = (name for words in (self.en, self.zh) for _, name, _, _ in Formatter().parse(words))
        return tuple(dict.fromkeys(name for name in named if name and name != "what"))

    def holds(self, value: float | str) -> bool:
        """Whether the words are true for a value; for a category's text, only words without bounds are."""
        if isinstance(value, str):
            return self.low == -inf and self.high == inf
        above = value > self.low if self.excludes_low else value >= self.low
        return above and (value < self.high if self.excludes_high else value <= self.high)


@dataclass(frozen=True)
class Missing:
    """The words for a missing value."""

    en: str = "{what}: not known"
    zh: str = "{what}：未知"
    code: str | None = None
    """Reason code its points add to; None means the feature's code with `_unknown`."""


NOT_KNOWN = Missing()
Phrases = tuple[Phrase, ...]

VALUE = Phrase("{what}: {value}", "{what}：{value}")
"""True for every value."""
NUMBER = Phrase("{what}: {number}", "{what}：{value}")
"""For a count whose unit is already in `{what}`."""


def at_zero(en: str, zh: str, otherwise: Phrase = VALUE) -> Phrases:
    """Return phrases with separate words for 0."""
    return Phrase(en, zh, 0.0, 0.0), otherwise


def _moved(en_up: str, en_down: str, en_same: str, zh_same: str, least: float) -> Phrases:
    """Return phrases for a signed change; a value within `least` of 0, in the feature's unit, reads as no change."""
    return (
        Phrase(f"{{what}}: {en_same}", f"{{what}}：{zh_same}", -least, least),
        Phrase(f"{{what}}: {en_up}", "{what}：增加{size}", low=least, excludes_low=True),
        Phrase(f"{{what}}: {en_down}", "{what}：减少{size}", high=-least, excludes_high=True),
    )


def _differs(least: float) -> Phrases:
    return _moved("{size} more", "{size} less", "about the same", "大致相同", least)


def _trends(least: float) -> Phrases:
    return _moved("up by {size}", "down by {size}", "steady", "基本不变", least)


DIFFERENCE, DIFFERENCE_OF_RATIOS = _differs(_SAME), _differs(_SAME_RATIO)
"""For a value minus the value before, which `{what}` names."""
TREND, TREND_OF_RATIOS = _trends(_SAME), _trends(_SAME_RATIO)
"""For a least-squares change per month."""
GROWTH: Phrases = (
    Phrase("{what}: nothing, unlike before", "{what}：为零，此前不为零", 0.0, 0.0),
    Phrase("{what}: below zero, unlike before", "{what}：为负，此前为正", high=0.0),
    Phrase("{what}: about the same", "{what}：大致相同", 1.0 - _SAME_RATIO, 1.0 + _SAME_RATIO),
    Phrase("{what}: {less} lower", "{what}：低{less}", 0.0, 1.0, excludes_low=True),
    Phrase("{what}: {more} higher", "{what}：高{more}", 1.0, 2.0, excludes_high=True),
    Phrase("{what}: {times} times as much", "{what}：为其{times}倍", low=2.0),
)
"""For a ratio to the value before, which `{what}` names: how far it is from 1, or, from 2 on, the ratio itself."""


AGO: Phrases = (
    Phrase("{what}: within the last month", "{what}：最近一个月内", 0.0, 0.0),
    Phrase("{what}: {ago} ago", "{what}：{ago}前", low=1.0),
)
"""For full months since something happened in a period."""


def since_end(en_today: str, zh_today: str) -> Phrases:
    """Return phrases for the months since something held at a month end; 0 is the as-of date."""
    return (
        Phrase(en_today, zh_today, 0.0, 0.0),
        Phrase("{what}: {value} ago", "{what}：{value}前", low=1.0),
    )


MOST_DAYS, MOST_DAYS_EARLY = 120.0, 31.0
"""The panel caps the days that an instalment is late or early at these numbers."""


def days_late(*otherwise: Phrase) -> Phrases:
    """Return phrases for days after the due date; negative values are days before it."""
    return (
        Phrase("{what}: {size} early or more", "{what}：提前{size}或更多", high=-MOST_DAYS_EARLY),
        Phrase("{what}: {size} early", "{what}：提前{size}", high=0.0, excludes_high=True),
        Phrase("{what}: {value} or more", "{what}：{value}或更多", low=MOST_DAYS),
        *(otherwise or (VALUE,)),
    )
