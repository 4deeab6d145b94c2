"""The tables of a block of simulated borrowers, as Arrow tables with the book's ids."""

from __future__ import annotations

import numpy as np
import pyarrow
from numpy.typing import NDArray

from risk_warning.datasets.simulation import behaviour
from risk_warning.datasets.simulation.accounts import PRODUCTS
from risk_warning.datasets.simulation.columns import EMPTY_DAY, Columns, dates, numbers, table
from risk_warning.datasets.simulation.course import Course
from risk_warning.datasets.simulation.instalments import opening_days
from risk_warning.datasets.simulation.ledger import WRITE_OFF_MONTHS
from risk_warning.datasets.simulation.months import Months
from risk_warning.datasets.simulation.stress import CAUSES
from risk_warning.datasets.simulation.traits import CHANNELS, Traits

_EMPLOYMENT = ("employed", "self_employed", "contract", "unemployed", "retired")
_EDUCATION = ("school", "vocational", "bachelor", "master")
_REGIONS = ("north", "east", "south", "west", "centre")
_HOUSING = ("owns", "mortgage", "rents", "family")
UNKNOWN_INCOME_SHARE, UNKNOWN_BUREAU_SHARE = 0.05, 0.08
VULNERABLE_SHARE, OPTED_OUT_SHARE = 0.02, 0.03
"""Shares of borrowers; chosen."""
WRITTEN_OFF_AT_DAYS = (184, 191)
"""Days past due on the day of a write-off (half-open): in the sixth month after the due day, whatever its length."""


def borrowers(
    course: Course, traits: Traits, months: Months, first_id: int, random: np.random.Generator
) -> pyarrow.Table:
    """Draw `borrowers`; ids count from `first_id`. Employment and housing depend weakly on the frailty."""
    n = len(traits.log_frailty)
    lean = np.clip(0.5 + 0.25 * traits.log_frailty, 0, 1)
    employment = np.where(random.random(n) < 0.35 + 0.3 * lean, random.integers(1, len(_EMPLOYMENT), n), 0)
    housing = np.where(random.random(n) < 0.3 * lean, 2, random.integers(0, len(_HOUSING), n))
    first_opened = np.full(n, np.iinfo(np.int64).max)
    np.minimum.at(first_opened, course.accounts.borrower, opening_days(course, months))
    income = np.where(random.random(n) < UNKNOWN_INCOME_SHARE, np.nan, traits.monthly_income)
    bureau = np.where(random.random(n) < UNKNOWN_BUREAU_SHARE, np.nan, traits.bureau_score)
    return pyarrow.table(
        {
            "borrower_id": np.arange(first_id, first_id + n),
            "onboarded_on": dates(first_opened - random.integers(0, 200, n)),
            "monthly_income": numbers(income),
            "employment_status": np.array(_EMPLOYMENT)[employment],
            "education": np.array(_EDUCATION)[random.integers(0, len(_EDUCATION), n)],
            "region": np.array(_REGIONS)[random.integers(0, len(_REGIONS), n)],
            "housing": np.array(_HOUSING)[housing],
            "sex": np.array(["female", "male"])[random.integers(0, 2, n)],
            "birth_date": dates(random.integers(-14_600, 11_600, n)),
            "marital_status": np.array(["single", "married", "other"])[random.integers(0, 3, n)],
            "vulnerable": random.random(n) < VULNERABLE_SHARE,
            "opted_out": random.random(n) < OPTED_OUT_SHARE,
            "x_channel": np.array(CHANNELS)[traits.channel],
            "x_bureau_score": numbers(bureau),
        }
    )


def loan_ids(course: Course, months: Months, first_id: int) -> NDArray[np.int64]:
    """Return the id of each account, -1 if it was never opened; ids count from `first_id`. Shape (accounts,)."""
    exists = course.accounts.opened_month < months.count
    return np.where(exists, first_id + np.cumsum(exists) - 1, -1)


def loans(
    course: Course,
    ids: NDArray[np.int64],
    settled_on: NDArray[np.int64],
    months: Months,
    first_borrower_id: int,
    random: np.random.Generator,
) -> pyarrow.Table:
    """Draw `loans`: those opened, closed and written off within the book."""
    accounts, ended = course.accounts, course.ended_month
    opened_on = opening_days(course, months)
    starts = months.starts(before=80, after=90)
    place = 80 + np.maximum(ended, 0)
    is_over = (ended >= 0) & ~course.is_written_off
    left_on = starts[place] + course.leave_day
    closed_on = np.where(is_over, np.where(course.is_paid_off, left_on, settled_on), EMPTY_DAY)
    # These accounts are paid up before the book begins.
    last_due_on = starts[80 + np.minimum(accounts.last_month, months.count)] + accounts.due_day
    closed_on = np.where(accounts.last_month < 0, last_due_on, closed_on)
    lost_on = _oldest_due_on(course, months) + random.integers(*WRITTEN_OFF_AT_DAYS, len(accounts))
    is_card = accounts.is_card
    columns = pyarrow.table(
        {
            "loan_id": ids,
            "borrower_id": accounts.borrower + first_borrower_id,
            "product": np.array(PRODUCTS)[accounts.product],
            "opened_on": dates(opened_on),
            "closed_on": dates(closed_on),
            "written_off_on": dates(np.where(course.is_written_off, lost_on, EMPTY_DAY)),
            "principal": numbers(np.where(is_card, np.nan, accounts.amount)),
            "credit_limit": numbers(np.where(is_card, accounts.amount, np.nan)),
            "annual_rate": accounts.annual_rate,
            "term_months": numbers(np.where(is_card, np.nan, accounts.term_months)),
        }
    )
    return columns.filter(pyarrow.array(ids >= 0))


def _oldest_due_on(course: Course, months: Months) -> NDArray[np.int64]:
    """Return the due day of the oldest written-off payment, six months before the end; shape (accounts,)."""
    starts = months.starts(before=WRITE_OFF_MONTHS)
    # `starts` begins `WRITE_OFF_MONTHS` months before the book.
    due_on: NDArray[np.int64] = starts[np.maximum(course.ended_month, 0)] + course.accounts.due_day
    return due_on


def of_loans(rows: Columns, ids: NDArray[np.int64]) -> pyarrow.Table:
    """Return rows of `instalments` or `statements` with the loan's id in place of `account`."""
    return table({"loan_id": ids[rows["account"]], **{k: v for k, v in rows.items() if k != "account"}})


def events(rows: Columns, first_id: int) -> pyarrow.Table:
    """Return `events` with the borrowers' ids."""
    kinds = pyarrow.DictionaryArray.from_arrays(rows["kind"], list(behaviour.KINDS))
    return pyarrow.table(
        {
            "borrower_id": rows["borrower_id"] + first_id,
            "occurred_at": pyarrow.array(rows["occurred_at"], pyarrow.timestamp("s")),
            "kind": kinds.cast(pyarrow.string()),
            "amount": numbers(rows["amount"]),
            "recorded_at": pyarrow.array(rows["recorded_at"], pyarrow.timestamp("s")),
        }
    )


def truth(course: Course, months: Months, first_id: int) -> pyarrow.Table:
    """Return the truth at each month's start."""
    rows = course.truth
    return pyarrow.table(
        {
            "borrower_id": rows.borrower + first_id,
            "as_of_date": dates(months.starts()[rows.month]),
            "pd": rows.pd,
            "cause": np.array(CAUSES)[rows.cause],
            "contact_effect": rows.contact_effect,
            "bad": pyarrow.array(rows.bad, mask=rows.bad < 0),
        }
    )
