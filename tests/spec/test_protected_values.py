"""What a column's values say: sexes, identity numbers, days and years of birth, ages."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from risk_warning.core.calendar import to_day
from risk_warning.core.protected_values import (
    are_ages,
    are_births,
    days_of,
    hold_identity_numbers,
    is_identity_number,
    may_be_sexes,
    sexes,
)


@pytest.mark.parametrize(
    ("values", "written"),
    [
        ({"F", "M"}, "F/M"),
        ({"f", "m", ""}, "F/M"),
        ({"F", "M", "U"}, "F/M"),
        ({"男", "女"}, "男/女"),
        ({"男", "女", "未知"}, "男/女"),
        ({"Male", "FEMALE"}, "female/male"),
        ({"Mr.", "Mrs.", "Ms"}, "female/male"),
        ({"0", "1"}, None),  # may mean anything
        ({"F", "M", "K"}, None),  # grades
        ({"F"}, None),
        ({"M", "unknown"}, None),
        (set(), None),
    ],
)
def test_two_sexes_and_nothing_else(values: set[str], written: str | None) -> None:
    assert sexes(values) == written


def test_one_sex_seen_is_reason_to_look_for_the_other() -> None:
    assert may_be_sexes({"F"}) and may_be_sexes({"M", "F"}) and may_be_sexes({"U", "男"})
    assert not may_be_sexes({"F", "K"}) and not may_be_sexes(set())


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        # Sum of weights times digits 167 = 15 * 11 + 2: remainder 2 has the check character X.
        ("11010519491231002X", True),
        (" 11010519491231002x ", True),
        # 4*7+4*9+0*10+5*5+2*8+4*4+1*2+8*1+8*6+0*3+0*7+1*9+0*10+1*5+0*8+0*4+1*2 = 195 = 17 * 11 + 8: remainder 8 has 4.
        ("440524188001010014", True),
        ("110105194912310021", False),  # the check character is X
        ("440524188001010015", False),
        ("1101051949123100", False),
        ("1101051949123100２X", False),
    ],
)
def test_an_identity_number_has_a_day_of_birth_and_the_right_check_character(text: str, holds: bool) -> None:
    assert is_identity_number(text) is holds


def test_a_thirteenth_month_is_no_day_of_birth_with_any_check_character() -> None:
    assert not any(is_identity_number("11010519491331002" + last) for last in "0123456789X")


def test_one_number_in_twenty_is_enough() -> None:
    others = ["remark"] * 19
    assert hold_identity_numbers(["11010519491231002X", *others])
    assert not hold_identity_numbers(["11010519491231002X", "remark", *others])
    assert not hold_identity_numbers([])


MARCH_7_1990 = float(to_day(date(1990, 3, 7)))


@pytest.mark.parametrize(
    "text",
    [
        "1990-03-07",
        "1990/3/7",
        "19900307",
        "19900307.0",
        "1.9900307e7",
        "1990年3月7日",
        "07.03.1990",
        "1990-03-07 00:00:00",
        "1990-03-07T08:00:00+08",
    ],
)
def test_a_day_is_read_however_it_is_written(text: str) -> None:
    dates = days_of([text])
    assert dates is not None and dates[0].tolist() == [MARCH_7_1990] and not dates[1]


def test_a_day_with_the_month_first_is_one_too() -> None:
    dates = days_of(["03/27/1990"])
    assert dates is not None and dates[0].tolist() == [MARCH_7_1990 + 20]


def test_a_year_stands_for_its_middle() -> None:
    dates = days_of(["1990", "1950.0"])
    assert dates is not None and dates[1]
    assert dates[0].tolist() == [to_day(date(1990, 7, 1)), to_day(date(1950, 7, 1))]


@pytest.mark.parametrize("values", [["19901301"], ["1990037"], ["199003"], ["3"], ["a"], ["1e99"], ["9" * 400], []])
def test_what_is_neither_a_day_nor_a_year_is_none(values: list[str]) -> None:
    assert days_of(values) is None


def test_one_value_in_twenty_may_be_wrong() -> None:
    assert days_of(["19900307"] * 19 + ["?"]) is not None
    assert days_of(["19900307"] * 18 + ["?"]) is None


def days(*texts: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array([to_day(date.fromisoformat(text)) for text in texts], np.float64)


TODAY = float(to_day(date(2024, 6, 1)))


@pytest.mark.parametrize(
    ("born", "are"),
    [
        (days("1950-01-01", "1975-05-05", "2001-12-31"), True),
        (days("1980-01-01", "1981-01-01", "1982-01-01"), False),  # too close together
        (days("1950-01-01", "1975-05-05", "2015-12-31"), False),  # one is 8 years old
        (days("1890-01-01", "1950-05-05", "2001-12-31"), False),  # one is 134 years old
        (days("2019-01-01", "2021-05-05", "2023-12-31"), False),  # recent account openings
    ],
)
def test_births_lie_14_to_110_years_back_and_are_spread(
    born: np.ndarray[tuple[int], np.dtype[np.float64]], are: bool
) -> None:
    assert are_births(born, TODAY) is are


def test_the_book_says_how_old_its_borrowers_are() -> None:
    opened = days("1990-01-01", "1997-05-05", "2004-12-31")
    assert not are_births(opened, float(to_day(date(2005, 10, 1))))
    assert are_births(opened, float(to_day(date(2026, 1, 1))))
    assert not are_births(opened, float("inf"))


@pytest.mark.parametrize(
    ("values", "are"),
    [
        (["14", "35", "110"], True),
        (["35.0", "36.0"], True),
        (["13", "35"], False),
        (["35", "111"], False),
        (["35.5", "40"], False),
        (["35", "35"], False),
        (["9" * 5000, "35"], False),
    ],
)
def test_ages_are_whole_numbers_from_14_to_110(values: list[str], are: bool) -> None:
    assert are_ages(values) is are
