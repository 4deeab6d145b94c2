"""What a borrower can pay today: the oldest overdue debt first, in full, and then the card balances."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from risk_warning.core.calendar import NEVER, to_day
from risk_warning.core.history.history import History
from risk_warning.core.observed import Observed
from risk_warning.core.panel.builder import panel_of
from risk_warning.core.panel.panel import Panel
from risk_warning.core.rows import Rows
from risk_warning.review.actions import Action
from risk_warning.review.payments import payments

AS_OF = date(2024, 6, 10)
OBSERVED = Observed(
    {
        "borrowers": frozenset(),
        "instalments": frozenset({"due_on", "due_amount", "paid_on", "paid_amount"}),
        "statements": frozenset(
            {"statement_on", "balance", "credit_limit", "due_amount", "paid_amount", "days_past_due"}
        ),
    }
)


def days(*texts: str) -> np.ndarray:
    return np.array([NEVER if text == "" else to_day(date.fromisoformat(text)) for text in texts], np.int32)


def ints(*values: int) -> np.ndarray:
    return np.array(values, np.int32)


# A loan: May is paid, and half of June's 1,000.00. A card 20 days past due: since 11 May the payment of one statement
# is 300.00 short, and the next 500.00 is not paid at all. Another card is not past due.
ROWS = Rows(
    borrower_id=np.array(["b"], object),
    n_loans=3,
    borrowers={"borrower": ints(0)},
    instalments={
        "borrower": ints(0, 0, 0),
        "loan": ints(0, 0, 0),
        "instalment_no": ints(1, 2, 3),
        "due_on": days("2024-05-01", "2024-06-01", "2024-07-01"),
        "due_amount": np.array([100_000.0, 100_000.0, 100_000.0]),
        "scheduled_on": days("2024-04-01", "2024-04-01", "2024-04-01"),
        "paid_on": days("2024-05-01", "2024-06-02", ""),
        "paid_amount": np.array([100_000.0, 50_000.0, 0.0]),
        "recorded_on": days("2024-05-01", "2024-06-02", ""),
    },
    statements={
        "borrower": ints(0, 0, 0, 0),
        "loan": ints(1, 1, 1, 2),
        "statement_on": days("2024-03-31", "2024-05-15", "2024-05-31", "2024-05-31"),
        "recorded_on": days("2024-03-31", "2024-05-15", "2024-05-31", "2024-05-31"),
        "balance": np.array([900_000.0, 950_000.0, 1_000_000.0, 40_000.0]),
        "credit_limit": np.full(4, 1_000_000.0),
        "due_amount": np.array([70_000.0, 50_000.0, 50_000.0, 2_000.0]),
        "paid_amount": np.array([0.0, 20_000.0, 0.0, 2_000.0]),
        "days_past_due": np.array([0.0, 4.0, 20.0, 0.0]),
    },
)


def ladder(rows: Rows = ROWS) -> Action:
    action = payments(rows, AS_OF, 0.01, 2)
    assert action is not None and action.rows is not None
    return action


def after(step: int, rows: Rows = ROWS) -> Panel:
    action = ladder(rows)
    assert action.rows is not None
    return panel_of(History.of(action.rows(rows, step), OBSERVED), AS_OF)


def test_the_oldest_debt_comes_first_and_each_is_paid_in_whole() -> None:
    # The card's debt, due on 11 May, is 300.00 + 500.00; the loan's, due on 1 June, is 500.00.
    action = ladder()
    assert [action.describe(k)[0].before - action.describe(k)[0].after for k in (1, 2)] == [800, 1_300]
    assert action.describe(1)[0].text["en"] == "Pay the oldest overdue payment: 800.00"
    assert action.describe(2)[0].text["en"] == "Pay all that is overdue: 1,300.00"
    assert (after(1)["dpd"][0, 0], after(2)["dpd"][0, 0]) == (9, 0)
    assert (after(1)["overdue_amount"][0], after(2)["overdue_amount"][0]) == (50_000, 0)


def test_a_payment_lowers_the_balance_and_counts_as_paid_in_that_month() -> None:
    before = panel_of(History.of(ROWS, OBSERVED), AS_OF)
    assert after(1)["balance"][0, 0] == before["balance"][0, 0] - 80_000
    assert after(1)["statement_paid_amount"][0, 0] == before["statement_paid_amount"][0, 0] + 80_000


def test_card_balances_come_last_the_largest_first_and_end_at_nothing() -> None:
    action = ladder()
    overdue, cards = action.describe(3)
    assert (overdue.action, overdue.after, cards.action) == ("pay_overdue", 0, "pay_down_cards")
    assert action.describe(action.steps)[1].after == 0
    assert after(action.steps)["balance"][0, 0] == 0
    assert action.rows is not None
    paid = action.rows(ROWS, action.steps - 1).statements
    assert paid is not None and paid["balance"][2] == 0 and 0 < paid["balance"][3] < 40_000


def test_the_share_is_of_the_money_that_could_be_paid() -> None:
    action = ladder()
    most = 1_000_000 + 40_000 + 50_000
    assert action.share(2) == pytest.approx(130_000 / most)
    assert action.share(action.steps) == 1


def test_a_statement_not_yet_recorded_is_not_looked_at() -> None:
    assert ROWS.statements is not None
    recorded = ROWS.statements["recorded_on"].copy()
    recorded[2] = to_day(AS_OF)
    rows = replace(ROWS, statements={**ROWS.statements, "recorded_on": recorded})
    # On 15 May the card is 4 days past due, and 300.00 is missing.
    action = ladder(rows)
    assert action.describe(1)[0].before - action.describe(1)[0].after == 300


def test_who_owes_nothing_today_can_pay_nothing() -> None:
    assert ROWS.instalments is not None
    loan = {name: values[:1] for name, values in ROWS.instalments.items()}
    assert payments(replace(ROWS, instalments=loan, statements=None), AS_OF, 0.01, 2) is None


def test_statements_that_show_no_balance_leave_nothing_to_pay_down() -> None:
    assert ROWS.statements is not None
    rows = replace(ROWS, statements={name: v for name, v in ROWS.statements.items() if name != "balance"})
    assert [step.action for step in ladder(rows).describe(ladder(rows).steps)] == ["pay_overdue"]
