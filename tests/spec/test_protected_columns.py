"""Protected columns of a lender's book: kept out of models by name and by values, shown, and allowed with a reason."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from io import StringIO
from pathlib import Path

import duckdb
import pandas
import pytest
from rich.console import Console

from risk_warning.book import open_book
from risk_warning.book.attributes import AttributeUse, KeptOut, UsedAttribute
from risk_warning.book.check import check_book, render
from risk_warning.core import features
from risk_warning.core.outcomes.target import TargetSpec
from risk_warning.errors import SettingsError
from risk_warning.learning.training_set import training_set
from risk_warning.settings import BookSettings, load_settings

BORROWERS = """\
borrower_id,sex,region,x_usage,x_grade,x_gender,x_flag,x_club,x_day,x_since,x_key,x_years,x_age_band
1,f,north,0.25,a,1,F,男,19800101,20230401,11010519491231002X,31,30 to 39
2,m,south,0.50,b,0,M,女,19500607,20230402,440524188001010014,46,40 to 49
3,m,south,0.75,a,0,,,19950308,20230403,,52,50 to 59
"""
STATEMENTS = "".join(f"{k},{k},2024-{month:02}-28,{100 * month},{month}\n" for k in (1, 2, 3) for month in range(1, 10))
KEPT_OUT = {
    "borrowers.sex": "contract",
    "borrowers.x_gender": "name",
    "borrowers.x_age_band": "name",
    "borrowers.x_flag": "values: F/M",
    "borrowers.x_club": "values: 男/女",
    "borrowers.x_day": "values: dates of birth",
    "borrowers.x_key": "identity number",
    "borrowers.x_years": "values: ages",
}
USED = ["borrowers.region", "borrowers.x_grade", "borrowers.x_since", "borrowers.x_usage", "statements.x_calls"]


@pytest.fixture
def book(tmp_path: Path) -> Path:
    folder = tmp_path / "book"
    folder.mkdir()
    (folder / "borrowers.csv").write_text(BORROWERS, encoding="utf-8")
    (folder / "statements.csv").write_text(
        "loan_id,borrower_id,statement_on,balance,x_calls\n" + STATEMENTS, encoding="utf-8"
    )
    return folder


def as_parquet(book: Path) -> Path:
    """Convert the book to Parquet, with dates and whole numbers as such."""
    for name in ("borrowers", "statements"):
        table = pandas.read_csv(book / f"{name}.csv")
        if "x_day" in table:
            table["x_day"] = pandas.to_datetime(table["x_day"].astype(str)).dt.date
        table.to_parquet(book / f"{name}.parquet")
        (book / f"{name}.csv").unlink()
    return book


def as_duckdb(book: Path) -> Path:
    with duckdb.connect(str(book / "book.duckdb")) as con:
        for name in ("borrowers", "statements"):
            con.execute(f"CREATE TABLE {name} AS FROM read_csv('{book / name}.csv')")
    return book / "book.duckdb"


def kept_out(report: AttributeUse) -> dict[str, str]:
    return {one.column: one.why for one in report.kept_out}


@pytest.mark.parametrize("form", ["csv", "parquet", "duckdb"])
def test_columns_are_kept_out_by_name_and_by_values(book: Path, form: str) -> None:
    location = {"csv": lambda: book, "parquet": lambda: as_parquet(book), "duckdb": lambda: as_duckdb(book)}[form]()
    attributes = check_book(location, BookSettings(), date.today()).attributes
    assert kept_out(attributes) == KEPT_OUT
    assert [one.column for one in attributes.used] == USED


def test_check_lists_what_is_used_and_what_is_kept_out_and_prints_no_value(book: Path) -> None:
    command = [str(Path(sys.executable).parent / "risk-warning"), "check", str(book)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    listed = json.loads(subprocess.run([*command, "--json"], capture_output=True, text=True, check=True).stdout)
    assert {one["column"]: one["why"] for one in listed["attributes"]["kept_out"]} == KEPT_OUT
    assert [one["column"] for one in listed["attributes"]["used"]] == USED
    rows = [" ".join(line.replace("│", " ").split()) for line in printed.splitlines()]
    for column, why in KEPT_OUT.items():
        assert f"{column} kept out {why}" in rows
    assert "borrowers.x_usage used" in rows
    for value in ("11010519491231002X", "440524188001010014", "19500607", "30 to 39"):
        assert value not in printed and value not in json.dumps(listed)


def test_nothing_of_them_is_staged_or_becomes_a_feature(book: Path) -> None:
    settings = BookSettings()
    with open_book(book, settings) as opened:
        assert not set(opened.rows(0, 3).borrowers) & {column.partition(".")[2] for column in KEPT_OUT}
        chosen = features.supported(opened.observed, settings.never_modelled)
        rows = training_set(
            opened,
            [date(2024, 6, 1)],
            TargetSpec(eligible_max_dpd=None),
            chosen,
            borrowers_per_chunk=10,
            known_only=False,
        )
    read = {column for feature in rows.features for column in features.attributes_of(feature)}
    assert read == set(USED)
    assert rows.x.shape == (3, len(rows.features))


def test_a_column_is_allowed_with_a_reason_which_is_repeated(book: Path) -> None:
    settings = BookSettings(allowed={"x_age_band": "asked for by the supervisor", "x_flag": " a grade, not a sex "})
    attributes = check_book(book, settings, date.today()).attributes
    assert set(KEPT_OUT) - kept_out(attributes).keys() == {"borrowers.x_age_band", "borrowers.x_flag"}
    assert [one for one in attributes.used if one.allowed] == [
        UsedAttribute("borrowers.x_age_band", "asked for by the supervisor"),
        UsedAttribute("borrowers.x_flag", "a grade, not a sex"),
    ]


def test_names_and_reasons_are_shown_as_they_are_written(tmp_path: Path) -> None:
    (tmp_path / "borrowers.csv").write_text("borrower_id,x_sex[/b],x_age[/i]\n1,1,2\n", encoding="utf-8")
    (tmp_path / "statements.csv").write_text("loan_id,borrower_id,statement_on\n1,1,2024-01-31\n", encoding="utf-8")
    report = check_book(tmp_path, BookSettings(allowed={"x_age[/i]": "see [/note]"}), date.today())
    with Console(width=120, record=True, file=StringIO()) as console:
        console.print(render(report))
    printed = " ".join(console.export_text().replace("│", " ").split())
    assert "borrowers.x_age[/i] used allowed: see [/note]" in printed
    assert "borrowers.x_sex[/b] kept out name" in printed


def test_more_columns_are_protected_by_the_settings(book: Path) -> None:
    attributes = check_book(book, BookSettings(protected=("region", "grade")), date.today()).attributes
    assert KeptOut("borrowers.region", "setting") in attributes.kept_out
    assert KeptOut("borrowers.x_grade", "setting") in attributes.kept_out


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[book.allowed]\nx_age_band = " "', "x_age_band has an empty reason"),
        ('[book.allowed]\nsex = "why not"', "sex is one of the columns that are never in a model"),
        ('[book]\nprotected = ["faith"]\n[book.allowed]\nx_faith = "why not"', "x_faith is one of the columns"),
    ],
)
def test_an_allowance_without_a_reason_or_against_the_list_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, message: str
) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(text, encoding="utf-8")
    monkeypatch.setenv("RISK_WARNING_SETTINGS", str(file))
    with pytest.raises(SettingsError, match=f"Setting book.allowed: {message}"):
        load_settings()


def test_an_identity_number_among_too_many_values_is_named_too(tmp_path: Path) -> None:
    def number(k: int) -> str:
        digits = f"1101051949{1 + k % 12:02}{1 + k % 28:02}{k % 1000:03}"
        total = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, digits, strict=True))
        return digits + "10X98765432"[total % 11]

    n = 12_000
    people = pandas.DataFrame({"borrower_id": range(n), "x_remark": [f"note {k}" for k in range(n)]})
    people["x_reference"] = [number(k) for k in range(n)]
    people["x_note"] = [number(k) if k % 10 == 0 else f"note {k}" for k in range(n)]
    people.to_parquet(tmp_path / "borrowers.parquet")
    (tmp_path / "statements.csv").write_text("loan_id,borrower_id,statement_on\n1,1,2024-01-31\n", encoding="utf-8")
    report = check_book(tmp_path, BookSettings(), date.today())
    assert kept_out(report.attributes) == {
        "borrowers.x_reference": "identity number",
        "borrowers.x_note": "identity number",
    }
    assert report.tables["borrowers"].ignored == ("x_remark",)
    assert report.attributes.used == ()


WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def test_a_sex_that_few_have_is_found_in_a_large_table(tmp_path: Path) -> None:
    n = 100_000
    rare = ["F" if k == 77_777 else "M" for k in range(n)]
    grade = ["K" if k == 77_777 else "M" for k in range(n)]
    pandas.DataFrame({"borrower_id": range(n), "x_a": rare, "x_b": grade}).to_parquet(tmp_path / "borrowers.parquet")
    (tmp_path / "statements.csv").write_text("loan_id,borrower_id,statement_on\n1,1,2024-01-31\n", encoding="utf-8")
    attributes = check_book(tmp_path, BookSettings(), date.today()).attributes
    assert kept_out(attributes) == {"borrowers.x_a": "values: F/M"}
    assert [one.column for one in attributes.used] == ["borrowers.x_b"]


def test_the_opening_of_accounts_in_an_old_book_is_no_birth(tmp_path: Path) -> None:
    (tmp_path / "borrowers.csv").write_text(
        "borrower_id,x_opened,x_year\n1,1990-01-01,1950\n2,1997-05-05,1970\n3,2004-12-31,1985\n", encoding="utf-8"
    )
    (tmp_path / "statements.csv").write_text(
        "loan_id,borrower_id,statement_on\n1,1,2005-01-31\n1,1,2005-02-28\n", encoding="utf-8"
    )
    attributes = check_book(tmp_path, BookSettings(), date.today()).attributes
    assert kept_out(attributes) == {"borrowers.x_year": "values: years of birth"}


def test_a_book_of_instalments_says_its_time_by_payments(tmp_path: Path) -> None:
    (tmp_path / "borrowers.csv").write_text("borrower_id,x_d\n1,1950-01-01\n2,1970-05-05\n", encoding="utf-8")
    (tmp_path / "loans.csv").write_text("loan_id,borrower_id,opened_on,x_e\n1,1,2024-01-01,1960\n2,2,2024-01-01,1980\n")
    (tmp_path / "instalments.csv").write_text(
        "loan_id,instalment_no,due_on,due_amount,paid_on\n1,1,2024-02-01,5,2024-02-01\n1,2,2054-02-01,5,\n"
    )
    assert kept_out(check_book(tmp_path, BookSettings(), date.today()).attributes) == {
        "borrowers.x_d": "values: dates of birth",
        "loans.x_e": "values: years of birth",
    }
