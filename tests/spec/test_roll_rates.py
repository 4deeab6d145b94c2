"""Roll rates, cures, vintages and horizons of loans small enough to follow by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from risk_warning.core.calendar import NEVER, to_date, to_day
from risk_warning.core.history.history import History
from risk_warning.core.observed import Observed
from risk_warning.core.outcomes.arrears import LEVELS, Arrears
from risk_warning.core.rows import Rows
from risk_warning.studies.target.onset import HORIZONS_MONTHS, months_known, onsets, quarters, vintages
from risk_warning.studies.target.roll_rates import AFTER, BUCKETS, CURE_LEVELS, CURE_MONTHS, cures, rolls

OBSERVED = Observed(
    {
        "borrowers": frozenset(),
        "loans": frozenset({"opened_on", "closed_on", "written_off_on"}),
        "instalments": frozenset({"due_on", "due_amount", "paid_on", "paid_amount"}),
        "statements": frozenset({"statement_on", "days_past_due"}),
    }
)
OPENED = "2023-01-10"


def days(*texts: str) -> np.ndarray:
    return np.array([NEVER if text == "" else to_day(date.fromisoformat(text)) for text in texts], np.int32)


def ints(*values: int) -> np.ndarray:
    return np.array(values, np.int32)


def firsts(*months: str) -> tuple[date, ...]:
    return tuple(date.fromisoformat(f"{month}-01") for month in months)


def book(
    owed: Sequence[tuple[int, str, str]] = (),
    statements: Sequence[tuple[int, str, float]] = (),
    loans: Sequence[tuple[str, str, str]] = (),
) -> Rows:
    """Return loans 0, 1, … of one borrower each.

    Loans are (opened, closed, written off), instalments of 100.00 (loan, due, paid), statements (loan, day, DPD).
    """
    loan, due, paid = zip(*owed, strict=True) if owed else ((), (), ())
    of, on, dpd = zip(*statements, strict=True) if statements else ((), (), ())
    n = 1 + max((*loan, *of))
    opened, closed, gone = zip(*(loans or [(OPENED, "", "")] * n), strict=True)
    paid_on = days(*paid)
    return Rows(
        borrower_id=np.arange(n),
        n_loans=n,
        borrowers={"borrower": np.arange(n, dtype=np.int32)},
        loans={
            "borrower": np.arange(n, dtype=np.int32),
            "loan": np.arange(n, dtype=np.int32),
            "opened_on": days(*opened),
            "closed_on": days(*closed),
            "written_off_on": days(*gone),
        },
        instalments={
            "borrower": ints(*loan),
            "loan": ints(*loan),
            "instalment_no": np.arange(len(loan), dtype=np.int32),
            "due_on": days(*due),
            "due_amount": np.full(len(loan), 10_000.0),
            "scheduled_on": days(*(opened[k] for k in loan)),
            "paid_on": paid_on,
            "paid_amount": np.where(paid_on == NEVER, 0.0, 10_000.0),
            "recorded_on": paid_on,
        }
        if owed
        else None,
        statements={
            "borrower": ints(*of),
            "loan": ints(*of),
            "statement_on": days(*on),
            "recorded_on": days(*on),
            "days_past_due": np.array(dpd),
        }
        if statements
        else None,
    )


def arrears(rows: Rows, dates: Sequence[date] = ()) -> Arrears:
    return Arrears.of(History.of(rows, OBSERVED), dates)


def runs(rows: Rows) -> list[tuple[int, str, str]]:
    """Return (loan, first day past due, first day back at 0) of each run."""

    def iso_day(day: int) -> str:
        return "" if day == NEVER else to_date(day).isoformat()

    arrears_runs = arrears(rows).runs
    return [
        (int(loan), iso_day(begun), iso_day(cured))
        for loan, begun, cured in zip(arrears_runs.loan, arrears_runs.begun_on, arrears_runs.cured_on, strict=True)
    ]


def rolled(rows: Rows, dates: Sequence[date]) -> dict[tuple[str, str], int]:
    counts = rolls(arrears(rows, dates), dates).sum(axis=0)
    return {(BUCKETS[row], AFTER[column]): int(counts[row, column]) for row, column in np.argwhere(counts)}


def test_a_loan_is_late_from_the_day_after_it_was_due_to_the_day_after_it_was_paid() -> None:
    june = book([(0, "2023-06-01", "2023-06-20")])
    assert runs(june) == [(0, "2023-06-02", "2023-06-21")]
    reached = arrears(june).runs.reached_on[:, 0]
    assert to_date(reached[LEVELS.index(15)]) == date(2023, 6, 16)
    assert reached[LEVELS.index(30)] == NEVER
    around = [date(2023, 6, day) for day in (1, 2, 16, 20, 21)]
    assert arrears(june, around).dpd[:, 0].tolist() == [0, 1, 15, 19, 0]


def test_late_instalments_that_touch_are_one_run_and_the_oldest_counts() -> None:
    rows = book(
        [(0, "2023-03-10", "2023-04-20"), (0, "2023-04-10", "2023-05-02"), (0, "2023-05-10", "2023-05-11")],
    )
    assert runs(rows) == [(0, "2023-03-11", "2023-05-03"), (0, "2023-05-11", "2023-05-12")]
    # 9 April is 30 days after 10 March; April's instalment, paid before it is 30 days late, adds no later day.
    assert to_date(arrears(rows).runs.reached_on[LEVELS.index(30), 0]) == date(2023, 4, 9)
    assert arrears(rows, [date(2023, 4, 21)]).dpd[0, 0] == 11, "March is paid, April is due for 11 days"


def test_statements_tell_lateness_until_the_next_one() -> None:
    rows = book(
        statements=[(0, "2023-03-31", 0.0), (0, "2023-04-30", 20.0), (0, "2023-05-31", 45.0), (0, "2023-06-30", 0.0)]
    )
    assert runs(rows) == [(0, "2023-04-30", "2023-06-30")]
    assert to_date(arrears(rows).runs.reached_on[LEVELS.index(30), 0]) == date(2023, 5, 31)
    dpd = arrears(rows, firsts("2023-03", "2023-04", "2023-05", "2023-06", "2023-07", "2023-08", "2023-09")).dpd[:, 0]
    assert dpd[1:6].tolist() == [0, 20, 45, 0, 0], "one month without a statement is carried over"
    assert np.isnan(dpd[[0, 6]]).all(), "before the first, and two months after the last, nothing is known"


def test_a_loan_with_both_tables_is_late_where_either_says_so_and_once() -> None:
    rows = book([(0, "2023-04-10", "2023-05-15")], [(0, "2023-04-30", 0.0), (0, "2023-05-10", 30.0)])
    assert runs(rows) == [(0, "2023-04-11", "")], "no later statement says that it is over"
    both = book([(0, "2023-04-10", "2023-05-15")], [(0, "2023-04-30", 20.0), (0, "2023-05-31", 0.0)])
    assert runs(both) == [(0, "2023-04-11", "2023-05-31")]


def test_a_third_of_three_loans_each_rolls_on_comes_nearer_and_is_paid_up() -> None:
    # 22 March is 40 days before 1 May.
    rows = book(
        [
            (0, "2023-03-22", ""),
            (1, "2023-03-22", "2023-05-25"),
            (1, "2023-05-22", ""),
            (2, "2023-03-22", "2023-05-03"),
        ]
    )
    assert rolled(rows, firsts("2023-05", "2023-06")) == {
        ("30–59", "60–89"): 1,
        ("30–59", "1–14"): 1,
        ("30–59", "0"): 1,
    }


def test_loans_that_end_roll_to_closed_or_written_off_and_are_followed_no_further() -> None:
    rows = book(
        [(0, "2023-03-10", "2023-03-10"), (1, "2023-01-20", "")],
        loans=[(OPENED, "2023-03-11", ""), (OPENED, "", "2023-04-02")],
    )
    assert rolled(rows, firsts("2023-03", "2023-04", "2023-05", "2023-06")) == {
        ("0", "closed"): 1,
        ("30–59", "60–89"): 1,
        ("60–89", "written off"): 1,
    }


def test_borrowers_with_rows_set_aside_are_left_out() -> None:
    rows = replace(book([(0, "2023-03-10", ""), (1, "2023-03-10", "")]), set_aside=np.array([True, False]))
    assert runs(rows) == [(1, "2023-03-11", "")]
    dates = firsts("2023-03", "2023-04")
    assert rolled(rows, dates) == {("0", "15–29"): 1}
    assert onsets(arrears(rows, dates), dates)[0].tolist() == [1, 0]


def test_cures_count_each_time_a_level_is_reached_with_months_enough_after_it() -> None:
    rows = book(
        [
            (0, "2023-02-10", "2023-05-01"),  # 30 on 12 March, 60 on 11 April, back on 2 May
            (1, "2023-02-10", "2023-07-01"),  # 30 on 12 March, 90 on 11 May, back on 2 July: in the fourth month
            (2, "2023-07-10", "2023-07-26"),  # 15 on 25 July, back on 27 July
            (2, "2023-09-10", "2023-09-30"),  # 15 on 25 September, with 2 months and 6 days of data after it
        ]
    )
    counts = cures(arrears(rows), date(2023, 1, 1), date(2023, 12, 1))
    expected = {
        (15, 3): (3, 2, 1),
        (15, 6): (2, 2, 1),
        (30, 3): (2, 1, 1),
        (30, 6): (2, 2, 1),
        (60, 3): (2, 2, 1),
        (60, 6): (2, 2, 1),
    }
    assert {
        (level, months): tuple(counts[k, m].tolist())
        for k, level in enumerate(CURE_LEVELS)
        for m, months in enumerate(CURE_MONTHS)
    } == expected
    # From 1 April on, loans reach only 60 days, and 15 days in July and September.
    later = cures(arrears(rows), date(2023, 4, 1), date(2023, 12, 1))
    assert later[:, 0, 0].tolist() == [1, 0, 2]


def test_a_time_counts_from_the_day_on_which_its_months_are_over() -> None:
    late = arrears(book([(0, "2023-02-10", "")]))  # 30 on 12 March
    assert cures(late, date(2023, 1, 1), date(2023, 6, 12))[1, 0, 0] == 1
    assert cures(late, date(2023, 1, 1), date(2023, 6, 11))[1, 0, 0] == 0


def test_a_loan_closed_with_something_unpaid_reaches_no_further_level() -> None:
    closed = book([(0, "2023-02-10", "")], loans=[(OPENED, "2023-03-01", "")])
    assert cures(arrears(closed), date(2023, 1, 1), date(2023, 12, 1))[:, 0, 0].tolist() == [1, 0, 0]


def test_what_is_paid_after_a_write_off_is_no_cure() -> None:
    owed = [(0, "2023-02-10", "2023-05-01")]
    assert cures(arrears(book(owed)), date(2023, 1, 1), date(2023, 12, 1))[1, 0].tolist() == [1, 1, 0]
    written_off = book(owed, loans=[(OPENED, "", "2023-04-20")])
    assert cures(arrears(written_off), date(2023, 1, 1), date(2023, 12, 1))[1, 0].tolist() == [1, 0, 1]


def test_a_vintage_counts_a_loan_from_the_age_at_which_it_was_first_30_days_late() -> None:
    rows = book(
        [(0, "2023-02-10", ""), (1, "2023-02-10", "2023-02-10"), (2, "2023-05-01", "2023-05-01")],
        loans=[(OPENED, "", ""), (OPENED, "", ""), ("2023-04-01", "", "2023-08-15")],
    )
    first, last = date(2023, 1, 1), date(2023, 12, 1)
    starts = quarters(first, last)
    assert starts == firsts("2023-01", "2023-04", "2023-07", "2023-10")
    counts = vintages(arrears(rows), first, last)
    # 12 March is in the third month after 10 January, 15 August in the fifth after 1 April.
    assert counts[0, [0, 3]].tolist() == [1, 1] and counts[0].sum() == 2
    assert counts[1, 5] == 1 and counts[1].sum() == 1
    assert counts[2:].sum() == 0


def test_a_vintage_is_shown_as_far_as_its_youngest_loan_is_old() -> None:
    # The youngest loan of the first quarter may open on 31 March: 9 months on book on 31 December, 8 the day before.
    starts, last = firsts("2023-01", "2023-10"), date(2023, 12, 1)
    assert months_known(starts, last, date(2023, 12, 31)) == (9, 0)
    assert months_known(starts, last, date(2023, 12, 30)) == (8, 0)
    assert months_known(starts, last, date(2024, 1, 1)) == (9, 1), "nobody opened a loan after the last date"
    assert months_known(starts, last, date(2030, 1, 1)) == (36, 36)


def test_a_current_borrower_turns_bad_within_the_horizons_that_hold_the_day() -> None:
    rows = book([(0, "2023-02-10", ""), (1, "2023-02-10", "2023-02-10")])
    dates = firsts("2023-02", "2023-03")
    current, bads = onsets(arrears(rows, dates), dates)
    assert current.tolist() == [2, 1], "on 1 March one of them is 19 days late"
    by_level = {level: bads[0, :, k].tolist() for k, level in enumerate(LEVELS)}
    # 15 days on 25 February, 30 on 12 March, 60 on 11 April, 90 on 11 May.
    assert by_level == {
        15: [1, 1, 1, 1, 1, 1],
        30: [0, 1, 1, 1, 1, 1],
        60: [0, 0, 1, 1, 1, 1],
        90: [0, 0, 0, 1, 1, 1],
    }
    assert HORIZONS_MONTHS == (1, 2, 3, 4, 5, 6)
    assert bads[1].sum() == 0


def test_the_day_on_which_the_horizon_ends_is_not_in_it() -> None:
    dates = firsts("2023-07")
    on_the_day, before = (
        onsets(arrears(book([(0, due, "")]), dates), dates)[1] for due in ("2023-07-03", "2023-07-02")
    )
    # 60 days after 3 July is 1 September, the first day after two months.
    assert on_the_day[0, :3, LEVELS.index(60)].tolist() == [0, 0, 1]
    assert before[0, :3, LEVELS.index(60)].tolist() == [0, 1, 1]


def test_only_loans_open_on_the_day_turn_a_borrower_bad() -> None:
    rows = book([(0, "2023-07-01", ""), (1, "2023-12-01", "")], loans=[("2023-02-05", "", ""), (OPENED, "", "")])
    assert rows.loans is not None and rows.instalments is not None
    # Both are loans of the same borrower.
    of_one = replace(
        rows,
        loans={**rows.loans, "borrower": ints(0, 0)},
        instalments={**rows.instalments, "borrower": ints(0, 0)},
    )
    dates = firsts("2023-02", "2023-03")
    current, bads = onsets(arrears(of_one, dates), dates)
    assert current.tolist() == [1, 1]
    by_30 = bads[:, -1, LEVELS.index(30)].tolist()
    assert by_30 == [0, 1], "on 1 February the loan that is not paid in July is still to be opened"


def test_a_write_off_is_bad_by_every_definition() -> None:
    rows = book([(0, "2023-12-10", "")], loans=[(OPENED, "", "2023-02-20")])
    dates = firsts("2023-02")
    current, bads = onsets(arrears(rows, dates), dates)
    assert current.tolist() == [1]
    assert (bads[0] == 1).all()


@pytest.mark.parametrize("with_statements", [False, True])
def test_without_the_table_loans_a_loan_is_open_while_something_is_owed_or_stated(with_statements: bool) -> None:
    if with_statements:
        rows = book(statements=[(0, "2023-02-15", 0.0), (0, "2023-03-15", 0.0)])
    else:
        rows = book([(0, "2023-03-01", "2023-03-01"), (0, "2023-04-01", "2023-04-02")])
    lives = arrears(replace(rows, loans=None)).lives
    spans = {True: ("2023-02-15", "2023-04-15"), False: (OPENED, "2023-04-02")}
    opened, closed = (date.fromisoformat(day) for day in spans[with_statements])
    is_open = [lives.open_at(to_day(opened) + k)[0] for k in (0, 1)], lives.open_at(to_day(closed))[0]
    assert is_open == ([False, True], True)
    assert not lives.open_at(to_day(closed) + 1)[0]
