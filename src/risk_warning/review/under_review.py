"""The loan under review: a loan requested and not yet granted, treated as if it had been opened the day before.

Training treats loans the same way: a loan opened on day d is known as of d + 1, with its schedule and no later history.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.calendar import NEVER, to_day
from risk_warning.core.observed import Observed
from risk_warning.core.rows import Rows, Table
from risk_warning.core.schedule import due_dates, level_amounts
from risk_warning.errors import RequestError

Due = tuple[date, float]
"""A due date and the amount in minor units."""
_FIELD = "loan_under_review"
_KEYS = {"borrower", "loan", "borrower_id", "loan_id"}
_INSTALMENT_DAYS = ("due_on", "scheduled_on", "paid_on", "recorded_on")


@dataclass(frozen=True, kw_only=True)
class LoanUnderReview:
    """The requested loan; amounts in whole minor units, None if it has none (a card has a limit and no term)."""

    product: str | None = None
    principal_amount: float | None = None
    credit_limit: float | None = None
    annual_rate: float | None = None
    """0.12 = 12 %."""
    term_months: int | None = None
    first_due_on: date | None = None
    """None: one month after the opening."""
    schedule: tuple[Due, ...] | None = None
    """None: level instalments from principal, rate and term."""
    attributes: Mapping[str, float | str] = field(default_factory=dict)
    """The lender's own `x_…` columns of `loans`."""

    def instalments(self, opened_on: date) -> tuple[Due, ...]:
        """Return the due dates and amounts; empty for a loan without a term.

        Raises
        ------
        RequestError
            If there is a term, but neither a schedule nor the figures to compute one.
        """
        if self.schedule is not None:
            return self.schedule
        if self.term_months is None:
            return ()
        if self.principal_amount is None or self.annual_rate is None:
            missing = "principal" if self.principal_amount is None else "annual_rate"
            raise RequestError(
                f"A loan with a term needs its schedule, or principal and annual_rate to make one; add {missing}.",
                f"{_FIELD}.{missing}",
            )
        amounts = level_amounts(self.principal_amount, self.annual_rate, self.term_months)
        return tuple(zip(due_dates(opened_on, self.first_due_on, len(amounts)), map(float, amounts), strict=True))

    def changed(
        self,
        *,
        principal_amount: float | None = None,
        term_months: int | None = None,
        credit_limit: float | None = None,
    ) -> LoanUnderReview:
        """Return the same loan with another amount, term or limit.

        With another amount, a given schedule changes in proportion, to the minor unit. With another term, level
        instalments from the same first due date replace it.
        """
        loan = self
        if principal_amount is not None:
            scaled = None
            if self.schedule is not None and self.principal_amount:
                scaled = _in_proportion(self.schedule, principal_amount, self.principal_amount)
            loan = replace(loan, principal_amount=principal_amount, schedule=scaled)
        if term_months is not None and term_months != self.term_months:
            first = loan.schedule[0][0] if loan.schedule else loan.first_due_on
            loan = replace(loan, term_months=term_months, first_due_on=first, schedule=None)
        return loan if credit_limit is None else replace(loan, credit_limit=credit_limit)


def with_loan(rows: Rows, loan: LoanUnderReview, as_of_date: date, observed: Observed) -> Rows:
    """Return one borrower's rows with the loan opened the day before the as-of date; `rows` itself is not changed.

    The loan becomes a row of `loans` if the model reads that table, and its schedule becomes unpaid rows of
    `instalments` if the model reads that one. Score them with `waive_open_loan=True`: a model without `loans` would
    otherwise miss the loan.

    Raises
    ------
    RequestError
        If the loan's schedule cannot be computed, or begins before the as-of date; or if an attribute is text and the
        model reads a number.
    """
    assert rows.n == 1
    rows = knowing(rows, [loan])
    opened_on, number = to_day(as_of_date) - 1, rows.n_loans
    loans, instalments = rows.loans, rows.instalments
    if rows.loans is not None or "loans" in observed.columns:
        names = {"opened_on", *(rows.loans or {}), *observed.columns.get("loans", ())} - _KEYS
        new = {name: _terms(name, loan, opened_on, rows, observed) for name in names}
        loans = _joined(rows.loans, {**_owner(number, 1), **new})
    if rows.instalments is not None or "instalments" in observed.columns:
        dues = loan.instalments(as_of_date - timedelta(days=1))
        if any(due_on < as_of_date for due_on, _ in dues):
            name = "first_due_on" if loan.schedule is None else "schedule"
            raise RequestError(
                "Payments of a loan under review cannot fall due before the as-of date; give later due dates.",
                f"{_FIELD}.{name}",
            )
        instalments = _joined(rows.instalments, {**_owner(number, len(dues)), **_unpaid(dues, opened_on)})
    return replace(rows, n_loans=number + 1, loans=loans, instalments=instalments)


def knowing(rows: Rows, loans: Iterable[LoanUnderReview]) -> Rows:
    """Return the same rows with the products and attributes of these loans added to the categories, sorted by name."""
    for loan in loans:
        for column, value in {"product": loan.product, **loan.attributes}.items():
            known = rows.categories.get(f"loans.{column}", ())
            if isinstance(value, str) and value not in known:
                rows = _with_value(rows, column, known, tuple(sorted({*known, value})))
    return rows


def _with_value(rows: Rows, column: str, known: tuple[str, ...], names: tuple[str, ...]) -> Rows:
    loans = rows.loans
    if loans is not None and column in loans and known:
        moved = np.array([*(names.index(name) for name in known), -1], np.int32)
        loans = {**loans, column: moved[loans[column]]}
    return replace(rows, loans=loans, categories={**rows.categories, f"loans.{column}": names})


def _terms(name: str, loan: LoanUnderReview, opened_on: int, rows: Rows, observed: Observed) -> NDArray[Any]:
    """Return the loan's value in one column of `loans`, shape (1,)."""
    if name in ("opened_on", "valid_from"):
        return np.array([opened_on], np.int32)
    if name in ("closed_on", "written_off_on"):
        return np.array([NEVER], np.int32)
    value = {
        "product": loan.product,
        "principal": loan.principal_amount,
        "credit_limit": loan.credit_limit,
        "annual_rate": loan.annual_rate,
        "term_months": loan.term_months,
        **loan.attributes,
    }.get(name)
    if name == "product" or (name.startswith("x_") and f"loans.{name}" not in observed.numeric):
        if not isinstance(value, str | None):
            raise RequestError("The model was trained on text here; give a text.", f"{_FIELD}.{name}")
        return np.array([-1 if value is None else rows.categories[f"loans.{name}"].index(value)], np.int32)
    if isinstance(value, str):
        raise RequestError("The model was trained on numbers here; give a number.", f"{_FIELD}.{name}")
    return np.array([np.nan if value is None else value], np.float64)


def _unpaid(dues: tuple[Due, ...], scheduled_on: int) -> dict[str, NDArray[Any]]:
    count = len(dues)
    days = {name: np.full(count, NEVER, np.int32) for name in _INSTALMENT_DAYS}
    return {
        **days,
        "due_on": np.array([to_day(due_on) for due_on, _ in dues], np.int32),
        "scheduled_on": np.full(count, scheduled_on, np.int32),
        "instalment_no": np.arange(1, count + 1, dtype=np.int32),
        "due_amount": np.array([amount for _, amount in dues], np.float64),
        "paid_amount": np.zeros(count),
    }


def _owner(loan: int, count: int) -> dict[str, NDArray[Any]]:
    return {"borrower": np.zeros(count, np.int32), "loan": np.full(count, loan, np.int32)}


def _joined(table: Table | None, new: Table) -> dict[str, NDArray[Any]]:
    """Return the table with the new rows appended."""
    return {name: values if table is None else np.concatenate((table[name], values)) for name, values in new.items()}


def _in_proportion(schedule: tuple[Due, ...], amount: float, original: float) -> tuple[Due, ...]:
    """Scale the schedule by amount / original; rounding errors never add up to a whole minor unit."""
    dues, before, total = [], 0, 0
    for due_on, due in schedule:
        total += int(due)
        until = (2 * total * int(amount) + int(original)) // (2 * int(original))
        dues.append((due_on, float(until - before)))
        before = until
    return tuple(dues)
