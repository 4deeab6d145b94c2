"""The level instalments of a loan, and the days on which they fall due."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk_warning.core.schedule import due_dates, level_amounts


@pytest.mark.parametrize(
    ("principal", "rate", "months", "amounts"),
    [
        (1_000_000, 0.12, 12, (*[88_849] * 11, 88_846)),
        (100_000, 0.0, 3, (33_333, 33_333, 33_334)),
        (100_000, 1e-300, 3, (33_333, 33_333, 33_334)),
        (100_000, 0.06, 1, (100_500,)),
        (5, 0.0, 12, (1, 1, 1, 1, 1)),
    ],
)
def test_all_instalments_are_alike_but_the_last(
    principal: int, rate: float, months: int, amounts: tuple[int, ...]
) -> None:
    assert level_amounts(principal, rate, months) == amounts


@given(
    principal=st.integers(100, 10**10),
    rate=st.integers(0, 4800).map(lambda basis_points: basis_points / 10_000),
    months=st.integers(1, 360),
)
def test_the_instalments_repay_the_loan_with_its_interest_to_the_minor_unit(
    principal: int, rate: float, months: int
) -> None:
    amounts = level_amounts(principal, rate, months)
    owed, monthly = Fraction(principal), Fraction(repr(rate)) / 12
    for amount in amounts:
        owed = owed * (1 + monthly) - amount
    assert abs(owed) <= Fraction(1, 2)
    assert 0 < len(amounts) <= months
    assert set(amounts[:-1]) <= {max(amounts[:-1], default=0)} and min(amounts) > 0


def test_a_rate_beyond_all_reason_still_gives_a_schedule_that_ends() -> None:
    amounts = level_amounts(1_000_000, 10.0, 600)
    assert len(amounts) < 600 and amounts[-1] <= amounts[0]


def test_the_first_instalment_falls_due_a_month_after_the_opening() -> None:
    assert due_dates(date(2023, 12, 5), None, 2) == (date(2024, 1, 5), date(2024, 2, 5))


def test_a_due_date_is_clipped_to_its_month_and_the_next_is_not_moved_by_it() -> None:
    assert due_dates(date(2023, 1, 1), date(2023, 1, 31), 3) == (
        date(2023, 1, 31),
        date(2023, 2, 28),
        date(2023, 3, 31),
    )
