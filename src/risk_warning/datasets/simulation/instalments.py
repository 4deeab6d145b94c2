"""Rows of `instalments`: the whole schedule of every loan, with payments on time, late, in parts, twice or missing.

After a payoff or write-off, the rest of a loan's schedule stays in the table, unpaid. A deferred instalment has two
rows: the first schedule, and the new one with a later `scheduled_on`. A failed direct debit is a payment and its
reversal.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from risk_warning.datasets.simulation.columns import EMPTY_DAY, Columns, joined
from risk_warning.datasets.simulation.course import Course
from risk_warning.datasets.simulation.months import Months
from risk_warning.datasets.simulation.stress import Floats
from risk_warning.datasets.simulation.traits import Traits

LATER_DAYS = np.array([0.0, 2.0, 4.0])
"""Days by which payments are later, by state, before they are missed: less than a borrower's own spread of days."""
SPREAD_DAYS = 3.0
EARLIEST_DAYS = -12
IN_TWO_PARTS = np.array([0.010, 0.030, 0.060])
"""Share of payments within the month that are made in two parts, by state."""
PART_OF_MISSED = 0.12
"""Share of missed instalments of which a part is paid on time."""
REVERSED, REVERSED_MISSED = 0.008, 0.20
"""Share of instalments paid in the month, and of missed ones, that first have a failed direct debit."""
RECORDED_LATE, MOST_DAYS_LATE = 0.03, 5
"""Share of payments recorded one to five days after they were made."""
_MONTHS_AFTER = 40
"""Months that a schedule may extend beyond the book: the longest term of a loan opened in the last month."""

Days = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class _Schedule:
    """Instalments due from the book's first month on, one entry each."""

    account: Days
    number: Days
    month: Days
    due_on: Days
    due_amount: Floats
    month_start: Days
    month_end: Days
    """Last day of the month."""
    state: NDArray[np.int8]
    paid_month: Days
    """-1 if not paid within the book."""

    def take(self, which: NDArray[np.int64]) -> _Schedule:
        """Return the entries at these positions."""
        return _Schedule(*(values[which] for values in vars(self).values()))


@dataclass(frozen=True)
class Instalments:
    """The table `instalments`, and the day of each account's last payment."""

    columns: Columns
    """The table's columns, with `account` instead of the loan's id."""
    settled_on: Days
    """Shape (accounts,): day of the last payment, `EMPTY_DAY` if it is not in the book."""


def instalments(
    course: Course, traits: Traits, months: Months, cut_days: int, random: np.random.Generator
) -> Instalments:
    """Draw the rows of all loans opened within the book; payments recorded in its last `cut_days` days are left out."""
    schedule = _schedule(course, months)
    starts = months.starts(after=_MONTHS_AFTER)
    opened_on = opening_days(course, months)
    paid_on = _paid_on(schedule, course, traits, starts, random)
    n = len(paid_on)
    in_month = (schedule.paid_month == schedule.month) & (paid_on != EMPTY_DAY)
    ended = course.ended_month[schedule.account]
    ended = np.where(ended < 0, months.count, ended)
    is_missed = (schedule.month < ended) & ~in_month
    is_deferred = np.zeros(n, np.bool_)
    place = _places(schedule, course)
    is_deferred[place] = True
    is_missed &= ~is_deferred
    leaves = course.is_paid_off[schedule.account] & (ended == schedule.month)
    fails = random.random(n) < np.where(in_month & ~leaves, REVERSED, np.where(is_missed, REVERSED_MISSED, 0.0))
    back_on = schedule.due_on + random.integers(1, 4, n)
    paid_on = np.where(fails & in_month, np.maximum(paid_on, back_on + random.integers(0, 5, n)), paid_on)
    chance = np.where(in_month, IN_TWO_PARTS[schedule.state], np.where(is_missed, PART_OF_MISSED, 0.0))
    in_parts = ~fails & (random.random(n) < chance)
    share = np.where(in_parts, np.round(random.uniform(0.3, 0.7, n), 2), 0.0)
    first_part = np.round(schedule.due_amount * share, 2)
    part_on = np.where(in_month, np.maximum(paid_on - 4, schedule.month_start), schedule.due_on)

    every, part, failed = np.arange(n), np.flatnonzero(in_parts), np.flatnonzero(fails)
    whole = schedule.due_amount
    deferred, scheduled_on, new_due_on, new_paid_on = _deferred_rows(course, schedule.due_on[place], starts, random)
    second = replace(schedule.take(place), due_on=new_due_on)
    pieces = [
        _piece(schedule, every, opened_on[schedule.account], paid_on, np.round(whole - first_part, 2), 0),
        _piece(schedule, part, opened_on[schedule.account[part]], part_on[part], first_part[part], 1),
        _piece(schedule, failed, opened_on[schedule.account[failed]], schedule.due_on[failed], whole[failed], 1),
        _piece(schedule, failed, opened_on[schedule.account[failed]], back_on[failed], -whole[failed], 1),
    ]
    again = _piece(second, np.arange(len(place)), scheduled_on, new_paid_on, second.due_amount, 0)
    again["entry"] = n + np.arange(len(deferred))
    rows = joined([*pieces, again])
    late = random.random(len(rows["paid_on"])) < RECORDED_LATE
    delay = np.where(late, random.integers(1, MOST_DAYS_LATE + 1, len(late)), 0)
    rows["recorded_on"] = np.where(rows["paid_on"] == EMPTY_DAY, EMPTY_DAY, rows["paid_on"] + delay)
    settled_on = _settled_on(rows, len(course.accounts), starts[months.count])
    return Instalments(_known(rows, starts[months.count] - cut_days), settled_on)


def opening_days(course: Course, months: Months) -> Days:
    """Return the day on which each account was opened; shape (accounts,)."""
    starts = months.starts(before=40, after=1)
    return starts[40 + course.accounts.opened_month] + course.accounts.opened_day


def _schedule(course: Course, months: Months) -> _Schedule:
    accounts = course.accounts
    chosen = np.flatnonzero(~accounts.is_card & (accounts.opened_month < months.count))
    first = np.maximum(1, -accounts.opened_month[chosen])
    count = np.maximum(accounts.term_months[chosen] - first + 1, 0)
    account = np.repeat(chosen, count)
    number = np.repeat(first, count) + np.arange(len(account)) - np.repeat(np.cumsum(count) - count, count)
    month = accounts.opened_month[account] + number
    starts = months.starts(after=_MONTHS_AFTER)
    is_inside = month < months.count
    at = np.where(is_inside, month, 0)
    return _Schedule(
        account=account,
        number=number,
        month=month,
        due_on=starts[month] + accounts.due_day[account],
        due_amount=accounts.due_amount[account],
        month_start=starts[month],
        month_end=starts[month + 1] - 1,
        state=course.state[at, accounts.borrower[account]],
        paid_month=np.where(is_inside, course.paid_month[at, account].astype(np.int64), -1),
    )


def _paid_on(schedule: _Schedule, course: Course, traits: Traits, starts: Days, random: np.random.Generator) -> Days:
    """Return the day of each payment, `EMPTY_DAY` if it is not within the book."""
    n = len(schedule.account)
    borrower = course.accounts.borrower[schedule.account]
    shift = traits.punctuality_days[borrower] + LATER_DAYS[schedule.state] + random.normal(0, SPREAD_DAYS, n)
    usual = schedule.due_on + np.rint(np.maximum(shift, EARLIEST_DAYS)).astype(np.int64)
    # Stay within the month: an earlier payment would reveal what the hidden state at the month's start does not.
    usual = np.clip(usual, schedule.month_start, schedule.month_end)
    leaves_on = schedule.month_start + course.leave_day[schedule.account]
    leaves = course.is_paid_off[schedule.account] & (course.ended_month[schedule.account] == schedule.month)
    usual = np.where(leaves, np.minimum(usual, leaves_on), usual)
    # A payment made in the next month is made before it is 30 days late, if no older one is open.
    following = starts[np.maximum(schedule.paid_month, 0)]
    is_next = schedule.paid_month == schedule.month + 1
    latest = np.where(is_next, schedule.due_on + 29, following + 26)
    delayed = following + np.floor(random.random(n) * (latest - following + 1)).astype(np.int64)
    paid_on = np.where(schedule.paid_month == schedule.month, usual, delayed)
    return np.where(schedule.paid_month < 0, EMPTY_DAY, paid_on)


def _places(schedule: _Schedule, course: Course) -> NDArray[np.int64]:
    """Return the position in the schedule of each deferral's instalment."""
    width = int(schedule.month.max(initial=0)) + 1
    key = schedule.account * width + schedule.month
    return np.searchsorted(key, course.deferrals.account * width + course.deferrals.month)


def _deferred_rows(
    course: Course, due_on: Days, starts: Days, random: np.random.Generator
) -> tuple[Days, Days, Days, Days]:
    """Return (account, day agreed, new due day, day paid) of each deferral; `due_on` holds the first due days."""
    deferrals = course.deferrals
    n = len(due_on)
    # A deferral is agreed in the month of the first due day, so that it is unknown at the month's start.
    agreed = np.maximum(due_on + random.integers(-10, 9, n), starts[deferrals.month])
    new_due_on = starts[deferrals.until] + course.accounts.due_day[deferrals.account]
    paid_start = starts[np.maximum(deferrals.paid_month, 0)]
    soon = paid_start + np.floor(random.random(n) * (due_on + 30 - paid_start)).astype(np.int64)
    # One day after the 30th day, so that a loan closed by this payment is still 30 days past due before it.
    on_time = np.maximum(new_due_on + random.integers(-3, 4, n), due_on + 31)
    late = paid_start + random.integers(0, 27, n)
    paid_on = np.where(deferrals.paid_month == deferrals.until, on_time, late)
    paid_on = np.where(deferrals.is_late, paid_on, soon)
    return deferrals.account, agreed, new_due_on, np.where(deferrals.paid_month < 0, EMPTY_DAY, paid_on)


def _piece(
    schedule: _Schedule, which: NDArray[np.int64], scheduled_on: Days, paid_on: Days, amount: Floats, extra: int
) -> Columns:
    """Return payment rows of the entries `which`; `extra` is 1 for payments besides an instalment's last one."""
    return {
        "entry": which,
        "extra": np.full(len(which), extra),
        "account": schedule.account[which],
        "instalment_no": schedule.number[which],
        "due_on": schedule.due_on[which],
        "due_amount": schedule.due_amount[which],
        "scheduled_on": scheduled_on,
        "paid_on": paid_on,
        "paid_amount": np.where(paid_on == EMPTY_DAY, np.nan, amount),
    }


def _settled_on(rows: Columns, size: int, end: int) -> Days:
    settled, recorded = np.full(size, EMPTY_DAY, np.int64), np.full(size, EMPTY_DAY, np.int64)
    np.maximum.at(settled, rows["account"], rows["paid_on"])
    np.maximum.at(recorded, rows["account"], rows["recorded_on"])
    return np.where(recorded < end, settled, EMPTY_DAY)


def _known(rows: Columns, end: int) -> Columns:
    """Return the rows known before day `end`; an instalment with no known payment keeps one row without payment."""
    is_known = (rows["paid_on"] != EMPTY_DAY) & (rows["recorded_on"] < end)
    has_other = np.zeros(int(rows["entry"].max(initial=-1)) + 1, np.bool_)
    has_other[rows["entry"][is_known]] = True
    keep = np.flatnonzero(is_known | ((rows["extra"] == 0) & ~has_other[rows["entry"]]))
    rows = {name: values[keep] for name, values in rows.items() if name not in ("entry", "extra")}
    is_known = is_known[keep]
    for name in ("paid_on", "recorded_on"):
        rows[name] = np.where(is_known, rows[name], EMPTY_DAY)
    rows["paid_amount"] = np.where(is_known, rows["paid_amount"], np.nan)
    order = np.lexsort((rows["paid_on"], rows["scheduled_on"], rows["account"] * 64 + rows["instalment_no"]))
    return {name: values[order] for name, values in rows.items()}
