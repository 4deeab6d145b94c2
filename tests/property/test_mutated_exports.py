"""Faults of exports, planted at random in a good book: none ends in a traceback, none moves a score unseen.

A fault is applied to a whole column, a whole file, or at least 1 % of the rows. If it moves anybody's days past due by
a day, or a score by more than five points, reading the book, which was good the night before, is refused, asks a
question, or counts a notice. Single cells that nothing shows are counted by kind.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import pandas
import pytest
from counts import FULL

from risk_warning.book import Quarantine, open_book
from risk_warning.book.condition import condition
from risk_warning.book.location import source_at
from risk_warning.book.profile.page import Refused, profile_page
from risk_warning.book.profile.run import profile_book
from risk_warning.book.questions.changes import Expected
from risk_warning.book.questions.plausibility import questions_of
from risk_warning.book.questions.question import check_answered
from risk_warning.book.staged import staged_book, staging_connection
from risk_warning.book.staging import stage
from risk_warning.core.export_profile import ExportProfile
from risk_warning.datasets.simulation.lender import simulate
from risk_warning.errors import RiskWarningError
from risk_warning.model.folder import load
from risk_warning.settings import BookSettings

SETTINGS, TODAY = BookSettings(), date(2023, 1, 1)
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


MODEL = load(Path(__file__).parents[2] / "models" / "demo")
POINTS = 5.0
"""A score that moves by more has moved."""
REFUSALS_READ = 20
"""One refusal in so many is read as a night reads it, with what the recognition says."""


@dataclass(frozen=True)
class Reading:
    """What is read of an export: by borrower the days past due and the score at the start of `TODAY`, and findings."""

    days_past_due: dict[str, float]
    score: dict[str, float]
    findings: frozenset[str]
    profile: ExportProfile
    """What the next night's export is held against."""

    def moves(self, right: Reading) -> bool:
        """Whether anybody's days past due or score are not the right ones."""
        return any(
            not same(self.days_past_due.get(one), days, 0.0) for one, days in right.days_past_due.items()
        ) or any(not same(self.score.get(one), score, POINTS) for one, score in right.score.items())


def read(folder: Path, expected: Expected) -> Reading:
    """Read an export as `open_book` does, step by step, so that one staging gives scores and findings."""
    with staging_connection(SETTINGS) as con, closing(source_at(con, folder, SETTINGS)) as source:
        staged = stage(con, source, SETTINGS, TODAY)
        quarantine = Quarantine(staged.counts, staged.rows, con, staged.cells)
        quarantine.check(SETTINGS.max_bad_share, source.labels)
        questions = questions_of(con, staged, source, SETTINGS.max_bad_share, TODAY, expected)
        check_answered(questions, {}, TODAY, source.name)
        book = staged_book(con, source, staged, SETTINGS, quarantine, None)
        rows = book.rows(0, book.n_borrowers)
        scored = MODEL.score(rows, MODEL.observed_in(book), TODAY)
        aside = {f"{table} {column} {reason}" for table, why in staged.counts.items() for column, reason in why}
        stopped = {f"{table} {stop}" for table, stop in condition(book).stopped.items()}
        ids = [str(one) for one in rows.borrower_id.tolist()]
        return Reading(
            dict(zip(ids, scored.days_past_due.tolist(), strict=True)),
            dict(zip(ids, scored.score.tolist(), strict=True)),
            frozenset({one.code for one in questions} | aside | stopped),
            ExportProfile(staged.profile),
        )


@cache
def right() -> Reading:
    with tempfile.TemporaryDirectory() as scratch:
        return read(written(Path(scratch), lender()), Expected())


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
@pytest.mark.parametrize("seed", range(4))
def test_faults_of_exports_are_seen(seed: int) -> None:
    """Of 10,000 faults, each seed plants a quarter."""
    random, unseen, outcomes = np.random.default_rng(seed), Counter[str](), Counter[str]()
    for _ in range(2_500 if FULL else 25):
        what, tables, is_single = (mutated if random.random() < 0.9 else repeated)(random)
        with tempfile.TemporaryDirectory() as scratch:
            folder = written(Path(scratch), tables)
            try:
                reading = read(folder, Expected(TODAY, right().profile))
            except RiskWarningError as error:
                outcomes[type(error).__name__] += 1
                if not sum(outcomes.values()) % REFUSALS_READ:
                    assert_refused(folder)
                continue
        moved, seen = reading.moves(right()), not reading.findings <= right().findings
        outcomes["noticed" if seen else "moved unseen" if moved else "no effect"] += 1
        if moved and not seen:
            unseen[what if not is_single else f"{what.rsplit(',', 1)[0]}, one cell"] += 1
    print(f"outcomes: {dict(outcomes)}")
    print(f"single cells that nothing shows: { {k: n for k, n in unseen.items() if k.endswith('one cell')} }")
    assert {what for what in unseen if not what.endswith("one cell")} == set()


def assert_refused(folder: Path) -> None:
    night_before = Expected(TODAY, right().profile)
    with (
        pytest.raises(RiskWarningError) as caught,
        open_book(folder, SETTINGS, today=TODAY, expected=lambda: night_before),
    ):
        pass
    assert "\n" not in str(caught.value)


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


def same(one: float | None, other: float, tolerance: float) -> bool:
    return one is not None and (abs(one - other) <= tolerance or (np.isnan(one) and np.isnan(other)))
