"""Random rows of a few borrowers around an as-of date.

They contain instalments in parts, re-dated and reversed, loans that end, some with an end recorded later, corrected
statements, late records and gaps.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.calendar import ALWAYS, NEVER, to_day
from risk_warning.core.observed import Observed
from risk_warning.core.rows import Rows, Table

AS_OF = date(2024, 3, 31)
KINDS = (
    *("balance_enquiry", "cash_advance", "contact_change", "external_enquiry", "limit_increase_request"),
    *("login", "payment_failed", "salary_in", "support_call"),
)
ATTRIBUTES = ("education", "employment_status", "housing", "occupation", "region")
OBSERVED = Observed(
    columns={
        "borrowers": frozenset({"onboarded_on", "monthly_income", "x_points", *ATTRIBUTES}),
        "loans": frozenset(
            {"opened_on", "closed_on", "closed_as", "written_off_on", "product"}
            | {"principal", "credit_limit", "annual_rate", "term_months"}
        ),
        "instalments": frozenset({"due_on", "due_amount", "paid_on", "paid_amount"}),
        "statements": frozenset(
            {"statement_on", "balance", "credit_limit", "due_amount", "paid_amount", "days_past_due", "status"}
        ),
        "events": frozenset({"kind", "occurred_at", "amount"}),
    },
    event_kinds={kind: to_day(date(2022, 6, 1)) for kind in KINDS},
    numeric=frozenset({"statements.status", "borrowers.x_points"}),
)


def random_rows(seed: int, n: int = 4) -> Rows:
    """Return rows of n borrowers, with days from two and a half years before the as-of date to three months after."""
    random = np.random.default_rng(seed)
    today = to_day(AS_OF)

    def days(size: int, first: int = -900, last: int = 90) -> NDArray[np.int32]:
        return (today + random.integers(first, last, size)).astype(np.int32)

    def money(size: int, most: int = 90_000) -> NDArray[np.float64]:
        return random.integers(0, most, size).astype(np.float64)

    def sometimes(values: NDArray[Any], empty: float, share: float = 0.2) -> NDArray[Any]:
        return np.where(random.random(len(values)) < share, empty, values).astype(values.dtype)

    loan_of = np.sort(random.integers(0, n, 2 * n)).astype(np.int32)
    n_loans = len(loan_of)
    opened = days(n_loans, -800, 30)
    loans = {
        "borrower": loan_of,
        "loan": np.arange(n_loans, dtype=np.int32),
        "opened_on": opened,
        "closed_on": sometimes(days(n_loans, -200, 90), NEVER, 0.7),
        "written_off_on": sometimes(days(n_loans, -100, 90), NEVER, 0.9),
        "product": random.integers(-1, 2, n_loans).astype(np.int32),
        "closed_as": random.integers(-1, 4, n_loans).astype(np.int32),
        "principal": sometimes(money(n_loans), np.nan),
        "credit_limit": sometimes(money(n_loans), np.nan),
        "annual_rate": sometimes(random.random(n_loans), np.nan),
        "term_months": sometimes(random.integers(1, 60, n_loans).astype(np.float64), np.nan),
    }
    loans = _told_later(loans, random)
    loan = random.integers(0, n_loans, 12 * n).astype(np.int32)
    number = random.integers(1, 8, 12 * n).astype(np.int32)
    # The rows of one instalment have the same due date and amount.
    first = {}
    for i, key in enumerate(zip(loan.tolist(), number.tolist(), strict=True)):
        first.setdefault(key, i)
    head = np.array([first[key] for key in zip(loan.tolist(), number.tolist(), strict=True)])
    due_on, due_amount = days(12 * n, -800, 90)[head], money(12 * n)[head]
    scheduled = np.minimum(opened[loan], due_on)
    # A few are booked back: known only days after they fell due.
    booked_back = (random.random(12 * n) < 0.05)[head]
    scheduled[booked_back] = (due_on + random.integers(1, 60, 12 * n)[head])[booked_back]
    paid_on = sometimes(np.maximum(due_on + random.integers(-20, 80, 12 * n), scheduled).astype(np.int32), NEVER)
    late = random.integers(0, 9, 12 * n)
    instalments = {
        "borrower": loan_of[loan],
        "loan": loan,
        "instalment_no": number,
        "due_on": due_on,
        "due_amount": due_amount,
        "scheduled_on": scheduled,
        "paid_on": paid_on,
        "paid_amount": np.where(paid_on == NEVER, 0.0, np.rint(due_amount * random.choice([1.0, 0.5, -0.5], 12 * n))),
        "recorded_on": np.where(paid_on == NEVER, NEVER, paid_on + late).astype(np.int32),
    }
    instalments = _redated(instalments, random)
    of = random.integers(0, n_loans, 15 * n).astype(np.int32)
    statement_on = days(15 * n)
    # A fifth are corrections: another row of the same loan and day.
    again = random.random(15 * n) < 0.2
    of[again], statement_on[again] = np.roll(of, 1)[again], np.roll(statement_on, 1)[again]
    # Keep one row per (loan, day, recorded day), which is the key.
    recorded = (statement_on + random.integers(0, 6, 15 * n)).astype(np.int32)
    _, once = np.unique(np.stack((of, statement_on, recorded)), axis=1, return_index=True)
    statements = {
        "borrower": loan_of[of],
        "loan": of,
        "statement_on": statement_on,
        "recorded_on": recorded,
        "balance": sometimes(money(15 * n), np.nan),
        "credit_limit": sometimes(money(15 * n) + 1, np.nan),
        "due_amount": sometimes(money(15 * n), np.nan),
        "paid_amount": sometimes(money(15 * n), np.nan),
        "days_past_due": sometimes(random.choice([0.0, 0.0, 5.0, 40.0], 15 * n), np.nan),
        "status": sometimes(random.integers(-2, 5, 15 * n).astype(np.float64), np.nan),
    }
    occurred = days(54 * n)
    events = {
        "borrower": random.integers(0, n, 54 * n).astype(np.int32),
        "kind": random.integers(0, len(KINDS), 54 * n).astype(np.int32),
        "occurred_on": occurred,
        "recorded_on": (occurred + random.integers(0, 5, 54 * n)).astype(np.int32),
        "amount": sometimes(money(54 * n), np.nan, 0.5),
    }
    borrowers = {
        "borrower": np.arange(n, dtype=np.int32),
        "onboarded_on": sometimes(days(n, -900, 10), NEVER),
        "monthly_income": sometimes(money(n), np.nan),
        **{name: random.integers(-1, 3, n).astype(np.int32) for name in ATTRIBUTES},
        "x_points": random.normal(size=n),
    }
    values = {f"borrowers.{name}": ("a", "b", "c") for name in ATTRIBUTES}
    rows = Rows(
        borrower_id=np.arange(100, 100 + n),
        n_loans=n_loans,
        borrowers=borrowers,
        loans=loans,
        instalments=instalments,
        statements={name: column[once] for name, column in statements.items()},
        events=events,
        categories={
            "events.kind": KINDS,
            "loans.product": ("card", "loan"),
            "loans.closed_as": ("charged_off", "paid", "refinanced", "sold"),
            **values,
        },
    )
    return frozen(rows)


def _told_later(loans: dict[str, NDArray[Any]], random: np.random.Generator) -> dict[str, NDArray[Any]]:
    """Move the ends of half the loans to a second row, valid from some days after the end."""
    size = len(loans["loan"])
    end = np.minimum(loans["closed_on"], loans["written_off_on"])
    later = np.flatnonzero((end != NEVER) & (random.random(size) < 0.5))
    first = {name: column.copy() for name, column in loans.items()}
    for name in ("closed_on", "written_off_on"):
        first[name][later] = NEVER
    first["valid_from"] = np.full(size, ALWAYS, np.int32)
    second = {name: column[later] for name, column in loans.items()}
    second["valid_from"] = (end[later] + random.integers(1, 60, len(later))).astype(np.int32)
    return {name: np.concatenate((first[name], second[name])) for name in first}


def _redated(owed: dict[str, NDArray[Any]], random: np.random.Generator) -> dict[str, NDArray[Any]]:
    """Add one or two further versions to some instalments, with another due date or amount."""
    parts = [owed]
    for share in (0.2, 0.05):
        key = np.stack((owed["loan"], owed["instalment_no"]))
        _, first = np.unique(key, axis=1, return_index=True)
        row = first[random.random(len(first)) < share]
        more = {name: column[row].copy() for name, column in owed.items()}
        more["scheduled_on"] = (more["scheduled_on"] + random.integers(1, 400, len(row))).astype(np.int32)
        more["due_on"] = (more["due_on"] + random.integers(-20, 120, len(row))).astype(np.int32)
        more["due_amount"] = np.rint(more["due_amount"] * random.choice([0.0, 0.6, 1.0, 1.2], len(row)))
        is_paid = random.random(len(row)) < 0.4
        paid_on = more["scheduled_on"] + random.integers(0, 100, len(row))
        more["paid_on"] = np.where(is_paid, paid_on, NEVER).astype(np.int32)
        more["recorded_on"] = np.where(is_paid, paid_on + 1, NEVER).astype(np.int32)
        more["paid_amount"] = np.where(is_paid, np.rint(more["due_amount"] * 0.7), 0.0)
        parts.append(more)
    return {name: np.concatenate([part[name] for part in parts]) for name in owed}


TABLES = ("borrowers", "loans", "instalments", "statements", "events")


def frozen(rows: Rows) -> Rows:
    """Make the arrays of the rows read-only, so that a write to them fails; return the rows."""
    for name in TABLES:
        for column in getattr(rows, name).values():
            column.flags.writeable = False
    return rows


def with_rows(rows: Rows, table: str, chosen: NDArray[Any]) -> Rows:
    """Return the rows with only the chosen rows of one table, in the given order."""
    old: Table = getattr(rows, table)
    return frozen(replace(rows, **{table: {name: column[chosen] for name, column in old.items()}}))


def only(rows: Rows, low: int, high: int) -> Rows:
    """Return the rows of borrowers low … high − 1, numbered from 0, as in a smaller chunk."""
    assert rows.loans is not None
    inside = (rows.loans["borrower"] >= low) & (rows.loans["borrower"] < high)
    first = int(rows.loans["loan"][inside].min()) if inside.any() else 0
    tables: dict[str, dict[str, NDArray[Any]]] = {}
    for name in TABLES:
        table: Table = getattr(rows, name)
        chosen = (table["borrower"] >= low) & (table["borrower"] < high)
        tables[name] = {column: values[chosen] for column, values in table.items()}
        tables[name]["borrower"] = (tables[name]["borrower"] - low).astype(np.int32)
        if "loan" in table:
            tables[name]["loan"] = (tables[name]["loan"] - first).astype(np.int32)
    n_loans = len(np.unique(rows.loans["loan"][inside]))
    smaller = replace(rows, borrower_id=rows.borrower_id[low:high], n_loans=n_loans, **tables)
    return frozen(smaller)
