"""Books that cannot be read: one sentence that says what, where, and the next step."""

from __future__ import annotations

from pathlib import Path

import pytest

from risk_warning.book import open_book
from risk_warning.errors import BookError, QuestionError
from risk_warning.settings import BookSettings

GOOD = {
    "borrowers.csv": "borrower_id\n1\n",
    "statements.csv": "loan_id,borrower_id,statement_on\n1,1,2024-01-31\n",
}


def refusal(folder: Path, **files: str | None) -> str:
    named = {name.replace("_csv", ".csv").replace("_parquet", ".parquet"): text for name, text in files.items()}
    for name, text in {**GOOD, **named}.items():
        if text is not None:
            (folder / name).write_text(text, encoding="utf-8")
    with pytest.raises((BookError, QuestionError)) as raised, open_book(folder, BookSettings()):
        pass
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    with (
        pytest.raises(BookError, match=r"There is no book at .*nowhere; give a folder"),
        open_book(tmp_path / "nowhere", BookSettings()),
    ):
        pass


def test_a_single_table_is_no_book(tmp_path: Path) -> None:
    (tmp_path / "borrowers.csv").write_text("borrower_id\n1\n")
    with pytest.raises(BookError, match="is a single table"), open_book(tmp_path / "borrowers.csv", BookSettings()):
        pass


def test_a_missing_table_and_what_may_have_been_meant(tmp_path: Path) -> None:
    message = refusal(tmp_path, borrowers_csv=None, borrower_csv="borrower_id\n1\n")
    assert "has no table borrowers (did you mean borrower.csv?)" in message


def test_neither_instalments_nor_statements(tmp_path: Path) -> None:
    assert "neither instalments nor statements" in refusal(tmp_path, statements_csv=None)


def test_a_missing_column_what_was_found_and_what_may_have_been_meant(tmp_path: Path) -> None:
    message = refusal(tmp_path, statements_csv="loan_id,borrower_id,statment_on\n1,1,2024-01-31\n")
    assert message.startswith("statements.csv has no column statement_on (did you mean statment_on?) (found: ")


def test_loans_that_belong_to_nobody(tmp_path: Path) -> None:
    message = refusal(tmp_path, statements_csv="loan_id,statement_on\n1,2024-01-31\n")
    assert "no table loans and statements.csv has no column borrower_id" in message


@pytest.mark.parametrize("name", ["borrowers", "statements", "loans"])
def test_a_table_without_a_row(tmp_path: Path, name: str) -> None:
    header = {**GOOD, "loans.csv": "loan_id,borrower_id,opened_on\n"}[f"{name}.csv"].splitlines()[0]
    assert "no row" in refusal(tmp_path, **{f"{name}_csv": header + "\n"})


def test_a_file_without_a_byte(tmp_path: Path) -> None:
    assert "borrowers.csv is empty, without even a header" in refusal(tmp_path, borrowers_csv="")


def test_a_parquet_file_cut_short(tmp_path: Path) -> None:
    message = refusal(tmp_path, borrowers_csv=None, borrowers_parquet="PAR1 and then nothing")
    assert "borrowers.parquet in " in message and "not a readable Parquet file" in message


def test_a_csv_line_with_too_many_fields_names_the_line_not_its_content(tmp_path: Path) -> None:
    message = refusal(tmp_path, borrowers_csv="borrower_id\n1\n2,SECRET\n")
    assert message.startswith("borrowers.csv line 3 cannot be read as CSV")
    assert "SECRET" not in message


def test_a_csv_file_in_another_encoding(tmp_path: Path) -> None:
    (tmp_path / "events.csv").write_bytes("borrower_id,occurred_at,kind\n1,2024-01-01,登录\n".encode("gbk"))
    assert "events.csv" in refusal(tmp_path)


def test_two_columns_of_one_name(tmp_path: Path) -> None:
    assert "two columns named region" in refusal(tmp_path, borrowers_csv="borrower_id,region,region\n1,a,b\n")


def test_one_table_in_two_files(tmp_path: Path) -> None:
    assert "both borrowers.parquet and borrowers.csv" in refusal(tmp_path, borrowers_parquet="")


def test_a_file_that_is_no_duckdb_database(tmp_path: Path) -> None:
    (tmp_path / "book.duckdb").write_text("nothing of the kind")
    with (
        pytest.raises(BookError, match="cannot be opened as a DuckDB file"),
        open_book(tmp_path / "book.duckdb", BookSettings()),
    ):
        pass


def test_a_book_that_records_nothing_says_so(tmp_path: Path) -> None:
    (tmp_path / "loans.csv").write_text("loan_id,borrower_id,opened_on\n1,1,2024-01-01\n")
    message = refusal(
        tmp_path,
        statements_csv=None,
        instalments_csv="loan_id,instalment_no,due_on,due_amount,paid_on\n1,1,2024-02-01,5,\n",
    )
    assert "set data_through" in message


def test_instalments_that_cannot_tell_a_payment_are_refused(tmp_path: Path) -> None:
    message = refusal(
        tmp_path,
        instalments_csv="loan_id,borrower_id,instalment_no,due_on,due_amount,paid_date\n1,1,1,2024-02-01,5,2024-02-01\n",
    )
    assert "no column paid_on (did you mean paid_date?): without it, every instalment would count as unpaid" in message
