"""Phrases: words in English and Chinese, each with the values of which they are true.

A feature declares some phrases, in order; of those that hold for a borrower's value the first one speaks. So a count of
0 has words of its own, and a ratio to before says how much less or more it is. Where a value is missing, `Missing`
says what nobody observed, under a reason code of its own: its points never add to a reason that claims an observation.

Words in braces are filled in: `{what}` what the feature measures, `{value}` the value with its unit, `{number}` the
value without, `{size}` its absolute value with its unit; of a ratio to before `{less}` and `{more}`, how far it is from
1, in per cent, and `{times}`, the ratio itself; of a number of full months `{ago}`, how long ago it may be.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import inf
from string import Formatter

_SAME = 0.005
"""Values so close to each other read as the same: two decimals are shown."""
_SAME_RATIO = _SAME / 100


@dataclass(frozen=True)
class Phrase:
    """Words true of the values from `low` to `high`, both ends included unless excluded."""

    en: str
    zh: str
    low: float = -inf
    high: float = inf
    excludes_low: bool = False
    excludes_high: bool = False

    @cached_property
    def blanks(self) -> tuple[str, ...]:
        """Names in braces, `what` aside, which every feature fills in alike."""
        named = (name for words in (self.en, self.zh) for _, name, _, _ in Formatter().parse(words))
        return tuple(dict.fromkeys(name for name in named if name and name != "what"))

    def holds(self, value: float | str) -> bool:
        """Whether the words are true of a value; of a category's text those of every value are."""
        if isinstance(value, str):
            return self.low == -inf and self.high == inf
        above = value > self.low if self.excludes_low else value >= self.low
        return above and (value < self.high if self.excludes_high else value <= self.high)


@dataclass(frozen=True)
class Missing:
    """What a missing value says."""

    en: str = "{what}: not known"
    zh: str = "{what}：未知"
    code: str | None = None
    """Reason code its points add to; None: that of the feature with `_unknown`."""


NOT_KNOWN = Missing()
Phrases = tuple[Phrase, ...]

VALUE = Phrase("{what}: {value}", "{what}：{value}")
"""True of every value."""
NUMBER = Phrase("{what}: {number}", "{what}：{value}")
"""Of a count whose unit `{what}` says already."""


def at_zero(en: str, zh: str, otherwise: Phrase = VALUE) -> Phrases:
    """Words of their own for 0."""
    return Phrase(en, zh, 0.0, 0.0), otherwise


def _moved(en_up: str, en_down: str, en_same: str, zh_same: str, least: float) -> Phrases:
    """A signed change: what lies within `least` of 0, in the feature's unit, reads as none."""
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
"""A value less the one before, which `{what}` names."""
TREND, TREND_OF_RATIOS = _trends(_SAME), _trends(_SAME_RATIO)
"""A least-squares change a month."""
GROWTH: Phrases = (
    Phrase("{what}: nothing, unlike before", "{what}：为零，此前不为零", 0.0, 0.0),
    Phrase("{what}: below zero, unlike before", "{what}：为负，此前为正", high=0.0),
    Phrase("{what}: about the same", "{what}：大致相同", 1.0 - _SAME_RATIO, 1.0 + _SAME_RATIO),
    Phrase("{what}: {less} lower", "{what}：低{less}", 0.0, 1.0, excludes_low=True),
    Phrase("{what}: {more} higher", "{what}：高{more}", 1.0, 2.0, excludes_high=True),
    Phrase("{what}: {times} times as much", "{what}：为其{times}倍", low=2.0),
)
"""A ratio to the value before, which `{what}` names: what it lacks of 1, or exceeds it, or from 2 on how many times."""


AGO: Phrases = (
    Phrase("{what}: within the last month", "{what}：最近一个月内", 0.0, 0.0),
    Phrase("{what}: {ago} ago", "{what}：{ago}前", low=1.0),
)
"""Full months since something happened in a period."""


def since_end(en_today: str, zh_today: str) -> Phrases:
    """Months since something held at a month end, 0 being the as-of date."""
    return (
        Phrase(en_today, zh_today, 0.0, 0.0),
        Phrase("{what}: {value} ago", "{what}：{value}前", low=1.0),
    )


MOST_DAYS, MOST_DAYS_EARLY = 120.0, 31.0
"""The panel counts an instalment as at most so many days late or early."""


def days_late(*otherwise: Phrase) -> Phrases:
    """Days after the due date; below 0 before it."""
    return (
        Phrase("{what}: {size} early or more", "{what}：提前{size}或更多", high=-MOST_DAYS_EARLY),
        Phrase("{what}: {size} early", "{what}：提前{size}", high=0.0, excludes_high=True),
        Phrase("{what}: {value} or more", "{what}：{value}或更多", low=MOST_DAYS),
        *(otherwise or (VALUE,)),
    )
