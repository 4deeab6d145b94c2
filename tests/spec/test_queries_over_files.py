"""A table of a book may be one SELECT over the files of an export, which reads these files and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from risk_warning.book import open_book
from risk_warning.book.sources.export import FilesExport, Place
from risk_warning.book.sources.files import Layout
from risk_warning.book.staged import staging_connection
from risk_warning.errors import BookError
from risk_warning.settings import BookSettings

FILES = {
    "loan.txt": '"loan_id";"account_id";"date";"amount"\n5314;1787;"930705";96396\n5316;1801;"930711";165960\n',
    "disp.txt": "account_id;client_id\n1787;2166\n1801;2181\n1802;2182\n",
    "months_01.txt": "account_id;balance\n1787;10\n",
    "months_02.txt": "account_id;balance\n1787;20\n1801;30\n",
}
JOIN = 'SELECT l.account_id, d.client_id FROM "months_*.txt" AS l JOIN "disp.txt" AS d USING (account_id)'
SEMICOLONS = Layout(separator=";")


@pytest.fixture
def export(tmp_path: Path) -> FilesExport:
    (tmp_path / "export").mkdir()
    for name, text in FILES.items():
        (tmp_path / "export" / name).write_text(text, encoding="utf-8")
    (tmp_path / "secret.csv").write_text("key\n1\n", encoding="utf-8")
    return FilesExport(tmp_path / "export")


def rows(export: FilesExport, query: str, layout: Layout = SEMICOLONS) -> list[tuple[object, ...]]:
    """Return the rows of a query, each after its number."""
    place = Place(query=query, layout=layout)
    with staging_connection(BookSettings()) as con:
        relation = export.relation(con, place, export.columns(con, place))
        sql = f"SELECT {relation.row}, * FROM {relation.sql} ORDER BY 1"  # noqa: S608
        rows_read: list[tuple[object, ...]] = con.execute(sql).fetchall()
        return rows_read


def test_files_are_tables_of_their_names_and_patterns_of_names_are_one_table(export: FilesExport) -> None:
    joined = rows(export, JOIN)
    assert [number for number, *_ in joined] == [1, 2, 3]
    assert sorted(values for _, *values in joined) == [["1787", "2166"], ["1787", "2166"], ["1801", "2181"]]


def test_rows_have_the_order_of_the_file_so_that_they_can_be_numbered(export: FilesExport) -> None:
    query = 'SELECT rowid + 1 AS row_of_file, balance FROM "months_02.txt"'
    assert rows(export, query) == [(1, 1, "20"), (2, 2, "30")]


def test_columns_of_text_files_are_text_that_a_query_may_cast(export: FilesExport) -> None:
    assert rows(export, 'SELECT sum(CAST(balance AS INTEGER)) AS s FROM "months_*.txt"') == [(1, 60)]


def test_only_the_files_that_a_query_names_are_part_of_its_digest(export: FilesExport) -> None:
    place = Place(query=JOIN, layout=SEMICOLONS)
    assert [path.name for path in export.paths(place)] == ["disp.txt", "months_01.txt", "months_02.txt"]
    with staging_connection(BookSettings()) as con:
        before = export.digest(con, [place])
        (export.folder / "loan.txt").write_text("other\n")
        assert export.digest(con, [place]) == before
        (export.folder / "months_01.txt").write_text("account_id;balance\n1;1\n")
        assert export.digest(con, [place]) != before


@pytest.mark.parametrize(
    "query",
    [
        "COPY (SELECT 1) TO 'stolen.csv'",
        "SELECT 1; SELECT 2",
        "INSERT INTO \"months_01.txt\" VALUES ('1', '2')",
        "ATTACH 'other.duckdb'",
        "SET memory_limit = '100GB'",
        "SELEC 1",
    ],
)
def test_a_query_is_one_select(export: FilesExport, query: str) -> None:
    with pytest.raises(BookError, match="is not one SELECT"):
        rows(export, query)


@pytest.mark.parametrize(
    "reached",
    [
        "SELECT * FROM '{folder}/../secret.csv'",
        "SELECT * FROM read_csv('{folder}/../secret.csv')",
        "SELECT content FROM read_text('{folder}/../secret.csv')",
        "SELECT file FROM glob('{folder}/*')",
        'SELECT * FROM "../secret.csv"',
        "SELECT * FROM query('SELECT * FROM ''{folder}/../secret.csv''')",
    ],
)
def test_a_query_reads_nothing_but_the_files_that_it_names(export: FilesExport, reached: str) -> None:
    own = 'SELECT (SELECT count(*) FROM "months_01.txt") AS n FROM ({reached})'
    with pytest.raises(BookError, match="cannot be run") as refused:
        rows(export, own.replace("{reached}", reached.replace("{folder}", str(export.folder))))
    assert "secret" not in str(refused.value)


def test_a_query_that_names_no_file_says_how_to_name_one(export: FilesExport) -> None:
    with pytest.raises(BookError, match='names no file of it; write a name as in FROM "'):
        rows(export, "SELECT 1 AS one")


def test_a_failing_query_never_shows_a_value(export: FilesExport) -> None:
    with pytest.raises(BookError) as refused:
        rows(export, "SELECT CAST(client_id || 'x' AS INTEGER) AS v FROM \"disp.txt\"")
    assert "2166" not in str(refused.value)


def test_a_join_without_its_condition_is_stopped(export: FilesExport) -> None:
    (export.folder / "many.txt").write_text("n\n" + "1\n" * 120, encoding="utf-8")
    with pytest.raises(BookError, match="more than 1,000 times as many rows"):
        rows(export, 'SELECT a.n FROM "many.txt" AS a, "many.txt" AS b, "many.txt" AS c')


MAPPING = """
version = 1
source = "export"

[tables.borrowers]
files = ["disp.txt"]
separator = ";"
columns = { borrower_id = "client_id" }

[tables.loans]
query = '''
SELECT loan_id, client_id, date, amount
FROM "loan.txt" JOIN "disp.txt" USING (account_id)
'''
separator = ";"

[tables.loans.columns]
loan_id = "loan_id"
borrower_id = "client_id"
opened_on = { column = "date", format = "%y%m%d" }
principal = "amount"

[tables.statements]
files = ["months_*.txt"]
separator = ";"

[tables.statements.columns]
loan_id = { column = "account_id", codes = { 1787 = "5314", 1801 = "5316" } }
statement_on = { constant = "1998-12-31" }
balance = "balance"
"""


def test_a_book_reads_a_table_that_a_query_joins(export: FilesExport, tmp_path: Path) -> None:
    (tmp_path / "book.toml").write_text(MAPPING, encoding="utf-8")
    (export.folder / "months_01.txt").unlink()
    with open_book(tmp_path / "book.toml", BookSettings()) as book:
        book_rows = book.rows(0, book.n_borrowers)
        assert book_rows.borrower_id.tolist() == [2166, 2181, 2182]
        assert book_rows.loans is not None
        assert book_rows.loans["borrower"].tolist() == [0, 1]
        assert book_rows.loans["principal"].tolist() == [9639600.0, 16596000.0]
        assert book.quarantine.total == 0
