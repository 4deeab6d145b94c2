"""Unknown is not zero: if no row has days past due, a borrower is neither current nor late, neither good nor bad."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
from hand_made import OBSERVED, day, history, loan, monthly

from risk_warning.core.calendar import NEVER, to_date
from risk_warning.core.history.history import History
from risk_warning.core.outcomes.labels import Outcomes, known_and_bad, outcomes
from risk_warning.core.outcomes.target import TargetSpec, not_scored
from risk_warning.core.panel.builder import panel_of
from risk_warning.core.reach import Reach, statement_gap_days

JUNE = date(2024, 6, 1)
END = day("2024-09-01")
MONTH_ENDS = (
    "2024-01-31",
    "2024-02-29",
    "2024-03-31",
    "2024-04-30",
    "2024-05-31",
    "2024-06-30",
    "2024-07-31",
    "2024-08-31",
)


def statements(*dpd: float | None, loan: int = 0) -> list[dict[str, Any]]:
    """Return a statement at each month's end from January on; None gives a statement without days past due."""
    rows = []
    for on, value in zip(MONTH_ENDS, dpd, strict=False):
        rows.append({"loan": loan, "on": on, **({} if value is None else {"dpd": value})})
    return rows


def outcome(book: History) -> Outcomes:
    return outcomes(book, JUNE, TargetSpec())


def test_a_card_without_days_past_due_is_unknown_beside_a_book_of_instalments() -> None:
    book = history([loan(0, 0), loan(1, 1)], monthly(0, "2024-01", 12, paid_through=5), statements(*[None] * 8, loan=1))
    panel = panel_of(book, JUNE)
    np.testing.assert_array_equal(panel["dpd"][0], [0.0, np.nan])
    assert not_scored(panel, TargetSpec(), None).tolist() == [-1, -1], "unknown is eligible"
    assert np.isnan(panel["dpd"][:3, 1]).all()


def test_a_loan_without_any_row_that_tells_can_be_seen_to_be_bad_but_never_good() -> None:
    late = [*monthly(0, "2024-01", 12, paid_through=5)]
    book = history([loan(0), loan(1)], late, statements(*[None] * 8, loan=1))
    result = outcome(book)
    assert to_date(result.bad_on[0]) == date(2024, 7, 10)
    assert result.could_be_good.tolist() == [False], "so nothing is learnt from it, bad or not"
    known, _ = known_and_bad(book, JUNE, TargetSpec(), ())
    assert known.tolist() == [False]


@pytest.mark.parametrize(
    ("dpd", "bad_on", "known"),
    [
        ((0, 0, 0, 0, 0, 0, 0, 0), None, True),
        ((0, 0, 0, 0, 20, 35, 0, 0), "2024-06-30", True),
        ((0, 0, 0, 0, 20), None, False),
        ((0, 0, 0, 0, 20, None, 0, 0), None, False),
        ((0, 0, 0, 0, 20, 40, None, None), "2024-06-30", True),
    ],
)
def test_good_takes_a_known_day_to_the_end(dpd: tuple[float | None, ...], bad_on: str | None, known: bool) -> None:
    result = outcome(history([loan(0)], statements=statements(*dpd)))
    assert result.bad_on.tolist() == [NEVER if bad_on is None else day(bad_on)]
    assert result.known(END).tolist() == [known]


def test_statements_that_stop_with_the_loan_are_known_to_its_end() -> None:
    book = history([loan(0, closed="2024-06-20")], statements=statements(0, 0, 0, 0, 20))
    assert outcome(book).known(END).all()
    written_off = history([loan(0, written_off="2024-06-20")], statements=statements(0, 0, 0, 0, 20))
    assert to_date(outcome(written_off).bad_on[0]) == date(2024, 6, 20)


def test_a_statement_corrected_later_counts_as_corrected() -> None:
    rows = [*statements(0, 0, 0, 0, 0, 40, 0, 0), {"loan": 0, "on": "2024-06-30", "recorded": "2024-07-05", "dpd": 0.0}]
    result = outcome(history([loan(0)], statements=rows))
    assert result.bad_on.tolist() == [NEVER]
    known_then = outcomes(history([loan(0)], statements=rows), JUNE, TargetSpec(), known_before=day("2024-07-05"))
    assert to_date(known_then.bad_on[0]) == date(2024, 6, 30)


def test_without_loans_statements_that_stop_leave_it_open_unless_nothing_was_owed() -> None:
    bare = replace(OBSERVED, columns={t: c for t, c in OBSERVED.columns.items() if t != "loans"})
    for balance, known in ((200, False), (0, True)):
        rows = [{**row, "balance": balance} for row in statements(0, 0, 0, 0, 0)]
        book = history([loan(0)], statements=rows)
        alone = History.of(replace(book.rows, loans=None), bare)
        assert outcome(alone).known(END).tolist() == [known], balance


def test_each_loan_of_a_borrower_counts_with_its_own_latest_picture() -> None:
    book = history([loan(0), loan(1)], statements=[*statements(0, 0, 0, 25), *statements(0, 0, 0, 0, 0, loan=1)])
    assert panel_of(book, JUNE)["dpd"][0].tolist() == [25.0], "no statement in May says that the first card is paid"


def test_a_month_without_a_statement_is_no_gap_of_the_table() -> None:
    assert statement_gap_days(np.array([31, 29, 31, 30, 31, 61, 30, 31, 92])) == 31
    assert statement_gap_days(np.array([], np.int64)) == 31
    assert Reach().statement_gap_days == 31
