"""A book made by hand: loans, instalments and statements of a few borrowers, with dates as text (YYYY-MM-DD)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.calendar import ALWAYS, NEVER, to_day
from risk_warning.core.history.history import History
from risk_warning.core.observed import Observed
from risk_warning.core.rows import Rows

OBSERVED = Observed(
    {
        "borrowers": frozenset(),
        "loans": frozenset({"opened_on", "closed_on", "written_off_on", "closed_as"}),
        "instalments": frozenset({"due_on", "due_amount", "paid_on", "paid_amount"}),
        "statements": frozenset({"statement_on", "balance", "days_past_due"}),
    }
)
CLOSED_AS = ("charged_off", "paid", "refinanced", "sold")
OPENED = "2023-01-05"
Row = Mapping[str, Any]


def day(text: str | None, empty: int = NEVER) -> int:
    return to_day(date.fromisoformat(text)) if text else empty


def loan(number: int, borrower: int = 0, opened: str = OPENED, **more: Any) -> Row:
    """Return a loan, or its terms from `valid_from` on; `more`: closed, written_off, closed_as, valid_from."""
    return {"loan": number, "borrower": borrower, "opened": opened, **more}


def monthly(loan: int, first: str, months: int, paid_through: int, day_of_month: int = 10, **more: Any) -> list[Row]:
    """Return monthly instalments of 100 from `first` (YYYY-MM) on; `paid_through` of them are paid on the due date."""
    year, month = map(int, first.split("-"))
    rows = []
    for k in range(months):
        due = date(year + (month - 1 + k) // 12, (month - 1 + k) % 12 + 1, day_of_month).isoformat()
        rows.append({"loan": loan, "no": k + 1, "due": due, "paid": due if k < paid_through else None, **more})
    return rows


def history(
    loans: Sequence[Row],
    instalments: Sequence[Row] = (),
    statements: Sequence[Row] = (),
    observed: Observed = OBSERVED,
) -> History:
    """Return the history of these rows.

    Amounts are in whole units. `paid` alone means paid in full; `amount` gives a partial payment. Fields left out are
    empty.
    """
    owner = {row["loan"]: row["borrower"] for row in loans}
    opened = {row["loan"]: row["opened"] for row in loans}
    n, n_loans = max(owner.values()) + 1, max(owner) + 1

    def ints(rows: Sequence[Row], name: str) -> NDArray[np.int32]:
        return np.array([row[name] for row in rows], np.int32)

    def days(rows: Sequence[Row], name: str, empty: int = NEVER) -> NDArray[np.int32]:
        return np.array([day(row.get(name), empty) for row in rows], np.int32)

    def owners(rows: Sequence[Row]) -> NDArray[np.int32]:
        return np.array([owner[row["loan"]] for row in rows], np.int32)

    paid = days(instalments, "paid")
    due_amount = np.array([row.get("due_amount", 100) * 100.0 for row in instalments])
    amount = np.array([row.get("amount", row.get("due_amount", 100)) * 100.0 for row in instalments])
    return History.of(
        Rows(
            borrower_id=np.arange(n),
            n_loans=n_loans,
            borrowers={"borrower": np.arange(n, dtype=np.int32)},
            loans={
                "borrower": ints(loans, "borrower"),
                "loan": ints(loans, "loan"),
                "valid_from": days(loans, "valid_from", ALWAYS),
                "opened_on": days(loans, "opened"),
                "closed_on": days(loans, "closed"),
                "written_off_on": days(loans, "written_off"),
                "closed_as": np.array(
                    [CLOSED_AS.index(row["closed_as"]) if "closed_as" in row else -1 for row in loans], np.int32
                ),
            },
            instalments={
                "borrower": owners(instalments),
                "loan": ints(instalments, "loan"),
                "instalment_no": ints(instalments, "no"),
                "due_on": days(instalments, "due"),
                "due_amount": due_amount,
                "scheduled_on": np.array(
                    [day(row.get("scheduled", opened[row["loan"]])) for row in instalments], np.int32
                ),
                "paid_on": paid,
                "paid_amount": np.where(paid == NEVER, 0.0, amount),
                "recorded_on": np.array([day(row.get("recorded", row.get("paid"))) for row in instalments], np.int32),
            }
            if instalments
            else None,
            statements={
                "borrower": owners(statements),
                "loan": ints(statements, "loan"),
                "statement_on": days(statements, "on"),
                "recorded_on": np.array([day(row.get("recorded", row["on"])) for row in statements], np.int32),
                "days_past_due": np.array([row.get("dpd", np.nan) for row in statements], np.float64),
                "balance": np.array([row.get("balance", np.nan) * 100.0 for row in statements], np.float64),
            }
            if statements
            else None,
            categories={"loans.closed_as": CLOSED_AS},
        ),
        observed,
    )
