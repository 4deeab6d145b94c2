"""The page of `check --report`: what stands on it was counted by hand, for a book that can be used and for one not."""

from __future__ import annotations

import html
import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import duckdb
import pandas
import pytest
import sqlalchemy
from databases import databases

from risk_warning.cli.main import main

OUTLIER = "98765.43"
ALONE = "Kleinwiesental"
"""The region of one borrower."""
IDS = [f"QX-71{number:02}" for number in range(1, 13)]
LOANS = [f"LN-{number:02}" for number in range(1, 13)]

INCOMES = ["4000"] * 5 + ["5000"] * 5 + [OUTLIER, ""]
REGIONS = ["north"] * 6 + ["south"] * 4 + [ALONE, ""]
ONBOARDED = ["2023-11-02"] * 7 + ["2023-12-11"] * 5
BORROWERS = [
    "borrower_id,onboarded_on,monthly_income,region",
    *(",".join(row) for row in zip(IDS, ONBOARDED, INCOMES, REGIONS, strict=True)),
]
# The first borrower has two loans, the last one none; loans are opened in January and March.
OWNERS = [*IDS[:11], IDS[0]]
OPENED = ["2024-01-05"] * 6 + ["2024-03-07"] * 6
LOAN_ROWS = [
    "loan_id,borrower_id,opened_on",
    *(",".join(row) for row in zip(LOANS, OWNERS, OPENED, strict=True)),
]
# Eleven loans have two instalments, all paid but three of May; the twelfth has none.
INSTALMENTS = [
    "loan_id,instalment_no,due_on,due_amount,paid_on",
    *(f"{loan},1,2024-04-10,100,2024-04-10" for loan in LOANS[:11]),
    *(f"{loan},2,2024-05-10,100,{'2024-05-10' if at < 8 else ''}" for at, loan in enumerate(LOANS[:11])),
]
# Six loans have two statements; those of May do not say how late they are.
STATEMENTS = [
    "loan_id,statement_on,balance,days_past_due",
    *(f"{loan},2024-04-30,900,0" for loan in LOANS[:6]),
    *(f"{loan},2024-05-31,800," for loan in LOANS[:6]),
]
# Five events in March, none in April, six in May.
EVENTS = [
    "borrower_id,occurred_at,kind",
    *(f"{borrower},2024-03-1{at} 09:00:00,login" for at, borrower in enumerate(IDS[:5])),
    *(f"{borrower},2024-05-1{at} 09:00:00,login" for at, borrower in enumerate(IDS[:6])),
]
TABLES = {
    "borrowers": BORROWERS,
    "loans": LOAN_ROWS,
    "instalments": INSTALMENTS,
    "statements": STATEMENTS,
    "events": EVENTS,
}


def write(folder: Path, **more: list[str]) -> Path:
    """Write the book as CSV files, with further rows of a table."""
    folder.mkdir()
    for name, rows in TABLES.items():
        (folder / f"{name}.csv").write_text("\n".join([*rows, *more.get(name, ())]) + "\n", encoding="utf-8")
    return folder


@dataclass(frozen=True)
class Done:
    """What a command line printed, and its exit code."""

    stdout: str
    stderr: str
    code: int


def run(*arguments: str) -> Done:
    """Run the program's `main` in this process, since a new process takes longer than the book."""
    out, err = StringIO(), StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr(sys, "argv", ["risk-warning", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
    return Done(out.getvalue(), err.getvalue(), int(ended.value.code or 0))


def page_of(book: Path | str, folder: Path, code: int = 0) -> str:
    """Return the page that `check` writes, after it ended with the code."""
    done = run("check", str(book), "--report", str(folder / "page.html"))
    assert done.code == code, done.stdout + done.stderr
    return (folder / "page.html").read_text(encoding="utf-8")


def rows_of(text: str) -> list[tuple[str, ...]]:
    """Return the cells of all rows of all tables."""
    rows = re.findall(r"<tr>(.*?)</tr>", text, re.DOTALL)
    cells = (re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.DOTALL) for row in rows)
    return [
        tuple(html.unescape(re.sub(r"<[^>]+>", "", cell)).replace("\xa0", " ").strip() for cell in row) for row in cells
    ]


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("clean")
    return page_of(write(folder / "book"), folder)


def test_rows_stand_by_month_as_they_were_counted_by_hand(clean: str) -> None:
    rows = rows_of(clean)
    head = ("borrowers by onboarded_on", "loans by opened_on", "instalments by due_on", "instalments by paid_on")
    assert ("month", *head, "statements by statement_on", "events by occurred_at") in rows
    for month, *counts in [
        ("2023-11", "7", "0", "0", "0", "0", "0"),
        ("2023-12", "5", "0", "0", "0", "0", "0"),
        ("2024-01", "0", "6", "0", "0", "0", "0"),
        ("2024-02", "0", "0", "0", "0", "0", "0"),
        ("2024-03", "0", "6", "0", "0", "0", "5"),
        ("2024-04", "0", "0", "11", "11", "6", "0"),
        ("2024-05", "0", "0", "11", "8", "6", "6"),
    ]:
        assert (month, *counts) in rows or not any(map(int, counts)), month
    assert "No rows in 2024-02." in clean, "of loans"
    assert "<title>2024-04: none</title>" in clean and "No rows in 2024-04." in clean, "of events"


def test_empty_cells_stand_with_their_share_and_what_they_mean(clean: str) -> None:
    missing = {row[0]: row[1:] for row in rows_of(clean) if ": " in row[-1]}
    assert missing["paid_on"] == ("3 (13.6%)", "0", "empty means: not paid")
    assert missing["days_past_due"][:2] == ("6 (50.0%)", "0")
    assert missing["monthly_income"][:2] == ("1 (8.3%)", "0")
    assert missing["closed_on"][0] == "not there"
    assert "days_past_due is far emptier in 2024-05 than in other months." in clean
    rows = rows_of(clean)
    assert ("month", "monthly_income", "region") in rows
    assert ("2023-11", "0.0%", "0.0%") in rows and ("2023-12", "20.0%", "20.0%") in rows
    assert ("month", "paid_on") in rows
    assert ("2024-04", "0.0%") in rows and ("2024-05", "27.3%") in rows
    assert ("month", "days_past_due") in rows and ("2024-05", "100.0%") in rows
    assert "days_past_due, 2024-04: 0%" in clean and "days_past_due, 2024-05: 100%" in clean


def test_ids_match_as_they_were_counted_by_hand(clean: str) -> None:
    rows = rows_of(clean)
    none = "0 (0.0%)"
    assert ("loans.borrower_id in borrowers", "12", "12 (100.0%)", none, none, none) in rows
    assert ("events.borrower_id in borrowers", "11", "11 (100.0%)", none, none, none) in rows
    assert ("borrowers per borrower_id", "12", none, "12 (100.0%)", none) in rows
    assert ("loans per borrower_id", "12", "1 (8.3%)", "10 (83.3%)", "1 (8.3%)") in rows
    assert ("instalments per loan_id", "12", "1 (8.3%)", none, "11 (91.7%)") in rows
    assert ("statements per loan_id", "12", "6 (50.0%)", none, "6 (50.0%)") in rows


def test_ids_that_match_twice_or_never_are_counted_and_the_refusal_is_on_the_page(tmp_path: Path) -> None:
    twice = f"{IDS[0]},2023-11-02,4100,north"
    unknown = ["QX-9999,2024-05-01 10:00:00,login", ",2024-05-01 10:00:00,login"]
    text = page_of(write(tmp_path / "book", borrowers=[twice], events=unknown), tmp_path, code=5)
    rows = rows_of(text)
    assert ("loans.borrower_id in borrowers", "12", "10 (83.3%)", "2 (16.7%)", "0 (0.0%)", "0 (0.0%)") in rows
    assert ("events.borrower_id in borrowers", "13", "9 (69.2%)", "2 (15.4%)", "1 (7.7%)", "1 (7.7%)") in rows
    assert ("borrowers per borrower_id", "12", "0 (0.0%)", "11 (91.7%)", "1 (8.3%)") in rows
    assert "The book cannot be used as it is." in text and "2 of 13 rows are bad" in text
    assert "Rows of events with a borrower_id that is not in borrowers: 1\xa0(7.7%)." in text


def test_a_book_without_a_required_table_has_a_page_of_the_others(tmp_path: Path) -> None:
    book = write(tmp_path / "book")
    (book / "borrowers.csv").unlink()
    plain = run("check", str(book))
    done = run("check", str(book), "--report", str(tmp_path / "page.html"))
    assert plain.code == done.code == 19, "the refusal asks for a mapping"
    assert done.stdout == plain.stdout == ""
    assert done.stderr.endswith(plain.stderr) and "page.html shows the book's tables" in done.stderr
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "has no table borrowers" in text and ("loans", "12") in rows_of(text)
    assert ("instalments per loan_id", "12", "1 (8.3%)", "0 (0.0%)", "11 (91.7%)") in rows_of(text)
    assert ("2024-04", "0", "11", "11", "6", "0") in rows_of(text)


def test_a_damaged_file_is_named_and_the_other_tables_are_shown(tmp_path: Path) -> None:
    book = write(tmp_path / "book")
    (book / "loans.csv").unlink()
    (book / "loans.parquet").write_bytes(b"PAR1 and no more")
    text = page_of(book, tmp_path, code=4)
    assert "loans.parquet" in text and "The book cannot be used as it is." in text
    rows = rows_of(text)
    assert ("borrowers", "12") in rows and ("instalments", "22") in rows and ("events", "11") in rows
    assert ("events.borrower_id in borrowers", "11", "11 (100.0%)", *["0 (0.0%)"] * 3) in rows


def test_a_mapping_whose_export_lost_a_column_shows_the_other_tables(tmp_path: Path) -> None:
    mapping = as_mapping(write(tmp_path / "book"), tmp_path)
    statements = tmp_path / "export" / "own_statements.csv"
    statements.write_text(statements.read_text().replace("col 2", "col 9"))
    text = page_of(mapping, tmp_path, code=4)
    assert "has no column col 2, which the mapping reads as balance" in text
    rows = rows_of(text)
    assert ("loans", "12") in rows and ("instalments per loan_id", "12", "1 (8.3%)", "0 (0.0%)", "11 (91.7%)") in rows
    assert ("statements", "12") not in rows


def test_a_table_without_a_known_column_and_one_without_rows_are_named(tmp_path: Path) -> None:
    book = write(tmp_path / "book")
    (book / "statements.csv").write_text("客户号,余额\n1,2\n", encoding="utf-8")
    (book / "events.csv").write_text(f"{EVENTS[0]}\n", encoding="utf-8")
    text = page_of(book, tmp_path, code=4)
    assert "statements.csv has none of the columns of statements (found: 客户号, 余额)" in text
    assert ("events", "0") in rows_of(text) and "Without a date that can be read: events." in text


def test_a_place_without_a_book_has_a_page_that_says_so(tmp_path: Path) -> None:
    text = page_of(tmp_path / "nowhere", tmp_path, code=4)
    assert "There is no book at" in text and "No table could be read." in text


def test_a_page_that_cannot_be_written_is_refused_before_the_book_is_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = run("check", str(tmp_path / "nowhere"), "--report", str(tmp_path / "file" / "page.html"))
    assert done.code == 13 and "There is no book" not in done.stderr


def test_a_page_changes_nothing_of_what_check_prints(tmp_path: Path) -> None:
    book = write(tmp_path / "book")
    for options in ((), ("--json",)):
        plain, paged = run("check", str(book), *options), run("check", str(book), *options, "--report", f"{book}.html")
        assert plain == paged
    assert json.loads(plain.stdout)["problem"] is None


def test_the_headline_has_the_figures_of_check(tmp_path: Path) -> None:
    book = write(tmp_path / "book")
    text, document = page_of(book, tmp_path), json.loads(run("check", str(book), "--json").stdout)
    rows = rows_of(text)
    for name, table in document["tables"].items():
        assert (name, f"{table['rows']:,}", "0", str(table["first"]), str(table["last"]), "–") in rows
    assert f"outcomes known through {document['data_through']}" in text and "The book can be used." in text


def test_no_value_of_a_single_borrower_is_on_the_page(clean: str) -> None:
    for value in (*IDS, *LOANS, ALONE, OUTLIER, "98,765", "98,8", "QX-"):
        assert value not in clean, value
    rows = rows_of(clean)
    assert ("monthly_income", "4,000 to 4,050", "5", "41.7%") in rows
    assert ("monthly_income", "5,000 to 5,050", "5", "41.7%") in rows
    assert ("monthly_income", "above", "1", "8.3%") in rows
    assert ("region", "north", "6", "50.0%") in rows
    assert ("region", "other, 2 levels", "5", "41.7%") in rows, "four borrowers in the south, and one alone"
    assert "south" not in clean


def test_questions_and_notices_stand_in_the_words_of_check_with_what_answers_them(tmp_path: Path) -> None:
    book = write(tmp_path / "book", loans=["LN-13,QX-7112,2091-03-07"])
    document = json.loads(run("check", str(book), "--json").stdout)
    (question,) = document["questions"]
    text = page_of(book, tmp_path, code=19)
    assert (
        *("question", "loans.opened_on", f"{question['text']} (row {question['row']})"),
        *(f"{question['share']:.1%}", '[book.answers."loans.opened_on.after_today"]'),
    ) in rows_of(text)


def test_the_page_is_one_file_that_fetches_nothing_and_names_its_pictures(clean: str) -> None:
    for fetched in ("http", "<script", "<link", "<img", "url(", "@import"):
        assert fetched not in clean
    pictures = re.findall(r"<svg [^>]*>", clean)
    assert len(pictures) > 10 and all('role="img" aria-label="' in picture for picture in pictures)


def body(text: str, place: Path | str) -> str:
    return text.replace(html.escape(str(place)), "BOOK")


def as_mapping(book: Path, folder: Path) -> Path:
    """Write the same rows under a lender's own names, and the mapping that reads them."""
    export = folder / "export"
    export.mkdir()
    lines = ["version = 1", 'source = "export"']
    for table, (head, *rows) in TABLES.items():
        names = head.split(",")
        own = [f"col {at}" for at, _ in enumerate(names)]
        (export / f"own_{table}.csv").write_text("\n".join([";".join(own), *(row.replace(",", ";") for row in rows)]))
        lines += [f"[tables.{table}]", f'files = ["own_{table}.csv"]', 'separator = ";"', f"[tables.{table}.columns]"]
        lines += [f'{name} = "{of}"' for name, of in zip(names, own, strict=True)]
    mapping = folder / "book.toml"
    mapping.write_text("\n".join(lines), encoding="utf-8")
    return mapping


def as_parquet(book: Path, folder: Path) -> Path:
    (folder / "parquet").mkdir()
    for table in TABLES:
        duckdb.read_csv(str(book / f"{table}.csv")).write_parquet(str(folder / "parquet" / f"{table}.parquet"))
    return folder / "parquet"


def as_duckdb(book: Path, folder: Path) -> Path:
    assert run("convert", str(book), str(folder / "lender.duckdb")).code == 0
    return folder / "lender.duckdb"


@pytest.mark.parametrize("other", [as_mapping, as_parquet, as_duckdb])
def test_the_same_rows_have_the_same_page_wherever_they_come_from(
    other: Callable[[Path, Path], Path], tmp_path: Path
) -> None:
    book = write(tmp_path / "book")
    place = other(book, tmp_path)
    assert body(page_of(place, tmp_path), place) == body(page_of(book, tmp_path), book)


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with databases("postgresql", tmp_path_factory.mktemp("postgres")) as new:
        url = new()
        engine = sqlalchemy.create_engine(url)
        for table, rows in TABLES.items():
            frame = pandas.read_csv(StringIO("\n".join(rows)), dtype=str)
            frame.to_sql(table, engine, index=False)
        engine.dispose()
        yield url.replace("postgresql+psycopg", "postgresql")


@pytest.mark.slow
def test_a_database_server_has_the_same_page_as_a_folder(postgres: str, clean: str, tmp_path: Path) -> None:
    text = page_of(postgres, tmp_path)
    assert text[text.index("<section>") :] == clean[clean.index("<section>") :]
