"""Protected values: whether a column's values, whatever its name, are sexes, dates of birth or identity numbers.

The functions take some of a column's values as text, as a database prints them. A finding is a fixed phrase and never
contains a value of the column.

Worked example of an identity number (GB 11643): 11010519491231002X. The weights 7 9 10 5 8 4 2 1 6 3 7 9 10 5 8 4 2 on
its first 17 digits give 7 + 9 + 0 + 5 + 0 + 20 + 2 + 9 + 24 + 27 + 7 + 18 + 30 + 5 + 0 + 0 + 4 = 167 = 15 · 11 + 2, and
remainder 2 has the check character X.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

IDENTITY_NUMBER = "identity number"
DATES_OF_BIRTH, YEARS_OF_BIRTH, AGES = "values: dates of birth", "values: years of birth", "values: ages"
MIN_AGE, MAX_AGE = 14, 110
"""Range of a borrower's age in years; a wider range would accept any date."""
_MIN_SHARE = 0.95
"""Share of a column's dates that must imply such an age; a few may be typing errors and placeholders."""
_MIN_SPREAD_YEARS = 10.0
"""Least spread of ages between the 5th and the 95th percentile; launch dates of products spread less."""
_MIN_IDENTITY_SHARE = 0.05
"""By chance, three in 100,000 texts of 18 digits have a valid day of birth and a right last digit."""
_DAYS_A_YEAR = 365.25

_PAIRS = (("f", "m", "F/M"), ("female", "male", "female/male"), ("女", "男", "男/女"))
_FEMALE = frozenset(
    ("f", "female", "woman", "women", "girl", "mrs", "ms", "miss", "女", "女性", "女士", "女生", "小姐")
)
_MALE = frozenset(("m", "male", "man", "men", "boy", "mr", "男", "男性", "男士", "男生", "先生"))
_NOT_KNOWN = frozenset(
    (
        "u",
        "x",
        "o",
        "unknown",
        "other",
        "others",
        "none",
        "null",
        "na",
        "n/a",
        "-",
        "未知",
        "不详",
        "不詳",
        "其他",
        "保密",
    )
)

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
"""Check character for each remainder modulo 11 (ISO 7064, MOD 11-2)."""
_IDENTITY = re.compile(r"[1-9]\d{16}[\dX]", re.ASCII)
_YEAR_FIRST = re.compile(r"(\d{4})([-/.年]?)(\d{1,2})(?:\2|月)(\d{1,2})日?(?:[T ].*)?", re.ASCII)
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})(?: .*)?", re.ASCII)
_NUMBER = re.compile(r"\d{1,18}(?:\.\d{0,18})?(?:[eE]\+?\d{1,2})?", re.ASCII)


def sexes(values: Collection[str]) -> str | None:
    """Return how the column writes the two sexes, such as "F/M"; None unless it holds both and nothing else.

    Words for "unknown" are allowed too. 0 and 1 can mean anything and are not enough.

    >>> sexes({"F", "m", "U"}), sexes({"F", "M", "K"}), sexes({"0", "1"})
    ('F/M', None, None)
    """
    words = {value.strip().rstrip(".").casefold() for value in values} - {""}
    if not words <= _FEMALE | _MALE | _NOT_KNOWN or words.isdisjoint(_FEMALE) or words.isdisjoint(_MALE):
        return None
    return next((text for female, male, text in _PAIRS if {female, male} <= words), "female/male")


def may_be_sexes(values: Collection[str]) -> bool:
    """Whether all these values, which may be only some of the column's, are words for a sex or for "unknown"."""
    words = {value.strip().rstrip(".").casefold() for value in values} - {""}
    return bool(words) and words <= _FEMALE | _MALE | _NOT_KNOWN


def is_identity_number(text: str) -> bool:
    """Whether the text is a Chinese identity number: 18 characters, a valid day of birth, the right check character.

    >>> is_identity_number("11010519491231002X"), is_identity_number("110105194912310021")
    (True, False)
    """
    number = text.strip().upper()
    if not _IDENTITY.fullmatch(number) or _day(number[6:10], number[10:12], number[12:14]) is None:
        return False
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, number[:17], strict=True))
    return number[17] == _CHECKS[total % 11]


def hold_identity_numbers(values: Sequence[str]) -> bool:
    """Whether at least one value in twenty is an identity number, which contains a day of birth and a sex."""
    return sum(map(is_identity_number, values)) >= max(1, _MIN_IDENTITY_SHARE * len(values))


def days_of(values: Sequence[str]) -> tuple[NDArray[np.float64], bool] | None:
    """Return (each value as days from 1970-01-01, whether the values are years only).

    None unless nearly all values are days, or nearly all are years. Days may be written 1990-03-07, 1990/3/7,
    19900307, 1990年3月7日, 07.03.1990 or 03/07/1990; a time may follow. Years are four digits and count as the middle
    of the year.
    """
    texts = [_whole(value.strip()) for value in values]
    for is_year in (False, True):
        days = [_middle(text) if is_year else _written_day(text) for text in texts]
        known = [day for day in days if day is not None]
        if known and len(known) >= _MIN_SHARE * len(texts):
            return np.array(known, np.float64), is_year
    return None


def are_births(days: NDArray[np.float64], latest_day: float) -> bool:
    """Whether the days can be borrowers' dates of birth, given the latest day of the book.

    Nearly all must imply an age between 14 and 110, and the ages must differ by at least ten years. Recent dates, such
    as the opening of accounts, imply ages below 14.
    """
    ages = (latest_day - days) / _DAYS_A_YEAR
    if float(np.mean((ages >= MIN_AGE) & (ages <= MAX_AGE))) < _MIN_SHARE:
        return False
    young, old = np.percentile(ages, (5, 95))
    return float(old - young) >= _MIN_SPREAD_YEARS


def are_ages(values: Sequence[str]) -> bool:
    """Whether all values are whole numbers from 14 to 110, and not all the same.

    Only the column's name can show what they measure.
    """
    texts = {_whole(value.strip()) for value in values}
    return len(texts) > 1 and all(
        text.isdecimal() and len(text) <= 3 and MIN_AGE <= int(text) <= MAX_AGE for text in texts
    )


def _whole(text: str) -> str:
    """Return a whole number as its digits, even if written 19900307.0 or 1.9900307e7; other text unchanged."""
    if text.isdecimal() or not _NUMBER.fullmatch(text):
        return text
    number = float(text)
    return str(int(number)) if number.is_integer() else text


def _written_day(text: str) -> int | None:
    if match := _YEAR_FIRST.fullmatch(text):
        year, mark, month, day = match.groups()
        # Without separators only eight digits are a day.
        return _day(year, month, day) if mark or len(text) == 8 else None
    if match := _YEAR_LAST.fullmatch(text):
        first, _, second, year = match.groups()
        day_first = _day(year, second, first)
        return _day(year, first, second) if day_first is None else day_first
    return None


def _middle(text: str) -> int | None:
    return _day(text, "7", "1") if len(text) == 4 and text.isdecimal() else None


def _day(year: str, month: str, day: str) -> int | None:
    """Return days from 1970-01-01; None if the calendar has no such day, or it is before any living person's birth."""
    if not 1850 <= int(year) <= 2100:
        return None
    try:
        return date(int(year), int(month), int(day)).toordinal() - date(1970, 1, 1).toordinal()
    except ValueError:
        return None
