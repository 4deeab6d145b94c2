"""A cell that cannot be read costs nobody their score if its column makes no arrears."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pyarrow.parquet
import pytest
from small_book import write

from risk_warning.book import open_book
from risk_warning.book.check import check_book
from risk_warning.errors import BookQualityError, QuestionError
from risk_warning.settings import BookSettings

SETTINGS = BookSettings(max_bad_share=1.0)


@pytest.mark.parametrize(
    ("table", "row", "column", "reason"),
    [
        ("borrowers", "4,lots,", "monthly_income", "is not a number"),
        ("borrowers", "4,nan,", "monthly_income", "is not a finite number"),
        ("borrowers", "4,inf,", "monthly_income", "is not a finite number"),
        ("borrowers", "4,1e300,", "monthly_income", "is too large"),
        ("statements", "10,2024-02-29,NaN,,", "balance", "is not a finite number"),
        ("statements", "10,2024-02-29,,-1,", "due_amount", "is negative"),
        ("events", "1,2024-01-06,login,some", "amount", "is not a number"),
    ],
)
def test_an_unreadable_cell_counts_as_empty_and_its_row_stays(
    tmp_path: Path, table: str, row: str, column: str, reason: str
) -> None:
    write(tmp_path, **{table: row + "\n"})
    with open_book(tmp_path, SETTINGS) as book:
        assert book.quarantine.total == 0
        assert [(c.table, c.column, c.reason, c.cells) for c in book.quarantine.cells] == [(table, column, reason, 1)]
        assert book.quarantine.rows[table] == 2 + 2 * (table == "borrowers")
        rows = book.rows(0, book.n_borrowers)
        values = getattr(rows, table)[column]
        assert np.isnan(values[-1])
        assert not rows.set_aside.any()
        written = pyarrow.parquet.read_table(book.quarantine.write(tmp_path / "quarantine")).to_pylist()
    place = {"table": table, "file": f"{table}.csv", "row": 2 + 2 * (table == "borrowers"), "column": column}
    assert written == [{**place, "reason": f"{reason}; the cell counts as empty"}]


def test_a_borrower_whose_income_cannot_be_read_is_still_a_borrower(tmp_path: Path) -> None:
    write(tmp_path, borrowers="4,lots,\n", loans="40,4,2024-01-01\n", instalments="40,1,2024-02-01,50,2024-02-01,\n")
    with open_book(tmp_path, SETTINGS) as book:
        assert book.n_borrowers == 4
        rows = book.rows(3, 4)
        assert rows.instalments is not None
        assert rows.instalments["due_amount"].tolist() == [5000.0]


def test_a_column_of_unreadable_cells_is_a_question_and_one_cell_is_none(tmp_path: Path) -> None:
    settings = BookSettings()
    write(tmp_path, borrowers="4,lots,\n")
    report = check_book(tmp_path, settings, date(2024, 6, 1))
    (notice,) = [one for one in report.questions if one.code == "borrowers.monthly_income.unreadable"]
    assert (notice.grade, notice.row, report.exit_code) == ("notice", 4, 0)
    write(tmp_path, borrowers="4,lots,\n5,some,\n")
    with (
        pytest.raises(QuestionError, match=r"2 of 5 values of monthly_income.*\(row 4\)"),
        open_book(tmp_path, settings),
    ):
        pass
    answered = BookSettings.model_validate(
        {
            "answers": {
                "borrowers.monthly_income.unreadable": {"by": "the data team", "why": "typed by hand", "share": 0.5}
            }
        }
    )
    with open_book(tmp_path, answered) as book:
        assert book.n_borrowers == 5


def test_a_cell_that_makes_arrears_sets_its_row_aside(tmp_path: Path) -> None:
    write(tmp_path, instalments="10,2,2024-03-01,50,2024-03-01,some\n")
    with pytest.raises(BookQualityError, match="paid_amount is not a number"), open_book(tmp_path, BookSettings()):
        pass
