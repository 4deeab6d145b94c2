"""What the simulated lender's books show: instalments paid early, late, in parts or not, and card statements."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from risk_warning.book.simulation.accounts import Accounts, Months
from risk_warning.book.simulation.stress import Course

Columns = dict[str, NDArray[Any]]
_NEVER = np.iinfo(np.int32).min
"""An empty date while columns are being made."""
_SHIFT_DAYS = np.array([0.0, 4.0, 8.0])
"""Payments creep later before they are missed."""
_IN_PARTS = np.array([0.01, 0.12, 0.25])
_RECORDED_LATE = 0.03


def instalments(
    accounts: Accounts,
    course: Course,
    months: Months,
    punctuality_days: NDArray[np.float64],
    random: np.random.Generator,
) -> Columns:
    """Rows of `instalments`: every obligation from the book's first month to the end of its loan."""
    chosen = np.flatnonzero(~accounts.is_card)
    first_no = np.maximum(1, -accounts.opened_month[chosen])
    count = np.maximum(accounts.term_months[chosen] - first_no + 1, 0)
    loan = np.repeat(chosen, count)
    number = np.repeat(first_no, count) + np.arange(len(loan)) - np.repeat(np.cumsum(count) - count, count)
    month = accounts.opened_month[loan] + number
    starts = months.starts(after=40)
    due_on = starts[month] + accounts.due_day[loan]
    rate = accounts.annual_rate / 12
    monthly = accounts.amount * rate / (1 - (1 + rate) ** -accounts.term_months.astype(np.float64))
    due_amount = np.round(monthly, 2)[loan]

    borrower = accounts.borrower[loan]
    inside = month < months.count
    at = np.where(inside, month, 0)
    state = course.state[at, borrower]
    gone = course.written_off_month[borrower]
    paid_month = np.where(inside, course.paid_month[at, borrower], -1)
    paid_month = np.where((gone >= 0) & (paid_month >= gone), -1, paid_month)
    days_in_month = np.diff(starts)
    last_of_month = starts[at] + days_in_month[at] - 1
    shift = punctuality_days[borrower] + _SHIFT_DAYS[state] + random.normal(0, 2.0, len(loan))
    usual = np.clip(due_on + np.rint(shift).astype(np.int64), due_on - 12, last_of_month)
    # Unpaid at the month's end and paid in the next: before it is 30 days late, unless it is in default.
    later = starts[np.maximum(paid_month, 0)]
    latest = np.where(course.in_default[at, borrower] | (paid_month > month + 1), later + 27, due_on + 29)
    delayed = later + np.floor(random.random(len(loan)) * np.maximum(latest - later + 1, 1)).astype(np.int64)
    paid_on = np.where(paid_month < 0, _NEVER, np.where(paid_month == month, usual, delayed))
    is_split = (paid_on != _NEVER) & (paid_month == month) & (random.random(len(loan)) < _IN_PARTS[state])
    share = np.where(is_split, np.round(random.uniform(0.3, 0.7, len(loan)), 2), 1.0)
    first_part = np.round(due_amount * share, 2)
    parts = {
        "loan_id": loan,
        "instalment_no": number,
        "due_on": due_on,
        "due_amount": due_amount,
        "paid_on": np.where(is_split, np.maximum(paid_on - 4, due_on - 12), paid_on),
        "paid_amount": np.where(paid_on == _NEVER, np.nan, first_part),
    }
    rest = np.flatnonzero(is_split)
    second = {name: values[rest] for name, values in parts.items()}
    second["paid_on"] = paid_on[rest]
    second["paid_amount"] = np.round((due_amount - first_part)[rest], 2)
    rows = {name: np.concatenate((parts[name], second[name])) for name in parts}
    end = starts[months.count]
    late = random.random(len(rows["paid_on"])) < _RECORDED_LATE
    recorded = rows["paid_on"] + np.where(late, random.integers(1, 6, len(late)), 0)
    # The book ends with its last month: what is recorded later is not in it yet.
    unseen = (rows["paid_on"] != _NEVER) & ((recorded >= end) | (rows["paid_on"] >= end))
    rows["paid_on"] = np.where(unseen, _NEVER, rows["paid_on"])
    rows["recorded_on"] = np.where(rows["paid_on"] == _NEVER, _NEVER, recorded)
    rows["paid_amount"] = np.where(unseen, np.nan, rows["paid_amount"])
    second_lost = np.concatenate((np.zeros(len(loan), np.bool_), unseen[len(loan) :]))
    order = np.lexsort((rows["paid_on"], rows["instalment_no"], rows["loan_id"]))
    order = order[~second_lost[order]]
    return {name: values[order] for name, values in rows.items()}


def statements(
    accounts: Accounts,
    course: Course,
    months: Months,
    habit: NDArray[np.float64],
    random: np.random.Generator,
) -> Columns:
    """Rows of `statements`: each open card's month-end picture; `habit` is the usually repaid share of the balance."""
    chosen = np.flatnonzero(accounts.is_card)
    starts = months.starts()
    usual = np.clip(random.beta(2, 4, len(chosen)), 0.02, 0.95)
    limit = accounts.amount[chosen].copy()
    borrower = accounts.borrower[chosen]
    drift, behind = np.zeros(len(chosen)), np.zeros(len(chosen), np.int64)
    parts: list[Columns] = []
    for month in range(months.count):
        opened = accounts.opened_month[chosen]
        gone = course.written_off_month[borrower]
        is_open = (opened < month) & (month <= opened + accounts.term_months[chosen])
        is_open &= (gone < 0) | (month < gone)
        state, unpaid = course.state[month, borrower], course.is_unpaid[month, borrower]
        drift += np.array([-0.10, 0.07, 0.12])[state] * random.uniform(0.5, 1.5, len(chosen))
        drift = np.clip(drift, 0, 0.9)
        drawn = np.clip(usual + (1.05 - usual) * drift + random.normal(0, 0.03, len(chosen)), 0, 1.05)
        balance = np.round(drawn * limit, 2)
        due = np.round(np.maximum(0.05 * balance, 20), 2)
        share = habit[borrower] * np.array([1.0, 0.45, 0.15])[state] * random.uniform(0.7, 1.3, len(chosen))
        paid = np.where(unpaid, 0.0, np.maximum(due, np.round(share * balance, 2)))
        due_on = starts[month] + accounts.due_day[chosen]
        # Days since the oldest due date that is still unpaid.
        behind = np.where(course.is_resolved[month, borrower], 0, behind)
        behind = np.where(unpaid, np.where(behind == 0, due_on, behind), 0)
        closing = starts[month + 1] - 1
        late = random.random(len(chosen)) < _RECORDED_LATE
        recorded = closing + np.where(late, random.integers(1, 5, len(chosen)), 0)
        now = np.flatnonzero(is_open & (recorded < starts[-1]))
        parts.append(
            {
                "loan_id": chosen[now],
                "statement_on": np.full(len(now), closing),
                "balance": balance[now],
                "credit_limit": limit[now],
                "due_amount": due[now],
                "paid_amount": paid[now],
                "days_past_due": np.where(behind[now] > 0, closing - behind[now], 0),
                "recorded_on": recorded[now],
            }
        )
    rows = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    order = np.lexsort((rows["statement_on"], rows["loan_id"]))
    return {name: values[order] for name, values in rows.items()}
