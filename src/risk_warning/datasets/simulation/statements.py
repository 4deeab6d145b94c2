"""Rows of `statements`: each open card at month-end; some are corrected later, missing, or without days past due."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from risk_warning.datasets.simulation.accounts import STORE_CARD
from risk_warning.datasets.simulation.columns import Columns, joined
from risk_warning.datasets.simulation.course import Course
from risk_warning.datasets.simulation.months import Months

USUAL_UTILISATION = (1.4, 2.3)
"""Beta parameters of a card's usual utilisation: mean 0.38, median 0.36. The cards of Yeh & Lien (2009, Taiwan 2005,
UCI 10.24432/C55S3H) have mean 0.42 and median 0.31."""
DRAWS = np.array([-0.040, 0.040, 0.070])
"""Monthly change of the drawn share of the remaining limit, by state: small relative to the noise below."""
DRAWS_NOISE, UTILISATION_NOISE = 0.06, 0.05
REPAYS = np.array([1.0, 0.75, 0.50])
"""Repaid share relative to the borrower's habit, by state."""
PART_OF_MISSED = 0.15
"""Share of missed minimum payments of which a part is paid."""
CORRECTED, CORRECTED_AFTER_DAYS = 0.01, (5, 21)
"""Share of statements that were first issued with wrong figures, and days until the right ones (half-open)."""
SKIPPING_CARDS, SKIPS = 0.02, 0.08
"""Share of cards with missing statements, and share of these cards' months without one."""
RECORDED_LATE, MOST_DAYS_LATE = 0.03, 4
"""Share of statements recorded one to four days after the month's end."""


def statements(course: Course, months: Months, cut_days: int, random: np.random.Generator) -> Columns:
    """Draw the statements of all cards; those recorded in the last `cut_days` days are left out.

    `account` takes the place of the loan's id. A store card's `days_past_due` is always NaN. A wrong first version
    exists only if its correction is known too."""
    accounts = course.accounts
    chosen = np.flatnonzero(accounts.is_card & (accounts.opened_month < months.count))
    n = len(chosen)
    starts = months.starts()
    known_before = starts[-1] - cut_days
    usual = np.clip(random.beta(*USUAL_UTILISATION, n), 0.02, 0.95)
    habit = random.beta(1.5, 2.0, n)
    skips = np.where(random.random(n) < SKIPPING_CARDS, SKIPS, 0.0)
    limit, borrower, opened = accounts.amount[chosen], accounts.borrower[chosen], accounts.opened_month[chosen]
    ended, is_silent = course.ended_month[chosen], accounts.product[chosen] == STORE_CARD
    drawn_more = np.zeros(n)
    parts: list[Columns] = []
    for month in range(months.count):
        state, oldest = course.state[month, borrower], course.oldest_unpaid[month, chosen]
        is_open = (opened < month) & ((ended < 0) | (ended > month))
        drawn_more = np.clip(drawn_more + DRAWS[state] + random.normal(0, DRAWS_NOISE, n), 0, 0.9)
        used = usual + (1.05 - usual) * drawn_more + random.normal(0, UTILISATION_NOISE, n)
        balance = np.round(np.clip(used, 0, 1.05) * limit, 2)
        due = np.round(np.maximum(0.05 * balance, 20), 2)
        share = habit * REPAYS[state] * random.uniform(0.7, 1.3, n)
        part = np.where(random.random(n) < PART_OF_MISSED, np.round(0.4 * due, 2), 0.0)
        paid = np.where(oldest >= 0, part, np.maximum(due, np.round(share * balance, 2)))
        closing = starts[month + 1] - 1
        late_days = np.where(oldest >= 0, closing - starts[np.maximum(oldest, 0)] - accounts.due_day[chosen], 0)
        delay = random.random(n) < RECORDED_LATE
        recorded = closing + np.where(delay, random.integers(1, MOST_DAYS_LATE + 1, n), 0)
        is_sent = is_open & (random.random(n) >= skips)
        right: Columns = {
            "account": chosen,
            "statement_on": np.full(n, closing),
            "balance": balance,
            "credit_limit": limit,
            "due_amount": due,
            "paid_amount": paid,
            "days_past_due": np.where(is_silent, np.nan, late_days),
            "recorded_on": recorded,
        }
        corrected_on = recorded + random.integers(*CORRECTED_AFTER_DAYS, n)
        is_wrong = is_sent & (random.random(n) < CORRECTED) & (corrected_on < known_before)
        first = _first_version(right, np.flatnonzero(is_wrong), random)
        right["recorded_on"] = np.where(is_wrong, corrected_on, recorded)
        now = np.flatnonzero(is_sent & (right["recorded_on"] < known_before))
        parts += [{name: values[now] for name, values in right.items()}, first]
    rows = joined(parts)
    order = np.lexsort((rows["recorded_on"], rows["statement_on"], rows["account"]))
    return {name: values[order] for name, values in rows.items()}


def _first_version(right: Columns, wrong: NDArray[np.int64], random: np.random.Generator) -> Columns:
    """Return the wrong first version of the statements at `wrong`.

    A payment is missing or booked twice, and the days past due match it.
    """
    first = {name: values[wrong] for name, values in right.items()}
    late_days = first["days_past_due"]
    first["paid_amount"] = np.where(late_days > 0, first["due_amount"], 0.0)
    # Draw for all cards, so that cutting rows off the end changes nothing else in the book.
    n = len(right["account"])
    first["balance"] = np.round(first["balance"] * random.uniform(0.9, 1.1, n)[wrong], 2)
    invented = np.where(late_days > 0, 0, random.integers(5, 26, n)[wrong])
    first["days_past_due"] = np.where(np.isnan(late_days), np.nan, invented)
    return first
