"""Rows of `events`: salaries, failed debits, enquiries, logins, calls and more, as weak, noisy signs of strain."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from risk_warning.datasets.simulation.columns import Columns
from risk_warning.datasets.simulation.course import Course
from risk_warning.datasets.simulation.months import Months
from risk_warning.datasets.simulation.traits import Traits

RATES: dict[str, tuple[float, float, float]] = {
    "payment_failed": (0.08, 0.17, 0.32),
    "cash_advance": (0.06, 0.11, 0.15),
    "external_enquiry": (0.15, 0.30, 0.40),
    "limit_increase_request": (0.015, 0.030, 0.030),
    "balance_enquiry": (0.45, 0.60, 0.70),
    "login": (1.10, 1.20, 1.00),
    "contact_change": (0.012, 0.016, 0.024),
    "support_call": (0.06, 0.09, 0.12),
}
"""Events per month: calm, strained, distressed. Chosen so that no kind of event differs between strained and calm by
more than about a factor of two, less than borrowers differ among themselves."""
LEVEL_SHAPE = 1.5
"""Shape of the gamma distribution (mean 1) of a borrower's own level of each kind of event: its standard deviation is
0.8."""
_BY_CAUSE = {
    "cash_advance": np.array([1.0, 0.9, 0.9, 1.4, 1.0]),
    "external_enquiry": np.array([1.0, 0.9, 0.8, 1.5, 1.0]),
    "support_call": np.array([1.0, 1.0, 1.6, 0.8, 1.0]),
}
KINDS = ("salary_in", *RATES)
SALARY_COMES = 0.97
SALARY_COMES_SHOCKED = np.array([0.97, 0.90, 0.75])
"""Probability that a salary arrives in a month; the second by state, if an income shock caused the strain."""
SALARY_LEFT_SHOCKED, SALARY_LEFT_ILL, SALARY_NOISE = 0.88, 0.94, 0.08
"""Share of the salary that remains in strain of that cause, and the relative spread of every month's salary."""
RECORDED_LATE = 0.02
_INCOME_SHOCK, _ILLNESS = 1, 2
_SECONDS_A_DAY = 86_400


def events(
    course: Course, traits: Traits, months: Months, drift: float, cut_days: int, random: np.random.Generator
) -> Columns:
    """Draw the events of all borrowers, with times in seconds since 1970-01-01 in the book's zone.

    `drift` is the yearly relative change of the number of events (habits move to the app and away from it); events
    recorded in the book's last `cut_days` days are left out.
    """
    n = len(traits.log_frailty)
    starts = months.starts()
    has_card = np.zeros(n, np.bool_)
    has_card[course.accounts.borrower[course.accounts.is_card]] = True
    levels = random.gamma(LEVEL_SHAPE, 1 / LEVEL_SHAPE, (len(RATES), n))
    payday = random.integers(0, 27, n)
    parts: list[tuple[NDArray[Any], ...]] = []
    for month in range(months.count):
        here, state, cause = course.is_customer[month], course.state[month], course.cause[month]
        days = int(starts[month + 1] - starts[month])
        parts.append(_salaries(here, state, cause, traits.monthly_income, starts[month] + payday, random))
        habit = (1.0 + drift) ** (month / 12)
        for code, (kind, rates) in enumerate(RATES.items(), start=1):
            rate = np.array(rates)[state] * np.where(here, levels[code - 1], 0.0) * habit
            if kind in _BY_CAUSE:
                rate = rate * _BY_CAUSE[kind][cause]
            if kind == "cash_advance":
                rate = np.where(has_card, rate, 0.0)
            who = np.repeat(np.arange(n), random.poisson(rate))
            second = starts[month] * _SECONDS_A_DAY + random.integers(0, days * _SECONDS_A_DAY, len(who))
            amount = np.full(len(who), np.nan)
            if kind == "cash_advance":
                amount = np.round(traits.monthly_income[who] * random.uniform(0.05, 0.3, len(who)), 2)
            parts.append((who, second, np.full(len(who), code, np.int8), amount))
    borrower, second, code_of, amount = (np.concatenate(column) for column in zip(*parts, strict=True))
    late = random.random(len(borrower)) < RECORDED_LATE
    recorded = second + np.where(late, random.integers(_SECONDS_A_DAY, 4 * _SECONDS_A_DAY, len(borrower)), 0)
    order = np.argsort(borrower * (1 << 33) + second, kind="stable")
    order = order[recorded[order] < int(starts[-1] - cut_days) * _SECONDS_A_DAY]
    return {
        "borrower_id": borrower[order],
        "occurred_at": second[order],
        "kind": code_of[order],
        "amount": amount[order],
        "recorded_at": recorded[order],
    }


def _salaries(
    here: NDArray[np.bool_],
    state: NDArray[np.int8],
    cause: NDArray[np.int8],
    income: NDArray[np.float64],
    day: NDArray[np.int64],
    random: np.random.Generator,
) -> tuple[NDArray[Any], ...]:
    n = len(income)
    is_shocked = cause == _INCOME_SHOCK
    arrives = here & (random.random(n) < np.where(is_shocked, SALARY_COMES_SHOCKED[state], SALARY_COMES))
    left = np.where(is_shocked, SALARY_LEFT_SHOCKED, np.where(cause == _ILLNESS, SALARY_LEFT_ILL, 1.0))
    amount = np.round(income * left * random.normal(1, SALARY_NOISE, n), 2)
    who = np.flatnonzero(arrives)
    return who, day[who] * _SECONDS_A_DAY + 36_000, np.zeros(len(who), np.int8), amount[who]
