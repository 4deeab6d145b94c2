"""The simulated lender: a book of any size from a seed, and the truth behind it.

Borrowers are made in blocks, each from its own stream of the seed, and written as they are made; so memory is flat, and
the first borrowers of a larger book are not those of a smaller one only where a block is cut short. What happens to
them is described in `stress`, what shows of it in `payments` and `behaviour`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pyarrow.parquet
from numpy.typing import NDArray

from risk_warning.book.simulation import behaviour, payments
from risk_warning.book.simulation.accounts import PRODUCTS, Accounts, Months
from risk_warning.book.simulation.stress import CAUSES, Course, Traits, live
from risk_warning.errors import OutputError

BORROWERS_PER_BLOCK = 20_000
FIRST_MONTH = date(2022, 1, 1)
_EMPLOYMENT = ("employed", "self_employed", "contract", "unemployed", "retired")
_EDUCATION = ("school", "vocational", "bachelor", "master")
_REGIONS = ("north", "east", "south", "west", "centre")
_HOUSING = ("owns", "mortgage", "rents", "family")
_NEVER = np.iinfo(np.int32).min


def simulate(
    borrowers: int,
    months: int,
    seed: int,
    out: Path,
    *,
    downturn_month: int | None = None,
    advance: Callable[[int], None] | None = None,
) -> None:
    """Nothing comes back; writes `borrowers`, `loans`, `instalments`, `statements`, `events` and `truth` to `out`.

    Months count from 2022-01; `downturn_month` is the first bad one (0 the first of the book). `truth.parquet` is no
    table of a book: true PD at each month's start, cause of stress, and the share of the PD a contact takes away.

    Raises
    ------
    OutputError
        `out` exists and is not an empty folder, or cannot be written.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise OutputError(f"{out} exists and is not an empty folder; name another with --out.")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as unfinished:
            book = Path(unfinished) / "book"
            book.mkdir()
            with ExitStack() as stack:
                writers: dict[str, Any] = {}
                loans = 0
                for block, low in enumerate(range(0, borrowers, BORROWERS_PER_BLOCK)):
                    n = min(BORROWERS_PER_BLOCK, borrowers - low)
                    random = np.random.default_rng([seed, block])
                    tables = _block(n, Months(FIRST_MONTH, months), downturn_month, low, loans, random)
                    loans += len(tables["loans"])
                    for name, table in tables.items():
                        if name not in writers:
                            file = pyarrow.parquet.ParquetWriter(book / f"{name}.parquet", table.schema)
                            writers[name] = stack.enter_context(file)
                        writers[name].write_table(table)
                    if advance:
                        advance(n)
            if out.exists():
                out.rmdir()
            book.rename(out)
    except OSError:
        raise OutputError(f"{out} cannot be written; free it or name another with --out.") from None


def _block(
    n: int, months: Months, downturn_month: int | None, low: int, loans: int, random: np.random.Generator
) -> dict[str, pyarrow.Table]:
    traits = Traits.draw(n, random)
    # The fragile earn less, a little.
    income = np.round(np.exp(random.normal(9.0 - 0.08 * traits.fragility.astype(np.float64), 0.45, n))).astype(
        np.float64
    )
    accounts = Accounts.draw(income, months.count, random)
    course = live(traits, accounts.owes(n, months.count), downturn_month, random)
    punctuality = random.normal(-2.0, 2.5, n) + np.where(traits.is_forgetful, 2.0, 0.0)
    habit = random.beta(1.5, 2.0, n)
    paid = payments.instalments(accounts, course, months, punctuality, random)
    shown = payments.statements(accounts, course, months, habit, random)
    done = behaviour.events(accounts, course, months, income, random)
    return {
        "borrowers": _borrowers(traits, income, accounts, months, low, random),
        "loans": _loans(accounts, paid, course, months, low, loans),
        "instalments": _table(paid, loan_id=loans),
        "statements": _table(shown, loan_id=loans),
        "events": _events(done, low),
        "truth": _truth(course, months, low),
    }


def _borrowers(
    traits: Traits,
    income: NDArray[np.float64],
    accounts: Accounts,
    months: Months,
    low: int,
    random: np.random.Generator,
) -> pyarrow.Table:
    n = len(income)
    lean = traits.fragility / 4
    employment = np.where(random.random(n) < 0.35 + 0.3 * lean, random.integers(1, 5, n), 0)
    starts = months.starts(before=40)
    first = np.full(n, 10_000)
    np.minimum.at(first, accounts.borrower, accounts.opened_month)
    onboarded = starts[40 + first] - random.integers(0, 200, n)
    return pyarrow.table(
        {
            "borrower_id": np.arange(low, low + n),
            "onboarded_on": _days(onboarded),
            "monthly_income": _numbers(np.where(random.random(n) < 0.05, np.nan, income)),
            "employment_status": np.array(_EMPLOYMENT)[employment],
            "education": np.array(_EDUCATION)[random.integers(0, 4, n)],
            "region": np.array(_REGIONS)[random.integers(0, 5, n)],
            "housing": np.array(_HOUSING)[np.where(random.random(n) < 0.3 * lean, 2, random.integers(0, 4, n))],
            "sex": np.array(["female", "male"])[random.integers(0, 2, n)],
            "birth_date": _days(random.integers(-14_600, 11_600, n)),
            "marital_status": np.array(["single", "married", "other"])[random.integers(0, 3, n)],
            "vulnerable": random.random(n) < 0.02,
            "opted_out": random.random(n) < 0.03,
        }
    )


def _loans(
    accounts: Accounts, paid: payments.Columns, course: Course, months: Months, low: int, loans: int
) -> pyarrow.Table:
    size = len(accounts.borrower)
    starts = months.starts(before=40, after=200)
    opened_on = starts[40 + accounts.opened_month] + accounts.opened_day
    end = starts[40 + months.count]
    ends = accounts.opened_month + accounts.term_months + 1
    # A card is closed in the month after its last; a loan on the day its last instalment is paid.
    closed = np.where(accounts.is_card & (ends < months.count), starts[np.clip(40 + ends, 0, len(starts) - 1)], _NEVER)
    is_last = paid["instalment_no"] == accounts.term_months[paid["loan_id"]]
    still_owed = np.zeros(size, np.bool_)
    still_owed[paid["loan_id"][paid["paid_on"] == _NEVER]] = True
    final = np.full(size, _NEVER, np.int64)
    np.maximum.at(final, paid["loan_id"], np.maximum(paid["paid_on"], paid["due_on"]) * 1)
    finished = np.zeros(size, np.bool_)
    finished[paid["loan_id"][is_last]] = True
    before = ~accounts.is_card & (ends - 1 < 0)
    loan_closed = np.where(finished & ~still_owed, final, _NEVER)
    loan_closed = np.where(before, starts[np.clip(40 + ends, 0, len(starts) - 1)], loan_closed)
    closed = np.where(accounts.is_card, closed, loan_closed)
    gone = course.written_off_month[accounts.borrower]
    lost = np.where((gone >= 0) & (accounts.opened_month < gone), starts[40 + np.maximum(gone, 0)] + 27, _NEVER)
    lost = np.where((closed != _NEVER) & (closed < lost), _NEVER, lost)
    closed = np.where(lost != _NEVER, _NEVER, closed)
    is_card = accounts.is_card
    table = pyarrow.table(
        {
            "loan_id": np.arange(loans, loans + size),
            "borrower_id": accounts.borrower + low,
            "product": np.array(PRODUCTS)[accounts.product],
            "opened_on": _days(opened_on),
            "closed_on": _days(np.where(closed >= end, _NEVER, closed)),
            "written_off_on": _days(lost),
            "principal": _numbers(np.where(is_card, np.nan, accounts.amount)),
            "credit_limit": _numbers(np.where(is_card, accounts.amount, np.nan)),
            "annual_rate": accounts.annual_rate,
            "term_months": _numbers(np.where(is_card, np.nan, accounts.term_months)),
        }
    )
    return table.filter(pyarrow.array(opened_on < end))


def _events(done: dict[str, NDArray[Any]], low: int) -> pyarrow.Table:
    kinds = pyarrow.DictionaryArray.from_arrays(done["kind"], list(behaviour.KINDS))
    return pyarrow.table(
        {
            "borrower_id": done["borrower_id"] + low,
            "occurred_at": pyarrow.array(done["occurred_at"], pyarrow.timestamp("s")),
            "kind": kinds.cast(pyarrow.string()),
            "amount": _numbers(done["amount"]),
            "recorded_at": pyarrow.array(done["recorded_at"], pyarrow.timestamp("s")),
        }
    )


def _truth(course: Course, months: Months, low: int) -> pyarrow.Table:
    month, borrower = np.nonzero(~np.isnan(course.pd))
    before = np.concatenate((np.zeros((1, course.cause.shape[1]), np.int8), course.cause[:-1]))
    return pyarrow.table(
        {
            "borrower_id": borrower + low,
            "as_of_date": _days(months.starts()[month]),
            "pd": course.pd[month, borrower],
            "cause": np.array(CAUSES)[before[month, borrower]],
            "contact_effect": course.contact_effect[month, borrower],
        }
    )


def _table(columns: payments.Columns, *, loan_id: int) -> pyarrow.Table:
    shown = {}
    for name, values in columns.items():
        if name == "loan_id":
            shown[name] = pyarrow.array(values + loan_id)
        elif name.endswith("_on"):
            shown[name] = _days(values)
        else:
            shown[name] = _numbers(values)
    return pyarrow.table(shown)


def _numbers(values: NDArray[Any]) -> pyarrow.Array:
    """Numbers, empty where NaN."""
    return pyarrow.array(values, from_pandas=True)


def _days(values: NDArray[Any]) -> pyarrow.Array:
    """Days since 1970-01-01 as dates, empty where `_NEVER`."""
    empty = values == _NEVER
    return pyarrow.array(np.where(empty, 0, values).astype(np.int32), pyarrow.date32(), mask=empty)
