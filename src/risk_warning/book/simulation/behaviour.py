"""What the simulated lender sees borrowers do: salary, failed debits, cash advances, enquiries, logins and calls."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from risk_warning.book.simulation.accounts import Accounts, Months
from risk_warning.book.simulation.stress import Course

_RATES: dict[str, tuple[float, float, float]] = {
    "payment_failed": (0.03, 0.35, 0.80),
    "cash_advance": (0.03, 0.25, 0.40),
    "external_enquiry": (0.05, 0.45, 0.70),
    "limit_increase_request": (0.01, 0.07, 0.06),
    "balance_enquiry": (0.30, 0.80, 1.00),
    "login": (1.00, 1.40, 0.70),
    "contact_change": (0.01, 0.02, 0.06),
    "support_call": (0.04, 0.12, 0.20),
}
"""Events a month: calm, strained, distressed."""
_BY_CAUSE = {
    "cash_advance": np.array([1.0, 1.0, 1.0, 2.0, 1.0]),
    "external_enquiry": np.array([1.0, 1.0, 0.8, 2.0, 1.0]),
    "support_call": np.array([1.0, 1.0, 2.5, 0.8, 1.0]),
}
KINDS = ("salary_in", *_RATES)
_SECONDS_A_DAY = 86_400


def events(
    accounts: Accounts, course: Course, months: Months, income: NDArray[np.float64], random: np.random.Generator
) -> dict[str, NDArray[Any]]:
    """Rows of `events`; times in seconds since 1970-01-01, in the book's zone."""
    n = len(income)
    starts = months.starts()
    comes = np.full(n, 10_000)
    np.minimum.at(comes, accounts.borrower, accounts.opened_month)
    has_card = np.zeros(n, np.bool_)
    has_card[accounts.borrower[accounts.is_card]] = True
    activity = random.gamma(4, 0.25, n)
    payday = random.integers(0, 27, n)
    parts: list[tuple[NDArray[Any], ...]] = []
    for month in range(months.count):
        gone = course.written_off_month
        here = (comes <= month) & ((gone < 0) | (month <= gone))
        state, cause = course.state[month], course.cause[month]
        days = int(starts[month + 1] - starts[month])
        shock = cause == 1
        arrives = here & (random.random(n) < np.where(shock, np.array([0.98, 0.7, 0.35])[state], 0.98))
        cut = np.where(shock, 0.7, np.where(cause == 2, 0.88, 1.0))
        salary = np.round(income * cut * random.normal(1, 0.03, n), 2)
        who = np.flatnonzero(arrives)
        second = (starts[month] + payday[who]) * _SECONDS_A_DAY + 36_000
        parts.append((who, second, np.zeros(len(who), np.int8), salary[who]))
        for code, (kind, rates) in enumerate(_RATES.items(), start=1):
            rate = np.array(rates)[state] * np.where(here, activity, 0.0)
            if kind in _BY_CAUSE:
                rate = rate * _BY_CAUSE[kind][cause]
            if kind == "cash_advance":
                rate = np.where(has_card, rate, 0.0)
            who = np.repeat(np.arange(n), random.poisson(rate))
            second = starts[month] * _SECONDS_A_DAY + random.integers(0, days * _SECONDS_A_DAY, len(who))
            amount = np.full(len(who), np.nan)
            if kind == "cash_advance":
                amount = np.round(income[who] * random.uniform(0.05, 0.3, len(who)), 2)
            parts.append((who, second, np.full(len(who), code, np.int8), amount))
    borrower, second, code_of, amount = (np.concatenate(column) for column in zip(*parts, strict=True))
    late = random.random(len(borrower)) < 0.02
    recorded = second + np.where(late, random.integers(_SECONDS_A_DAY, 4 * _SECONDS_A_DAY, len(borrower)), 0)
    order = np.lexsort((second, borrower))
    order = order[recorded[order] < int(starts[-1]) * _SECONDS_A_DAY]
    return {
        "borrower_id": borrower[order],
        "occurred_at": second[order],
        "kind": code_of[order],
        "amount": amount[order],
        "recorded_at": recorded[order],
    }
