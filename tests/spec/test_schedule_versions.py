"""A re-dated instalment is late by its contract, not by the plan, and a borrower who was helped is not set aside."""

from __future__ import annotations

from datetime import date

import pytest
from hand_made import history, loan, monthly

from risk_warning.core.calendar import to_date
from risk_warning.core.history.history import History
from risk_warning.core.outcomes.labels import outcomes
from risk_warning.core.outcomes.target import REASONS, TargetSpec, not_scored
from risk_warning.core.panel.builder import panel_of


def deferred(paid: str | None = None) -> History:
    """Return a loan due every 10th; June's instalment is re-dated on 5 June to 10 September, the row with `paid`."""
    rows = monthly(0, "2024-01", 5, paid_through=5)
    rows += [
        {"loan": 0, "no": 6, "due": "2024-06-10", "paid": None},
        {"loan": 0, "no": 6, "due": "2024-09-10", "scheduled": "2024-06-05", "paid": paid},
    ]
    return history([loan(0)], rows)


@pytest.mark.parametrize(
    ("as_of", "contractual", "current", "reason"),
    [
        (date(2024, 6, 10), 0.0, 0.0, None),
        (date(2024, 6, 30), 20.0, 0.0, None),
        (date(2024, 7, 20), 40.0, 0.0, "on_plan"),
        (date(2024, 9, 20), 102.0, 10.0, "on_plan"),
        (date(2024, 10, 15), 127.0, 35.0, "past_due"),
    ],
)
def test_days_past_due_by_the_contract_and_by_the_plan(
    as_of: date, contractual: float, current: float, reason: str | None
) -> None:
    panel = panel_of(deferred(), as_of)
    assert panel["dpd"][0].tolist() == [contractual]
    assert panel.dpd_current.tolist() == [current]
    code = not_scored(panel, TargetSpec(), None)[0]
    assert (None if code < 0 else REASONS[code]) == reason


def test_an_instalment_booked_back_is_not_owed_before_it_is_known() -> None:
    """A fee due on 1 May is booked on 20 May: nobody owes it on 20 May, and on 21 May it is 20 days past due."""
    rows = monthly(0, "2024-01", 12, paid_through=12)
    for paid in ([None], [None, "2024-05-25"]):
        fee = [{"loan": 0, "no": 90, "due": "2024-05-01", "scheduled": "2024-05-20", "paid": day} for day in paid]
        book = history([loan(0)], rows + fee)
        assert panel_of(book, date(2024, 5, 20))["dpd"][0].tolist() == [0.0]
        assert panel_of(book, date(2024, 5, 21))["dpd"][0].tolist() == [20.0]
        # As of June the fee is known, but at the end of April and at the start of May 20 it was not.
        assert panel_of(book, date(2024, 6, 20))["dpd"][:2].tolist() == [[50.0 if paid == [None] else 0.0], [0.0]]


def test_what_is_still_to_pay_follows_the_plan() -> None:
    panel = panel_of(deferred(), date(2024, 6, 4))
    assert panel["due_next_30d_amount"].tolist() == [10_000.0], "the plan is not known yet"
    panel = panel_of(deferred(), date(2024, 6, 6))
    assert panel["due_next_30d_amount"].tolist() == [0.0]
    assert panel["outstanding_amount"].tolist() == [10_000.0]
    assert panel["forborne_loan_count"].tolist() == [1.0]


def test_a_plan_never_makes_an_outcome_good_by_itself() -> None:
    assert to_date(outcomes(deferred(), date(2024, 6, 1), TargetSpec()).bad_on[0]) == date(2024, 7, 10)


def test_a_payment_counts_on_whichever_row_it_stands() -> None:
    panel = panel_of(deferred(paid="2024-06-25"), date(2024, 7, 1))
    assert panel["dpd"][0].tolist() == [0.0]
    assert panel["days_late_max"][0].tolist() == [15.0]
    assert panel["outstanding_amount"].tolist() == [0.0]


def test_a_cancelled_number_is_no_longer_asked_for_and_one_that_is_not_mentioned_stands() -> None:
    rows = [
        *monthly(0, "2024-06", 3, paid_through=0),
        {"loan": 0, "no": 2, "due": "2024-07-10", "due_amount": 0, "scheduled": "2024-05-20", "paid": None},
    ]
    panel = panel_of(history([loan(0)], rows), date(2024, 6, 1))
    assert panel["outstanding_amount"].tolist() == [20_000.0]
    assert panel["remaining_count"].tolist() == [2.0]


def test_a_version_that_is_due_sooner_or_larger_is_no_relief() -> None:
    rows = [
        {"loan": 0, "no": 1, "due": "2024-06-10", "paid": None},
        {"loan": 0, "no": 1, "due": "2024-06-05", "due_amount": 120, "scheduled": "2024-05-20", "paid": None},
    ]
    assert panel_of(history([loan(0)], rows), date(2024, 6, 1))["forborne_loan_count"].tolist() == [0.0]
