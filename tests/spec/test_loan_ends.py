"""A loan that has ended owes nothing, ages no further, and keeps its history."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hand_made import OBSERVED, day, history, loan, monthly

from risk_warning.core.calendar import NEVER, to_date
from risk_warning.core.history.history import History
from risk_warning.core.outcomes.labels import Outcomes, outcomes
from risk_warning.core.outcomes.target import REASONS, TargetSpec, not_scored
from risk_warning.core.panel.builder import panel_of

JUNE = date(2024, 6, 1)
END = day("2024-09-01")
SPEC = TargetSpec()


def outcome(book: History, as_of: date = JUNE) -> Outcomes:
    return outcomes(book, as_of, SPEC)


def reasons(book: History, as_of: date = JUNE) -> list[str | None]:
    codes = not_scored(panel_of(book, as_of), SPEC, None)
    return [None if code < 0 else REASONS[code] for code in codes]


def test_a_loan_paid_off_early_is_never_bad_whatever_its_schedule_still_says() -> None:
    """Due every 10th and paid through June; after a payoff on 20 June the rest stays unpaid in the export."""
    rows = monthly(0, "2024-01", 12, paid_through=6)
    book = history([loan(0, closed="2024-06-20")], rows)
    assert outcome(book).bad_on.tolist() == [NEVER]
    assert outcome(book).known(END).all()
    open_still = history([loan(0)], rows)
    assert to_date(outcome(open_still).bad_on[0]) == date(2024, 8, 9)


def test_a_loan_closed_last_year_neither_ages_nor_is_owed() -> None:
    rows = [*monthly(0, "2023-02", 24, paid_through=10), *monthly(1, "2023-09", 12, paid_through=9)]
    book = history([loan(0, closed="2023-12-20"), loan(1)], rows)
    panel = panel_of(book, JUNE)
    assert reasons(book) == [None]
    assert panel["dpd"][0].tolist() == [0.0]
    assert panel["outstanding_amount"].tolist() == [3 * 10_000.0], "June to August of the other loan"
    # Instalments due on or after the closing day do not fall due: each month before June has only one.
    assert panel["due_count"][:5, 0].tolist() == [1, 1, 1, 1, 1]


def test_a_statement_dated_after_the_end_of_its_loan_is_no_statement() -> None:
    """A card closed on 15 March; its issuer goes on sending a picture of it every month."""
    statements = [{"loan": 0, "on": f"2024-{month:02d}-28", "balance": 0.0, "dpd": 0.0} for month in range(1, 6)]
    panel = panel_of(history([loan(0, closed="2024-03-15")], statements=statements), JUNE)
    assert panel["last_statement_days"].tolist() == [day("2024-06-01") - day("2024-02-28")]
    panel = panel_of(history([loan(0)], statements=statements), JUNE)
    assert panel["last_statement_days"].tolist() == [day("2024-06-01") - day("2024-05-28")]


def test_before_the_closing_is_known_the_rest_of_the_schedule_is_owed() -> None:
    rows = monthly(0, "2024-01", 12, paid_through=6)
    book = history([loan(0, closed="2024-06-20")], rows)
    assert panel_of(book, date(2024, 6, 20))["outstanding_amount"].tolist() == [6 * 10_000.0]
    assert panel_of(book, date(2024, 6, 21))["outstanding_amount"].tolist() == [0.0]
    told_later = history([loan(0), loan(0, closed="2024-06-20", valid_from="2024-07-15")], rows)
    assert panel_of(told_later, date(2024, 7, 15))["dpd"][0].tolist() == [5.0]
    assert panel_of(told_later, date(2024, 7, 16)).has_open_loan.tolist() == [False]


def test_what_was_late_before_the_closing_stays_history() -> None:
    rows = [*monthly(0, "2024-01", 12, paid_through=3), *monthly(1, "2023-09", 24, paid_through=24)]
    book = history([loan(0, closed="2024-05-20"), loan(1)], rows)
    panel = panel_of(book, JUNE)
    assert panel["dpd"][:3, 0].tolist() == [0.0, 21.0, 0.0], "on 1 May the instalment of 10 April stood unpaid"
    assert panel["days_late_max"][:2, 0].tolist() == [10.0, 40.0], "settled by the payoff on 20 May"
    assert panel["instalment_unpaid_amount"][:2, 0].tolist() == [0.0, 0.0]


def test_a_write_off_is_remembered_for_a_year_and_then_a_feature() -> None:
    rows = [*monthly(0, "2023-01", 24, paid_through=1), *monthly(1, "2023-01", 24, paid_through=24)]
    book = history([loan(0, written_off="2023-07-20"), loan(1)], rows)
    assert reasons(book) == ["written_off"]
    a_year_later = date(2024, 7, 21)
    assert reasons(book, a_year_later) == [None]
    panel = panel_of(book, a_year_later)
    assert panel["dpd"][0].tolist() == [0.0], "it does not age for ever"
    assert panel["written_off_days"].tolist() == [367.0]


def test_a_write_off_told_by_a_later_row_is_bad() -> None:
    rows = monthly(0, "2024-01", 12, paid_through=12)
    told_later = history([loan(0), loan(0, written_off="2024-07-15", valid_from="2024-08-20")], rows)
    assert to_date(outcome(told_later).bad_on[0]) == date(2024, 7, 15)


def test_a_loan_thought_open_that_was_written_off_already_is_bad_at_once() -> None:
    rows = monthly(0, "2024-01", 12, paid_through=12)
    book = history([loan(0), loan(0, written_off="2024-05-15", valid_from="2024-06-20")], rows)
    assert to_date(outcome(book).bad_on[0]) == JUNE


def test_a_write_off_wins_over_a_closing_and_charged_off_is_one() -> None:
    rows = monthly(0, "2024-01", 12, paid_through=12)
    both = history([loan(0, closed="2024-08-30", written_off="2024-08-20")], rows)
    assert to_date(outcome(both).bad_on[0]) == date(2024, 8, 20)
    charged = history([loan(0, closed="2024-07-20", closed_as="charged_off")], rows)
    assert to_date(outcome(charged).bad_on[0]) == date(2024, 7, 20)


@pytest.mark.parametrize(("answer", "known"), [(None, False), ("paid", True), ("refinanced", True), ("sold", False)])
def test_a_loan_closed_in_arrears_without_a_payment_near_is_unknown_where_nobody_says(
    answer: str | None, known: bool
) -> None:
    rows = monthly(0, "2024-01", 12, paid_through=5)
    more = {} if answer is None else {"closed_as": answer}
    doubting = replace(OBSERVED, closings_are_doubtful=True)
    book = history([loan(0, closed="2024-06-30", **more)], rows, observed=doubting)
    result = outcome(book)
    assert result.bad_on.tolist() == [NEVER]
    assert result.known(END).tolist() == [known]
    paid_off = history(
        [loan(0, closed="2024-06-30")], [*rows, {"loan": 0, "no": 6, "due": "2024-06-10", "paid": "2024-06-28"}]
    )
    assert outcome(replace(paid_off, observed=doubting)).known(END).all()


def test_a_loan_closed_as_another_opens_may_have_been_refinanced() -> None:
    rows = monthly(0, "2024-01", 12, paid_through=6)
    doubting = replace(OBSERVED, closings_are_doubtful=True)
    book = history([loan(0, closed="2024-06-30"), loan(1, opened="2024-07-01")], rows, observed=doubting)
    assert not outcome(book).known(END).any()


def test_rows_due_from_the_closing_on_change_nothing_once_it_is_known() -> None:
    rows = [*monthly(0, "2023-03", 24, paid_through=10), *monthly(1, "2023-01", 24, paid_through=20)]
    loans = [loan(0, closed="2024-01-10"), loan(1)]
    with_rest, without = history(loans, rows), history(loans, [r for r in rows if r["loan"] or r["due"] < "2024-01-10"])
    for as_of in (date(2024, 1, 11), date(2024, 2, 1), date(2024, 9, 15)):
        left, right = panel_of(with_rest, as_of), panel_of(without, as_of)
        assert left.signals.keys() == right.signals.keys()
        for name in left.signals:
            assert np.array_equal(left[name], right[name], equal_nan=True), (as_of, name)
        assert left.record_periods.tolist() == right.record_periods.tolist()
    for as_of in (date(2023, 6, 1), date(2023, 12, 1), JUNE):
        assert outcome(with_rest, as_of).bad_on.tolist() == outcome(without, as_of).bad_on.tolist()


def test_a_closed_card_owes_nothing_and_its_last_picture_is_not_carried_on() -> None:
    closed_card = [{"loan": 0, "on": f"2024-0{m}-28", "dpd": 20.0, "balance": 300} for m in (1, 2, 3, 4)]
    other = [{"loan": 1, "on": f"2024-0{m}-28", "dpd": 0.0, "balance": 50} for m in (1, 2, 3, 4)]
    book = history([loan(0, closed="2024-05-15"), loan(1)], statements=[*closed_card, *other])
    panel = panel_of(book, JUNE)
    assert panel["dpd"][:2, 0].tolist() == [0.0, 20.0]
    assert panel["balance"][:2, 0].tolist() == [0.0, 35_000.0], "ended in May, with nothing owed"
