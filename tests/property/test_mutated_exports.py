"""Faults of exports, planted at random in a good book: none ends in a traceback, none moves arrears unseen.

A fault is applied to a whole column, a whole file, or at least 1 % of the rows. If it moves anybody's days past due by
a day or more, reading the book is refused, asks a question, or counts a notice. Single cells that nothing shows are
counted by kind.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import pandas
import pytest
from counts import FULL
from numpy.typing import NDArray

from risk_warning.book import open_book
from risk_warning.book.check import check_book
from risk_warning.book.profile.page import Refused, profile_page
from risk_warning.book.profile.run import profile_book
from risk_warning.core.panel.builder import panel_of
from risk_warning.datasets.simulation.lender import simulate
from risk_warning.errors import RiskWarningError
from risk_warning.settings import BookSettings

SETTINGS, TODAY = BookSettings(), date(2024, 1, 1)
TABLES = ("borrowers", "loans", "instalments", "statements", "events")
Text = "pandas.Series[str]"


@cache
def lender() -> dict[str, pandas.DataFrame]:
    """Return the tables of a small simulated lender as text, as a CSV export has them."""
    with tempfile.TemporaryDirectory() as scratch:
        simulate(150, 12, 8, Path(scratch) / "book")
        tables = {name: pandas.read_parquet(Path(scratch) / "book" / f"{name}.parquet") for name in TABLES}
    return {name: table.astype(object).map(str, na_action="ignore") for name, table in tables.items()}


@dataclass(frozen=True)
class Fault:
    """A fault of a column: what becomes of its values."""

    name: str
    columns: tuple[str, ...]
    """`table.column` in which it may be planted."""
    change: Callable[[str], str | None]


def moved(days: int) -> Callable[[str], str]:
    return lambda value: str(date.fromisoformat(value[:10]) + timedelta(days=days))


DATES = ("instalments.due_on", "instalments.paid_on", "loans.opened_on", "loans.closed_on", "statements.statement_on")
AMOUNTS = ("instalments.due_amount", "instalments.paid_amount", "loans.principal", "statements.balance")
IDS = ("instalments.loan_id", "loans.borrower_id", "loans.loan_id", "statements.loan_id", "borrowers.borrower_id")
FAULTS = (
    Fault("day first", DATES, lambda v: f"{v[8:10]}/{v[5:7]}/{v[:4]}"),
    Fault("month first", DATES, lambda v: f"{v[5:7]}/{v[8:10]}/{v[:4]}"),
    Fault("compact date", DATES, lambda v: v[:10].replace("-", "")),
    Fault("a year later", DATES, moved(366)),
    Fault("a year earlier", DATES, moved(-365)),
    Fault("in 2032", DATES, lambda v: f"2032{v[4:10]}"),
    Fault("a marker", (*DATES, *AMOUNTS), lambda v: "NULL"),
    Fault("nothing", (*DATES, *AMOUNTS, *IDS), lambda v: None),
    Fault("a word", (*DATES, *AMOUNTS), lambda v: "soon"),
    Fault("times 100", (*AMOUNTS, "loans.annual_rate", "borrowers.monthly_income"), lambda v: str(float(v) * 100)),
    Fault("by 100", (*AMOUNTS, "borrowers.monthly_income"), lambda v: str(float(v) / 100)),
    Fault("thousands", AMOUNTS, lambda v: f"{float(v):,.2f}"),
    Fault("decimal comma", AMOUNTS, lambda v: v.replace(".", ",")),
    Fault("negative", AMOUNTS, lambda v: f"-{v}"),
    Fault("currency", AMOUNTS, lambda v: f"¥{v}"),
    Fault("a zero before", IDS, lambda v: f"0{v}"),
    Fault("a decimal part", IDS, lambda v: f"{v}.0"),
    Fault("a letter before", IDS, lambda v: f"L{v}"),
    Fault("another id", IDS, lambda v: "999999"),
)


ONLY_YESTERDAY_SHOWS = ("nothing in loans.closed_on",)
"""Faults that nothing inside one export shows; that of the day before would, and is not compared yet."""


def dpd(folder: Path) -> tuple[NDArray[np.object_], NDArray[np.float32]]:
    """Return the borrowers' ids and days past due at the start of `TODAY`."""
    with open_book(folder, SETTINGS, today=TODAY) as book:
        rows = book.rows(0, book.n_borrowers)
        return rows.borrower_id.astype(object), panel_of(book.history(rows, 0.01), TODAY, needs=()).dpd_current


@cache
def right() -> dict[str, float]:
    with tempfile.TemporaryDirectory() as scratch:
        ids, days = dpd(written(Path(scratch), lender()))
    return dict(zip(map(str, ids), days.tolist(), strict=True))


def written(folder: Path, tables: dict[str, pandas.DataFrame]) -> Path:
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False)
    return folder


def mutated(random: np.random.Generator) -> tuple[str, dict[str, pandas.DataFrame], bool]:
    """Return (what was done, the tables, whether only one cell was changed)."""
    tables = {name: table.copy() for name, table in lender().items()}
    fault = FAULTS[random.integers(len(FAULTS))]
    table, column = fault.columns[random.integers(len(fault.columns))].split(".")
    values = tables[table][column]
    filled = np.flatnonzero(values.notna())
    share = random.choice([1.0, 0.3, 0.05, 0.02, 0.0])
    chosen = random.choice(filled, max(1, int(share * len(filled))), replace=False)
    position = tables[table].columns.get_loc(column)
    tables[table].iloc[chosen, position] = [fault.change(value) for value in values.iloc[chosen]]
    return f"{fault.name} in {table}.{column}, {share:.0%}", tables, share == 0.0


def repeated(random: np.random.Generator) -> tuple[str, dict[str, pandas.DataFrame], bool]:
    """Return the tables with rows of one file repeated, lost, or in another order."""
    tables = {name: table.copy() for name, table in lender().items()}
    table = TABLES[random.integers(len(TABLES))]
    kind, share = random.choice(["repeated", "lost", "shuffled"]), random.choice([1.0, 0.5, 0.02])
    rows = tables[table]
    part = rows.sample(frac=share, random_state=int(random.integers(1 << 30)))
    if kind == "repeated":
        tables[table] = pandas.concat([rows, part])
    elif kind == "lost":
        tables[table] = rows.drop(part.index)
    else:
        tables[table] = rows.sample(frac=1, random_state=1)
    return f"{kind} {table}, {share:.0%}", tables, False


@pytest.mark.slow
def test_faults_of_exports_are_seen() -> None:
    random, unseen, outcomes = np.random.default_rng(2026), Counter[str](), Counter[str]()
    expected = right()
    for _ in range(10_000 if FULL else 100):
        what, tables, is_single = (mutated if random.random() < 0.9 else repeated)(random)
        with tempfile.TemporaryDirectory() as scratch:
            try:
                ids, days = dpd(written(Path(scratch), tables))
            except RiskWarningError as error:
                outcomes[type(error).__name__] += 1
                assert "\n" not in str(error)
                continue
            seen = is_noticed(Path(scratch))
        now = dict(zip(map(str, ids), days.tolist(), strict=True))
        moved_by_a_day = [one for one in expected if not same(now.get(one), expected[one])]
        outcomes["noticed" if seen else "moved unseen" if moved_by_a_day else "no effect"] += 1
        if moved_by_a_day and not seen:
            unseen[what if not is_single else f"{what.rsplit(',', 1)[0]}, one cell"] += 1
    print(f"outcomes: {dict(outcomes)}")
    print(f"single cells that nothing shows: { {k: n for k, n in unseen.items() if k.endswith('one cell')} }")
    many = {what for what in unseen if not what.endswith("one cell")}
    assert {what for what in many if what.rsplit(",", 1)[0] not in ONLY_YESTERDAY_SHOWS} == set()


@pytest.mark.slow
def test_a_book_with_a_fault_has_a_page_that_counts_every_row() -> None:
    random = np.random.default_rng(7)
    for _ in range(500 if FULL else 40):
        what, tables, _ = (mutated if random.random() < 0.8 else repeated)(random)
        with tempfile.TemporaryDirectory() as scratch:
            profile = profile_book(written(Path(scratch), tables), SETTINGS)
        assert not profile.unread, what
        assert {one.name: one.rows for one in profile.tables} == {name: len(table) for name, table in tables.items()}
        assert all(one.rows == len(tables[one.table]) for one in profile.matches), what
        for table in profile.tables:
            assert sum(table.months.values()) <= table.rows, what
            for column in table.columns:
                blank = tables[table.name][column.name].isna().sum()
                assert column.empty == blank, what
        assert "The book cannot be used as it is." in profile_page(profile, Refused("a reason"), TODAY), what


def findings(folder: Path) -> set[str]:
    """Return what `check` says about a book besides the numbers of its rows; an error is one finding."""
    try:
        report = check_book(folder, SETTINGS, TODAY)
    except RiskWarningError as error:
        return {type(error).__name__}
    aside = {f"{name} {part.column} {part.reason}" for name, table in report.tables.items() for part in table.set_aside}
    stopped = report.condition.stopped if report.condition is not None else {}
    return {*(one.code for one in report.questions), *aside, *(f"{name} {stop}" for name, stop in stopped.items())}


@cache
def usual_findings() -> frozenset[str]:
    with tempfile.TemporaryDirectory() as scratch:
        return frozenset(findings(written(Path(scratch), lender())))


def is_noticed(folder: Path) -> bool:
    """Whether `check` says anything about the book beyond what it says about the good one."""
    return not findings(folder) <= usual_findings()


def same(one: float | None, other: float) -> bool:
    return one is not None and (one == other or (np.isnan(one) and np.isnan(other)))
