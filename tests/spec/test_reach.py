"""How far a table reaches: which gaps are usual for a table, and which show that the table has stopped."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import pytest
from hand_made import OBSERVED, history, loan, monthly
from numpy.typing import NDArray

from risk_warning.core.calendar import NEVER, to_date, to_day
from risk_warning.core.panel.builder import panel_of
from risk_warning.core.reach import PAYMENTS, STATEMENTS, Flow, Reach

START = to_day(date(2023, 1, 1))
TWO_YEARS = 730


def weekdays_only(day: date) -> bool:
    return day.weekday() < 5


def a_weeks_holiday(day: date) -> bool:
    """Return whether a day has rows: all but a week in October and a week around the lunar new year, which moves."""
    new_year = {2023: date(2023, 1, 21), 2024: date(2024, 2, 9), 2025: date(2025, 1, 28)}[day.year]
    return not (date(day.year, 10, 1) <= day <= date(day.year, 10, 7)) and not 0 <= (day - new_year).days < 7


def one_due_day(day: date) -> bool:
    return 10 <= day.day <= 13


def month_ends(day: date) -> bool:
    return (day + timedelta(days=1)).day == 1


def every_day(day: date) -> bool:
    return True


def flow(has_rows: Callable[[date], bool], days: int = TWO_YEARS, rows: int = 100) -> Flow:
    day_numbers = np.array([START + k for k in range(days) if has_rows(to_date(START + k))], np.int32)
    return Flow.of(day_numbers, np.full(len(day_numbers), rows))


def reach(table: str, of: Flow) -> Reach:
    return Reach(flows={table: of}, freshness_days={table: 3})


@pytest.mark.parametrize("has_rows", [every_day, weekdays_only, a_weeks_holiday, one_due_day, month_ends])
def test_no_table_is_refused_for_a_silence_of_its_own_kind(has_rows: Callable[[date], bool]) -> None:
    """Judge each day of two years by the rows that the table has up to that day."""
    for length in range(60, TWO_YEARS):
        seen = flow(has_rows, length)
        assert reach(PAYMENTS, seen).refusal(START + length) is None, to_date(START + length)


@pytest.mark.parametrize("days", [2, 10, 35, 90])
def test_a_table_cut_short_is_named_and_beyond_its_freshness_refused(days: int) -> None:
    cut = reach(PAYMENTS, flow(every_day, TWO_YEARS - days))
    as_of = START + TWO_YEARS
    assert cut.stopped(as_of)[PAYMENTS].days == days
    assert cut.payments_through(as_of) == as_of - 1 - days
    assert (cut.refusal(as_of) is None) == (days == 2)
    assert cut.outcomes_through() == as_of - 1 - days
    whole = reach(PAYMENTS, flow(every_day))
    assert not whole.stopped(as_of) and whole.payments_through(as_of) == NEVER


def test_the_refusal_names_table_date_and_the_way_out() -> None:
    refusal = reach(STATEMENTS, flow(every_day, TWO_YEARS - 35)).refusal(START + TWO_YEARS)
    assert refusal is not None
    assert "statements records payments through 2024-11-25 only, 35 days before 2024-12-31" in refusal
    assert "book.data_through.statements" in refusal


@pytest.mark.parametrize("days", [2, 10])
def test_a_monthly_table_that_lacks_its_last_month_end_is_dated_at_once_and_refused_days_later(days: int) -> None:
    """A month without a row is usual for it until the next month end, so the silence alone does not refuse that day."""
    year_end = date(2024, 12, 31)
    cut = reach(STATEMENTS, flow(month_ends, TWO_YEARS + 1 - days))
    new_year = to_day(year_end) + 1
    assert cut.newest_rows(new_year) == {STATEMENTS: to_day(date(2024, 11, 30))}
    assert cut.refusal(new_year) is None
    refused = next(day for day in range(new_year, new_year + 31) if cut.refusal(day) is not None)
    assert to_date(refused) <= date(2025, 1, 6)
    assert cut.newest_rows(START) == {}


def test_events_that_stop_are_named_and_never_refused() -> None:
    cut = reach("events", flow(every_day, TWO_YEARS - 90))
    assert cut.stopped(START + TWO_YEARS)["events"].days == 90
    assert cut.refusal(START + TWO_YEARS) is None


def test_a_stray_row_is_no_reach() -> None:
    days, rows = flow(every_day).days, np.full(TWO_YEARS, 100)
    for stray in ([180], [180, 181], [180, 2_800], [3_000]):
        later = np.concatenate((days, (days[-1] + np.array(stray)).astype(np.int32)))
        observed_flow = Flow.of(later, np.concatenate((rows, np.ones(len(stray), np.int64))))
        assert observed_flow.tells_through == int(days[-1]), stray


def test_an_outage_after_which_the_table_went_on_is_no_end() -> None:
    days = np.concatenate((np.arange(START, START + 400), np.arange(START + 410, START + 500))).astype(np.int32)
    observed_flow = Flow.of(days, np.full(len(days), 100))
    assert observed_flow.tells_through == START + 499
    within = reach(PAYMENTS, observed_flow)
    assert within.payments_through(START + 405) == START + 399, "on a day within it, nothing due since is late"
    assert within.payments_through(START + 450) == NEVER


def test_what_falls_due_on_a_day_not_covered_is_not_late() -> None:
    """Payments stop on 8 June; the instalment due on 10 June is not late, the one due on 5 June is late."""
    days: NDArray[np.int32] = np.arange(to_day(date(2024, 1, 1)), to_day(date(2024, 6, 9)), dtype=np.int32)
    silent = reach(PAYMENTS, Flow.of(days, np.full(len(days), 100)))
    observed = OBSERVED.__class__(OBSERVED.columns, reach=silent)
    rows = [*monthly(0, "2024-01", 12, 5), *monthly(1, "2024-01", 12, 5, day_of_month=5)]
    book = history([loan(0, 0), loan(1, 1)], rows, observed=observed)
    panel = panel_of(book, date(2024, 6, 11))
    assert panel["dpd"][0].tolist() == [0.0, 6.0]
    assert panel["late_count"][0].tolist() == [0.0, 1.0]
    assert panel["overdue_amount"].tolist() == [0.0, 10_000.0]


def test_what_the_lender_says_of_a_table_counts() -> None:
    lenders_reach = Reach(
        flows={PAYMENTS: flow(every_day)}, given={PAYMENTS: START + 700}, freshness_days={PAYMENTS: 3}
    )
    assert lenders_reach.outcomes_through() == START + 700
    assert lenders_reach.payments_through(START + 703) == START + 700
    assert lenders_reach.refusal(START + 704) is None
    assert lenders_reach.refusal(START + 705) is not None
