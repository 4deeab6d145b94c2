"""Faults of an export that once were scored silently: the night asks, refuses, or sets rows aside and counts them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas
import pytest
from lender import Lender
from rich.progress import Progress

from risk_warning.book.check import check_book
from risk_warning.datasets.simulation.lender import simulate
from risk_warning.errors import QuestionError
from risk_warning.nightly.report import NightReport
from risk_warning.nightly.run import run_night
from risk_warning.settings import BookSettings, Settings

Tables = dict[str, pandas.DataFrame]
NAMES = ("borrowers", "loans", "instalments", "statements", "events")
AS_OF = date(2024, 3, 1)


@dataclass(frozen=True)
class Fault:
    """What becomes of good tables, and how the night answers."""

    name: str
    apply: Callable[[Tables], None]
    answer: str
    """Part of the question, or what is set aside."""


def renamed(table: str, old: str, new: str) -> Callable[[Tables], None]:
    def apply(tables: Tables) -> None:
        tables[table] = tables[table].rename(columns={old: new})

    return apply


def scaled(table: str, column: str, by: float, share: float = 1.0) -> Callable[[Tables], None]:
    def apply(tables: Tables) -> None:
        chosen = tables[table].sample(frac=share, random_state=1).index
        tables[table].loc[chosen, column] *= by

    return apply


def in_year(table: str, column: str, year: int) -> Callable[[Tables], None]:
    """Mistype the year of one date."""

    def apply(tables: Tables) -> None:
        row = tables[table][column].dropna().index[0]
        tables[table].loc[row, column] = pandas.Timestamp(tables[table].loc[row, column]).replace(year=year).date()

    return apply


def repeated(table: str, share: float) -> Callable[[Tables], None]:
    def apply(tables: Tables) -> None:
        rows = tables[table]
        tables[table] = pandas.concat([rows, rows.sample(frac=share, random_state=1)])

    return apply


def thousands(tables: Tables) -> None:
    """Write every amount due as 1.544, which is 1544 where the point separates thousands."""
    tables["instalments"]["due_amount"] = tables["instalments"]["due_amount"].map(lambda v: f"{v / 1000:.3f}")


def closed_before_opened(tables: Tables) -> None:
    loans = tables["loans"]
    closed = loans["closed_on"].notna()
    loans.loc[closed, "closed_on"] = (
        pandas.to_datetime(loans.loc[closed, "opened_on"]) - pandas.Timedelta(days=40)
    ).dt.date


def negative_days_past_due(tables: Tables) -> None:
    days = tables["statements"]["days_past_due"]
    tables["statements"]["days_past_due"] = days.where(days.isna(), -1)


def moved(table: str, column: str, days: int) -> Callable[[Tables], None]:
    def apply(tables: Tables) -> None:
        moved_days = pandas.to_datetime(tables[table][column]) + pandas.Timedelta(days=days)
        tables[table][column] = moved_days.dt.date

    return apply


FAULTS = (
    Fault("a typo in paid_amount", renamed("instalments", "paid_amount", "paid_amuont"), "paid_amount.did_you_mean"),
    Fault("a typo in days_past_due", renamed("statements", "days_past_due", "days_pastdue"), "did_you_mean"),
    Fault("a typo in closed_on", renamed("loans", "closed_on", "close_on"), "closed_on.did_you_mean"),
    Fault("one payment in 2032", in_year("instalments", "paid_on", 2032), "aside: instalments paid_on"),
    Fault("one statement in 2032", in_year("statements", "statement_on", 2032), "aside: statements statement_on"),
    Fault("every instalment twice", repeated("instalments", 1.0), "counted twice, more would be paid than was due"),
    Fault("some events twice", repeated("events", 0.002), "aside: events borrower_id repeats"),
    Fault("rates per cent", scaled("loans", "annual_rate", 100), "annual_rate.above_one"),
    Fault("amounts due and paid in minor units", scaled("instalments", "paid_amount", 100), "paid_amount.above_due"),
    Fault("principals in minor units", scaled("loans", "principal", 100), "due_amount.unit"),
    Fault("amounts such as 1.544", thousands, "due_amount."),
    Fault("loans closed before they were opened", closed_before_opened, "closed_on.before_opening"),
    Fault("negative days past due", negative_days_past_due, "days_past_due."),
    Fault("incomes in another unit", scaled("borrowers", "monthly_income", 0.01), "monthly_income.against_due"),
    Fault("balances in another unit", scaled("statements", "balance", 0.01), "due_amount.above_balance"),
    Fault("some balances in another unit", scaled("statements", "balance", 0.01, 0.05), "due_amount.above_balance"),
    Fault("negative principals", scaled("loans", "principal", -1), "principal.negative"),
    Fault("loans opened a year earlier", moved("loans", "opened_on", -365), "due_on.long_after_opening"),
    Fault("statements of last year", moved("statements", "statement_on", -365), "statement_on.long_before_recorded"),
)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    folder = tmp_path_factory.mktemp("good")
    simulate(400, 26, 5, folder)
    return {name: pandas.read_parquet(folder / f"{name}.parquet") for name in NAMES}


def written(tables: Tables, folder: Path) -> Path:
    (folder / "book").mkdir()
    for name, table in tables.items():
        table.to_csv(folder / "book" / f"{name}.csv", index=False)
    return folder / "book"


def night(tables: Tables, lender: Lender, folder: Path) -> NightReport:
    book = written(tables, folder)
    settings = Settings(home=folder / "home", db=f"sqlite:///{folder / 'w.db'}")
    with Progress(disable=True) as progress:
        return run_night(book, settings, AS_OF, folder / "nights", progress, model=str(lender.model))


@pytest.mark.slow
def test_the_good_book_raises_nothing(good: Tables, lender: Lender, tmp_path: Path) -> None:
    assert night(good, lender, tmp_path).scored > 100


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_is_not_scored_silently(fault: Fault, good: Tables, lender: Lender, tmp_path: Path) -> None:
    tables = {name: table.copy() for name, table in good.items()}
    fault.apply(tables)
    kind, _, what = fault.answer.rpartition(": ")
    if kind == "aside":
        report = night(tables, lender, tmp_path)
        assert report.set_aside > 0
        quarantine = pandas.read_parquet(tmp_path / "nights" / f"as_of={AS_OF}" / "quarantine")
        table, column, *reason = what.split(" ", 2)
        rows = quarantine[(quarantine["table"] == table) & (quarantine["column"] == column)]
        assert len(rows) and rows["reason"].str.contains("".join(reason)).all()
        return
    with pytest.raises(QuestionError) as caught:
        night(tables, lender, tmp_path)
    assert what in str(caught.value)
    assert not (tmp_path / "nights" / f"as_of={AS_OF}").exists()


def test_half_of_the_statements_lost_is_a_notice(good: Tables, tmp_path: Path) -> None:
    tables = {**good, "statements": good["statements"].sample(frac=0.5, random_state=1)}
    report = check_book(written(tables, tmp_path), BookSettings(), date.today())
    assert [(one.code, one.grade) for one in report.questions] == [("statements.statement_on.sparse", "notice")]
