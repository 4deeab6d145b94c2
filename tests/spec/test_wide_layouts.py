"""Months that stand side by side in columns become one row a month, by a query that a person can read."""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pyarrow
import pytest
from proposing import proposal_at

from risk_warning.book import open_book
from risk_warning.book.recognition.proposal import Proposal
from risk_warning.book.recognition.tables import propose, rows_as_read
from risk_warning.book.recognition.writing import mapping_text
from risk_warning.book.sources.export import export_at
from risk_warning.book.staged import staging_connection
from risk_warning.core.calendar import to_date
from risk_warning.settings import BookSettings

Rows = list[tuple[object, ...]]


def read(
    folder: Path, table: str, answers: tuple[tuple[int, str], ...] = (), **files: str
) -> tuple[Proposal, Rows, tuple[str, ...]]:
    """Return the proposal for an export, and a table's rows and columns as it reads them once it is answered."""
    (folder / "export").mkdir(parents=True)
    for name, text in files.items():
        (folder / "export" / f"{name}.csv").write_text(text, encoding="utf-8")
    with staging_connection(BookSettings()) as con:
        proposal = propose(con, export_at(con, "export", folder, "public"), "export")
        for question, (number, day) in zip(list(proposal.questions), answers, strict=False):
            choice = question.choices[number]
            proposal.answer(question, choice, date.fromisoformat(day) if day else None)
        match = proposal.match(table)
        if match is None:
            return proposal, [], ()
        mapped = proposal.mapping().tables[table]
        names = tuple(sorted(mapped.columns))
        rows = sorted(rows_as_read(con, match, mapped, names, 100), key=repr)
        return proposal, [tuple(None if cell is None else str(cell) for cell in row) for row in rows], names


NUMBERED = "ID,LIMIT_BAL,PAY_0,PAY_2,PAY_3,BILL_AMT1,BILL_AMT2,BILL_AMT3\n7,100,2,1,0,30,20,10\n8,200,0,-1,-2,0,0,5\n"


def test_numbered_columns_are_months_that_one_question_dates(tmp_path: Path) -> None:
    proposal, rows, names = read(tmp_path, "statements", ((0, "2005-09-30"), (1, "")), cards=NUMBERED)
    assert names == ("balance", "borrower_id", "credit_limit", "loan_id", "statement_on", "status")
    assert rows == [
        ("0", "8", "200", "8", "2005-08-31", "-1"),
        ("0", "8", "200", "8", "2005-09-30", "0"),
        ("10", "7", "100", "7", "2005-07-31", "0"),
        ("20", "7", "100", "7", "2005-08-31", "1"),
        ("30", "7", "100", "7", "2005-09-30", "2"),
        ("5", "8", "200", "8", "2005-07-31", "-2"),
    ]
    assert proposal.tables["statements"].query == (
        'SELECT "ID", "LIMIT_BAL", 0 AS month_no, "BILL_AMT1" AS balance, "PAY_0" AS status\nFROM "cards.csv"\n'
        'WHERE "BILL_AMT1" IS NOT NULL OR "PAY_0" IS NOT NULL\nUNION ALL\n'
        'SELECT "ID", "LIMIT_BAL", 1 AS month_no, "BILL_AMT2" AS balance, "PAY_2" AS status\nFROM "cards.csv"\n'
        'WHERE "BILL_AMT2" IS NOT NULL OR "PAY_2" IS NOT NULL\nUNION ALL\n'
        'SELECT "ID", "LIMIT_BAL", 2 AS month_no, "BILL_AMT3" AS balance, "PAY_3" AS status\nFROM "cards.csv"\n'
        'WHERE "BILL_AMT3" IS NOT NULL OR "PAY_3" IS NOT NULL'
    )


def test_the_question_says_which_columns_are_months_0_and_1(tmp_path: Path) -> None:
    proposal, _, _ = read(tmp_path, "statements", cards=NUMBERED)
    assert [(one.column, one.asks_for_date) for one in proposal.questions] == [
        ("statement_on", True),
        ("days_past_due", False),
    ]
    assert proposal.questions[0].text == (
        "BILL_AMT1, PAY_0 are month 0, BILL_AMT2, PAY_2 month 1. On which date did month 0 end, and is month 1 the "
        "month before or after it?"
    )


def test_months_may_be_counted_forward(tmp_path: Path) -> None:
    _, rows, _ = read(tmp_path, "statements", ((1, "2005-09-30"), (1, "")), cards=NUMBERED)
    assert {row[4] for row in rows} == {"2005-09-30", "2005-10-31", "2005-11-30"}


DATED = "card_no,customer_no,balance_2023-12,balance_2024-01,balance_2024-02,dpd_2024-01,dpd_2024-02,dpd_2023-12\n"


@pytest.mark.parametrize(
    "header",
    [
        DATED,
        DATED.replace("-", ""),
        DATED.replace("2023-12", "Dec-23").replace("2024-01", "jan-24").replace("2024-02", "FEB-24"),
        "卡号,客户号,余额2023年12月,余额2024年1月,余额2024年2月,逾期天数2024年1月,逾期天数2024年2月,逾期天数2023年12月\n",
    ],
)
def test_dated_columns_are_months_without_a_question(tmp_path: Path, header: str) -> None:
    cards = f"{header}C1,B1,10,20,30,0,5,1\nC2,B1,,,40,,0,\n"
    proposal, rows, names = read(tmp_path, "statements", 客户="客户号\nB1\n", cards=cards)
    assert [question.text for question in proposal.questions] == []
    assert names == ("balance", "borrower_id", "days_past_due", "loan_id", "statement_on")
    assert rows == [
        ("10", "B1", "1", "C1", "2023-12-31"),
        ("20", "B1", "0", "C1", "2024-01-31"),
        ("30", "B1", "5", "C1", "2024-02-29"),
        ("40", "B1", "0", "C2", "2024-02-29"),
    ]


def test_named_months_have_an_order_and_only_their_year_is_asked_for(tmp_path: Path) -> None:
    cards = "card_no,customer_no,bal_sep,bal_aug,bal_jul\nC1,B1,3,2,1\n".replace("bal_", "balance_")
    proposal, rows, _ = read(tmp_path, "statements", ((0, "2005-09-30"),), cards=cards, customers="customer_no\nB1\n")
    assert [(row[0], row[-1]) for row in rows] == [("1", "2005-07-31"), ("2", "2005-08-31"), ("3", "2005-09-30")]
    assert proposal.questions == []


def test_instalments_side_by_side_are_numbered_as_their_columns(tmp_path: Path) -> None:
    due = ",".join(f"due_date_{k},due_amount_{k},paid_date_{k}" for k in (1, 2, 3))
    loans = "L1,B1,2024-01-01,2024-02-01,50,2024-02-01,2024-03-01,50,2024-03-09,2024-04-01,50,\n"
    loans += "L2,B1,2024-01-01,2024-02-05,70,,,,,,,\n"
    proposal, rows, names = read(
        tmp_path,
        "instalments",
        customers="customer_no\nB1\n",
        contracts=f"loan_no,customer_no,open_date,{due}\n{loans}",
    )
    assert [question.text for question in proposal.questions] == []
    assert names == ("borrower_id", "due_amount", "due_on", "instalment_no", "loan_id", "paid_on")
    assert rows == [
        ("B1", "50", "2024-02-01", "1", "L1", "2024-02-01"),
        ("B1", "50", "2024-03-01", "2", "L1", "2024-03-09"),
        ("B1", "50", "2024-04-01", "3", "L1", None),
        ("B1", "70", "2024-02-05", "1", "L2", None),
    ]


def test_rows_without_an_id_are_numbered(tmp_path: Path) -> None:
    without = "".join(line.partition(",")[2] for line in NUMBERED.splitlines(keepends=True))
    proposal, rows, names = read(tmp_path, "statements", cards=without)
    assert names[1:4:2] == ("borrower_id", "loan_id")
    assert proposal.tables["borrowers"].query == 'SELECT rowid + 1 AS row_of_file, "LIMIT_BAL"\nFROM "cards.csv"'
    assert {(row[1], row[3]) for row in rows} == {("1", "1"), ("2", "2")}


def test_a_loan_id_alone_asks_whether_each_loan_is_a_borrower(tmp_path: Path) -> None:
    cards = NUMBERED.replace("ID,", "loan_id,")
    proposal, _, names = read(tmp_path, "borrowers", cards=cards)
    assert names == ()
    proposal, rows, _ = read(tmp_path / "again", "borrowers", ((0, ""),), cards=cards)
    assert rows == [("7",), ("8",)]
    assert proposal.tables["statements"].columns["borrower_id"].column == "loan_id"


@pytest.mark.parametrize(
    "columns",
    ["EXT_SOURCE_1,EXT_SOURCE_2,EXT_SOURCE_3", "balance_1,balance_2,note", "balance_1,balance_3,balance_7", "a,b,c"],
)
def test_other_numbered_columns_are_no_months(tmp_path: Path, columns: str) -> None:
    proposal, _, _ = read(tmp_path, "borrowers", customers=f"customer_no,{columns}\nB1,1,2,3\nB2,4,5,6\n")
    assert "statements" not in proposal.tables
    assert proposal.tables["borrowers"].query is None


def test_rows_without_an_id_are_not_numbered_beside_other_files(tmp_path: Path) -> None:
    cards = NUMBERED.replace("ID,", "nobody knows,")
    proposal, _, _ = read(tmp_path, "statements", cards=cards, customers="customer_no\n7\n8\n")
    assert "statements" not in proposal.tables
    assert [part.name for part in proposal.unused] == ["cards.csv"]


def test_an_export_with_statements_of_its_own_is_left_as_it_is(tmp_path: Path) -> None:
    statements = "card_no,customer_no,statement_date,balance\nC1,B1,2024-01-31,5\n"
    proposal, _, _ = read(
        tmp_path, "statements", statements=statements, customers="customer_no,status_1,status_2,status_3\nB1,1,2,3\n"
    )
    assert proposal.tables["statements"].query is None


def in_duckdb(folder: Path, rows: list[dict[str, str]]) -> str:
    with duckdb.connect(str(folder / "lender.duckdb")) as con:
        con.register("cards", pyarrow.Table.from_pylist(rows))
        con.execute("CREATE TABLE lender_cards AS SELECT * REPLACE (CAST(ID AS INTEGER) AS ID) FROM cards")
    return "lender.duckdb"


def in_sqlite(folder: Path, rows: list[dict[str, str]]) -> str:
    names = list(rows[0])
    with sqlite3.connect(folder / "lender.db") as con:
        con.execute(f"CREATE TABLE lender_cards ({', '.join(f'{name} INTEGER' for name in names)})")
        marks = ", ".join("?" for _ in names)
        con.executemany(f"INSERT INTO lender_cards VALUES ({marks})", [list(row.values()) for row in rows])  # noqa: S608
    return "adbc:sqlite:lender.db"


@pytest.mark.parametrize("write", [in_duckdb, in_sqlite], ids=lambda write: write.__name__)
def test_a_wide_table_of_a_database_is_read_by_its_own_query(
    write: Callable[[Path, list[dict[str, str]]], str], tmp_path: Path
) -> None:
    source = write(tmp_path, list(csv.DictReader(NUMBERED.splitlines())))
    proposal = proposal_at(tmp_path, source)
    question = next(one for one in proposal.questions if one.asks_for_date)
    proposal.answer(question, question.choices[0], date(2005, 9, 30))
    (tmp_path / "book.toml").write_text(mapping_text(proposal), encoding="utf-8")
    with open_book(tmp_path / "book.toml", BookSettings()) as book:
        statements = book.rows(0, book.n_borrowers).statements
        assert statements is not None
        assert sorted(statements["balance"].tolist()) == [0.0, 0.0, 500.0, 1000.0, 2000.0, 3000.0]
        assert {str(to_date(day)) for day in statements["statement_on"].tolist()} == {
            "2005-07-31",
            "2005-08-31",
            "2005-09-30",
        }
