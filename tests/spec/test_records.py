"""One borrower's rows, sent or looked up, give the same values as a whole book; rows a book sets aside are refused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from databases import databases
from sqlalchemy import create_engine

from risk_warning.book import open_book
from risk_warning.book.one_borrower import borrower_records, reach_of_book
from risk_warning.book.protected import read_protected
from risk_warning.book.records import rows_of
from risk_warning.core.calendar import NEVER, to_date, to_day
from risk_warning.core.money import minor_units
from risk_warning.core.observed import Observed
from risk_warning.core.rows import TABLES
from risk_warning.errors import BookError, RequestError, SettingsError
from risk_warning.settings import BookSettings

SETTINGS = BookSettings(max_bad_share=1.0)
NOTHING = Observed({})
LOAN = {"loan_id": "L", "opened_on": date(2024, 1, 5)}
DUE = {"loan_id": "L", "instalment_no": 1, "due_on": date(2024, 2, 5), "due_amount": 100.0}


def instalments(*rows: dict[str, Any], **tables: Any) -> dict[str, np.ndarray[Any, Any]]:
    table = rows_of("B", {"loans": [LOAN], **tables, "instalments": rows}, NOTHING, SETTINGS).instalments
    assert table is not None
    return dict(table)


def test_what_a_row_leaves_out_is_filled_in_as_in_a_book() -> None:
    paid = instalments({**DUE, "paid_on": date(2024, 2, 9)}, {**DUE, "instalment_no": 2})
    assert paid["scheduled_on"].tolist() == [to_day(date(2024, 1, 5))] * 2
    assert paid["paid_amount"].tolist() == [10000.0, 0.0]
    assert paid["recorded_on"].tolist() == [to_day(date(2024, 2, 9)), NEVER]
    alone = rows_of("B", {"instalments": [DUE]}, NOTHING, SETTINGS).instalments
    assert alone is not None
    # Without `loans` a schedule is known a month before its first due date.
    assert alone["scheduled_on"].tolist() == [to_day(date(2024, 1, 5))]


def test_a_timestamp_with_a_zone_falls_on_the_day_of_the_books_zone() -> None:
    late = datetime.fromisoformat("2024-05-01T20:00:00+00:00")
    events = [{"kind": "login", "occurred_at": late}, {"kind": "login", "occurred_at": late.replace(tzinfo=None)}]
    table = rows_of("B", {"events": events}, NOTHING, SETTINGS).events
    assert table is not None
    assert table["occurred_on"].tolist() == [to_day(date(2024, 5, 2)), to_day(date(2024, 5, 1))]


@pytest.mark.parametrize(
    ("records", "field"),
    [
        ({"loans": [LOAN], "instalments": [{**DUE, "loan_id": "M"}]}, "instalments[0].loan_id"),
        ({"loans": [LOAN, LOAN]}, "loans[1].loan_id"),
        ({"loans": [LOAN], "instalments": [DUE, {**DUE, "due_amount": 99.0}]}, "instalments[1].due_amount"),
        ({"loans": [{**LOAN, "borrower_id": "C"}]}, "loans[0].borrower_id"),
        ({"borrowers": [{"sex": "female"}]}, "borrowers[0].sex"),
        ({"borrowers": [{"x_segment": "a", "hobby": "chess"}]}, "borrowers[0].hobby"),
        ({"borrowers": [{"x_segment": ["a"]}]}, "borrowers[0].x_segment"),
    ],
)
def test_what_a_book_would_set_aside_is_refused_with_its_place(records: dict[str, Any], field: str) -> None:
    with pytest.raises(RequestError) as refused:
        rows_of("B", records, NOTHING, SETTINGS)
    assert refused.value.field == field
    assert not {"female", "chess", "99"} & set(str(refused.value).split())


def test_an_attribute_protected_by_its_name_is_refused_unless_it_is_allowed() -> None:
    sent = {"borrowers": [{"x_customerAge": 41}]}
    with pytest.raises(RequestError, match="never enters a model; leave it out") as refused:
        rows_of("B", sent, NOTHING, SETTINGS)
    assert refused.value.field == "borrowers[0].x_customerAge" and "41" not in str(refused.value)
    allowed = BookSettings(allowed={"x_customerAge": "asked for by the supervisor"})
    assert "x_customerAge" in rows_of("B", sent, NOTHING, allowed).borrowers


def test_text_is_refused_where_the_model_reads_numbers() -> None:
    numbers = Observed({"borrowers": frozenset({"x_rating"})}, numeric=frozenset({"borrowers.x_rating"}))
    assert rows_of("B", {"borrowers": [{"x_rating": 3}]}, numbers, SETTINGS).borrowers["x_rating"].tolist() == [3.0]
    with pytest.raises(RequestError, match="not a number"):
        rows_of("B", {"borrowers": [{"x_rating": "three"}]}, numbers, SETTINGS)


def test_amounts_are_rounded_as_a_books_are(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    amounts = np.concatenate((rng.uniform(-1e6, 1e6, 500), rng.integers(0, 10**9, 500) / 1000, [1.015, 1.025, 0.005]))
    con = duckdb.connect(str(tmp_path / "b.duckdb"))
    con.execute("CREATE TABLE borrowers AS SELECT 1 AS borrower_id")
    con.execute("CREATE TABLE statements (borrower_id INTEGER, loan_id INTEGER, statement_on DATE, balance DOUBLE)")
    rows = [(1, i, date(2024, 1, 31), amount) for i, amount in enumerate(amounts.tolist())]
    con.executemany("INSERT INTO statements VALUES (?, ?, ?, ?)", rows)
    con.close()
    with open_book(tmp_path / "b.duckdb", SETTINGS) as book:
        staged = book.rows(0, 1).statements
    assert staged is not None
    assert sorted(staged["balance"].tolist()) == sorted(minor_units(amounts, 2).tolist())


BOOK = """
CREATE TABLE borrowers (borrower_id VARCHAR, region VARCHAR, monthly_income DOUBLE PRECISION, x_grade INTEGER,
  sex VARCHAR);
INSERT INTO borrowers VALUES ('007', 'north', 5000.255, 3, 'f'), ('7', NULL, NULL, NULL, 'm'),
  ('b', 'south', 1, 1, NULL);
CREATE TABLE loans (loan_id INTEGER, borrower_id VARCHAR, opened_on DATE, product VARCHAR);
INSERT INTO loans VALUES (1, '007', '2024-01-05', 'card'), (2, '7', '2024-01-06', 'personal'),
  (3, '007', '2024-02-01', 'car');
CREATE TABLE instalments (loan_id INTEGER, instalment_no INTEGER, due_on DATE, due_amount DOUBLE PRECISION,
  paid_on DATE);
INSERT INTO instalments VALUES (1, 1, '2024-02-05', 10.5, '2024-02-04'), (1, 2, '2024-03-05', 10.5, NULL),
  (2, 1, '2024-02-06', -5, NULL), (3, 1, '2024-03-01', 7, '2024-03-01'), (9, 1, '2024-03-01', 7, NULL);
CREATE TABLE events (borrower_id VARCHAR, kind VARCHAR, occurred_at TIMESTAMP);
INSERT INTO events VALUES ('007', 'login', '2024-03-02 10:00:00'), ('b', 'login', '2024-03-03 23:59:59'),
  ('7', '', '2024-03-04 01:00:00');
"""


@pytest.fixture(scope="module", params=["duckdb", "postgresql"])
def book(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield the place of a book with ids as text, two of them alike, and a few bad rows."""
    folder = tmp_path_factory.mktemp("book")
    if request.param == "duckdb":
        with duckdb.connect(str(folder / "book.duckdb")) as con:
            con.execute(BOOK)
        yield str(folder / "book.duckdb")
        return
    with databases("postgresql", folder) as new:
        url = new()
        engine = create_engine(url)
        with engine.begin() as connection:
            for text in BOOK.split(";\n"):
                connection.exec_driver_sql(text)
        engine.dispose()
        yield url.replace("postgresql+psycopg", "postgresql")


def test_a_borrower_looked_up_has_the_rows_the_whole_book_has(book: str) -> None:
    with open_book(book, SETTINGS) as whole:
        observed = whole.observed
        ids = whole.rows(0, whole.n_borrowers).borrower_id.tolist()
        for i, borrower in enumerate(ids):
            expected = whole.rows(i, i + 1)
            lookup = borrower_records(book, borrower, SETTINGS)
            assert lookup is not None
            assert expected.set_aside is not None
            assert lookup.set_aside == expected.set_aside[0]
            rows = rows_of(borrower, lookup.records, observed, SETTINGS)
            for table in TABLES:
                same(getattr(rows, table), getattr(expected, table), rows.categories, expected.categories, table)
    assert ids == ["007", "7", "b"]


def test_protected_attributes_are_found_by_the_same_ids(book: str) -> None:
    labels = read_protected(book, SETTINGS).labels(np.array(["b", "7", "007"], object), date(2024, 3, 1))
    assert {name: values.tolist() for name, values in labels.items()} == {"sex": [None, "m", "f"]}


def same(
    table: Any, expected: Any, own: dict[str, tuple[str, ...]], of_book: dict[str, tuple[str, ...]], name: str
) -> None:
    """Assert that a table has the expected rows, in any order and with any codes of their categories."""
    if expected is None:
        assert table is None
        return

    def rows(columns: dict[str, Any], names: dict[str, tuple[str, ...]]) -> list[tuple[str, ...]]:
        decoded = {}
        for column in expected:
            values = columns[column].tolist()
            known = names.get(f"{name}.{column}")
            decoded[column] = [known[v] if v >= 0 else None for v in values] if known is not None else values
        return sorted(tuple(map(str, row)) for row in zip(*decoded.values(), strict=True))

    assert rows(table, own) == rows(expected, of_book)


def test_seven_is_not_double_oh_seven(book: str) -> None:
    assert borrower_records(book, 7, SETTINGS) is not None
    assert borrower_records(book, "07", SETTINGS) is None
    lookup = borrower_records(book, "7", SETTINGS)
    assert lookup is not None and lookup.set_aside


def latest_day(book: str, today: date) -> date:
    reach = reach_of_book(book, SETTINGS, data_through=None, today=today)
    return to_date(max(int(flow.days[-1]) for flow in reach.flows.values()))


def test_the_data_go_through_the_last_day_that_something_was_recorded(book: str) -> None:
    assert latest_day(book, date(2024, 6, 1)) == date(2024, 3, 4)
    assert latest_day(book, date(2024, 3, 3)) == date(2024, 3, 3)


def test_text_that_is_no_date_does_not_keep_a_borrower_from_being_looked_up(tmp_path: Path) -> None:
    place = str(tmp_path / "text.duckdb")
    with duckdb.connect(place) as con:
        con.execute("CREATE TABLE borrowers AS SELECT unnest(['a', 'b']) AS borrower_id")
        con.execute("CREATE TABLE statements (statement_on VARCHAR, loan_id INTEGER, borrower_id VARCHAR)")
        con.execute("INSERT INTO statements VALUES ('2024-01-31', 1, 'a'), ('2024-13-45', 2, 'b')")
    assert latest_day(place, date(2024, 6, 1)) == date(2024, 1, 31)
    lookups = [borrower_records(place, borrower, SETTINGS) for borrower in ("a", "b")]
    assert [one is not None and one.set_aside for one in lookups] == [False, True]


def test_a_folder_is_no_place_to_look_one_borrower_up(tmp_path: Path) -> None:
    (tmp_path / "borrowers.csv").write_text("borrower_id\n1\n")
    (tmp_path / "statements.csv").write_text("borrower_id,loan_id,statement_on\n1,1,2024-01-31\n")
    with pytest.raises(SettingsError, match="DuckDB file"):
        borrower_records(str(tmp_path), 1, SETTINGS)
    with pytest.raises(BookError, match="no book"):
        borrower_records(str(tmp_path / "nowhere.duckdb"), 1, SETTINGS)
