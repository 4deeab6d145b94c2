"""How a mapped column is read, and what a mapping that no longer fits says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb
import pytest

from risk_warning.book import open_book
from risk_warning.book.mapping.columns import projection_of
from risk_warning.book.mapping.document import TableMapping, read_mapping
from risk_warning.book.sources.source import Relation
from risk_warning.errors import BookError, QuestionError
from risk_warning.settings import BookSettings

EXPORT = {
    "kunden.csv": "nr;seit;einkommen\n1;31.12.2022;1.234,50\n2;01.02.2023;NULL\n",
    "vertraege.csv": "vertrag;kunde;start\nA;0001;01.01.2023\nB;0002;01.03.2023\n",
    "raten.csv": "vertrag;rate;faellig;betrag;bezahlt\na;1;01.02.2023;100,00;01.02.2023\nb;1;01.04.2023;50,00;\n",
}
MAPPING = """
version = 1
source = "export"

[tables.borrowers]
files = ["kunden.csv"]
separator = ";"
empty = ["NULL"]

[tables.borrowers.columns]
borrower_id = "nr"
onboarded_on = { column = "seit", format = "%d.%m.%Y" }
monthly_income = { column = "einkommen", thousands = ".", decimal = "," }

[tables.loans]
files = ["vertraege.csv"]
separator = ";"

[tables.loans.columns]
loan_id = "vertrag"
borrower_id = { column = "kunde", without_zeros = true }
opened_on = { column = "start", format = "%d.%m.%Y" }

[tables.instalments]
files = ["raten.csv"]
separator = ";"

[tables.instalments.columns]
loan_id = { column = "vertrag", case = "upper" }
instalment_no = "rate"
due_on = { column = "faellig", format = "%d.%m.%Y" }
due_amount = { column = "betrag", decimal = "," }
paid_on = { column = "bezahlt", format = "%d.%m.%Y" }
"""


Setting = str | float | list[str] | dict[str, str] | dict[str, str | int]
"""A field of a column's mapping, as TOML has it."""


def mapped(folder: Path, mapping: str = MAPPING, **changed: str) -> Path:
    (folder / "export").mkdir(exist_ok=True)
    for name, text in {**EXPORT, **{f"{name}.csv": text for name, text in changed.items()}}.items():
        (folder / "export" / name).write_text(text, encoding="utf-8")
    (folder / "book.toml").write_text(mapping, encoding="utf-8")
    return folder / "book.toml"


def read(value: str | None, **settings: Setting) -> str | None:
    """Return a value as a mapped column reads it."""
    table = TableMapping.model_validate({"files": ["x.csv"], "columns": {"status": {"column": "given", **settings}}})
    projection = projection_of(table, Relation("given", {"given": "VARCHAR"}), ["status"])
    with duckdb.connect() as con:
        con.execute("CREATE TABLE given AS SELECT $value::VARCHAR AS given", {"value": value})
        sql = f"SELECT {projection.columns['status']} FROM given"  # noqa: S608
        row: tuple[str | None] = con.execute(sql, projection.parameters).fetchall()[0]
        return row[0]


@pytest.mark.parametrize(
    ("value", "settings", "expected"),
    [
        (" L1 ", {}, "L1"),
        ("", {}, None),
        ("NULL", {"empty": ["NULL", "-"]}, None),
        ("¥1,544.25", {"remove": ["¥"], "thousands": ","}, "1544.25"),
        ("1.544,25", {"thousands": ".", "decimal": ","}, "1544.25"),
        ("1 544,25", {"thousands": " ", "decimal": ","}, "1544.25"),
        ("１５４４．２５", {"half_width": True}, "1544.25"),
        ("16%", {"remove": ["%"], "divide": 100}, "0.16"),
        ("16.1", {"divide": 100}, "0.161"),
        ("154425", {"divide": 100}, "1544.25"),
        ("3", {"multiply": 30}, "90"),
        ("lots", {"divide": 100}, "lots"),
        ("31/12/2023", {"format": "%d/%m/%Y"}, "2023-12-31"),
        ("12/31/2023", {"format": "%m/%d/%Y"}, "2023-12-31"),
        ("20231231", {"format": "%Y%m%d"}, "2023-12-31"),
        ("2023年3月3日", {"format": "%Y年%m月%d日"}, "2023-03-03"),
        ("03-Mar-23", {"format": "%d-%b-%y"}, "2023-03-03"),
        ("45000", {"format": "excel"}, "2023-03-15"),
        ("31/02/2023", {"format": "%d/%m/%Y"}, "31/02/2023"),
        ("0", {"format": "days after 2018-01-01"}, "2018-01-01"),
        ("-31", {"format": "days after 2018-01-01"}, "2017-12-01"),
        ("-1187.0", {"format": "days after 2018-01-01"}, "2014-10-02"),
        ("31", {"format": "days before 2018-01-01"}, "2017-12-01"),
        ("1", {"format": "months before 2005-09-30"}, "2005-08-31"),
        ("5", {"format": "months before 2005-09-30"}, "2005-04-30"),
        ("-1", {"format": "months after 2018-01-01"}, "2017-12-01"),
        ("1", {"format": "months after 2018-01-30"}, "2018-02-28"),
        ("1.5", {"format": "months after 2018-01-30"}, "1.5"),
        ("soon", {"format": "days after 2018-01-01"}, "soon"),
        ("365243", {"format": "days after 2018-01-01"}, "365243"),
        ("MAR2014", {"format": "%b%Y"}, "2014-03-01"),
        ("MAR2014", {"format": "%b%Y", "month_end": True}, "2014-03-31"),
        ("2016-02-01", {"month_end": True}, "2016-02-29"),
        ("7", {"digits": 4}, "0007"),
        ("12345", {"digits": 4}, "12345"),
        ("0007", {"without_zeros": True}, "7"),
        ("0", {"without_zeros": True}, "0"),
        ("17.0", {"whole": True}, "17"),
        ("l1", {"case": "upper"}, "L1"),
        ("C", {"codes": {"C": "closed"}}, "closed"),
        ("X", {"codes": {"C": "closed"}}, "X"),
        ("L1/2", {"split": {"by": "/", "part": 2}}, "2"),
        (None, {"codes": {"C": "closed"}}, None),
    ],
)
def test_a_value_is_read_as_the_mapping_says(
    value: str | None, settings: Mapping[str, Setting], expected: str | None
) -> None:
    assert read(value, **settings) == expected


def test_an_export_becomes_a_book(tmp_path: Path) -> None:
    with open_book(mapped(tmp_path), BookSettings()) as book:
        rows = book.rows(0, book.n_borrowers)
        assert rows.borrower_id.tolist() == [1, 2]
        assert rows.borrowers["monthly_income"].tolist()[0] == 123450.0
        assert rows.instalments is not None
        assert rows.instalments["due_amount"].tolist() == [10000.0, 5000.0]
        assert book.quarantine.total == 0


def test_rows_are_numbered_as_in_the_file_where_only_some_are_read(tmp_path: Path) -> None:
    where = MAPPING.replace('files = ["raten.csv"]', 'files = ["raten.csv"]\nwhere = { art = ["R"] }')
    rows = "vertrag;rate;faellig;betrag;bezahlt;art\na;1;01.02.2023;9;;G\n"
    rows += "a;1;01.02.2023;100,00;01.02.2023;R\nb;1;x;50,00;;R\n"
    with open_book(mapped(tmp_path, where, raten=rows), BookSettings(max_bad_share=1)) as book:
        assert book.quarantine.rows["instalments"] == 2
        book.con.execute("SELECT row_no, column_name FROM quarantine")
        assert book.con.fetchall() == [(3, "due_on")]


def test_a_column_that_is_gone_says_what_is_new_instead(tmp_path: Path) -> None:
    changed = mapped(tmp_path, raten=EXPORT["raten.csv"].replace("bezahlt", "bezahlt_am"))
    with pytest.raises(BookError, match=r"no column bezahlt, .* reads as paid_on.*new columns: bezahlt_am"):
        open_book(changed, BookSettings()).__enter__()


def test_a_new_file_that_looks_like_a_table_is_a_question(tmp_path: Path) -> None:
    path = mapped(tmp_path)
    (tmp_path / "export" / "events_2023.csv").write_text("borrower_id,kind\n")
    with pytest.raises(QuestionError, match=r"events_2023.csv is not read, and the book has no table events"):
        open_book(path, BookSettings()).__enter__()
    answer = '\n[answers."events.events_2023.csv.not_used"]\nby = "risk team"\nwhy = "a trial of the web team"\n'
    path.write_text(path.read_text() + answer)
    with open_book(path, BookSettings()) as book:
        assert book.n_borrowers == 2


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("version = 1", "version = 2", "version"),
        ('borrower_id = "nr"', 'borrower = "nr"', "no column 'borrower'"),
        ("[tables.loans]", "[tables.credits]", "no table 'credits'"),
        ('files = ["raten.csv"]', 'files = ["raten_*.csv"]', "no file raten_"),
        ('thousands = ".", decimal = ","', 'thousands = ",", decimal = ","', "cannot be the same character"),
        ('case = "upper"', 'case = "title"', "case"),
        ('separator = ";"', 'separator = ";"\nencoding = "klingon"', "no encoding"),
        ('empty = ["NULL"]', 'blank = ["NULL"]', "no such entry"),
        ('format = "%d.%m.%Y"', 'format = "days after DATE"', "onboarded_on.format: 'days after DATE' is not answered"),
        ('format = "%d.%m.%Y"', 'format = "months since 2018-01-01"', "write .months after 2018-01-01. or"),
        ('format = "%d.%m.%Y"', 'format = "days after 2018-02-30"', "is not answered yet"),
        ('borrower_id = "nr"', 'borrower_id = { constant = "DATE" }', "'DATE' is not answered yet"),
    ],
)
def test_a_fault_of_the_mapping_is_named_with_its_place(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = MAPPING.replace(old, new, 1)
    text = text.replace("[tables.loans.columns]", "[tables.credits.columns]") if "credits" in new else text
    with pytest.raises(BookError, match=message):
        open_book(mapped(tmp_path, text), BookSettings()).__enter__()


def test_a_file_that_is_no_mapping(tmp_path: Path) -> None:
    (tmp_path / "book.toml").write_text("version = ")
    with pytest.raises(BookError, match="not valid TOML"):
        read_mapping(tmp_path / "book.toml")
