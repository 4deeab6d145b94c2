"""A book as one DuckDB file: the same panel, bad rows and single borrowers as from the tables it was made of."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas
import pytest
from small_book import write

from risk_warning.book import open_book
from risk_warning.book.convert import convert_book
from risk_warning.book.one_borrower import borrower_records
from risk_warning.core.panel.builder import panel_of
from risk_warning.datasets.simulation.lender import simulate
from risk_warning.errors import BookQualityError, OutputError
from risk_warning.settings import BookSettings

SETTINGS = BookSettings()


def signals(location: Path) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.floating]]]:
    with open_book(location, SETTINGS) as book:
        rows = book.rows(0, book.n_borrowers)
        return dict(panel_of(book.history(rows, 0.01), book.data_through).signals)


def test_a_folder_of_csv_and_its_duckdb_file_give_the_same_panel_and_borrowers(tmp_path: Path) -> None:
    simulate(200, 10, 4, tmp_path / "book")
    folder = tmp_path / "csv"
    folder.mkdir()
    for name in ("borrowers", "loans", "instalments", "statements", "events"):
        pandas.read_parquet(tmp_path / "book" / f"{name}.parquet").to_csv(folder / f"{name}.csv", index=False)
    rows = convert_book(folder, tmp_path / "made" / "book.duckdb", SETTINGS)
    assert rows["borrowers"] == 200 and set(rows) == {"borrowers", "loans", "instalments", "statements", "events"}
    one, other = signals(folder), signals(tmp_path / "made" / "book.duckdb")
    assert one.keys() == other.keys()
    assert all(np.array_equal(one[name], other[name], equal_nan=True) for name in one)
    borrower = borrower_records(str(tmp_path / "made" / "book.duckdb"), 7, SETTINGS)
    assert borrower is not None
    loans = pandas.read_csv(folder / "loans.csv")
    assert len(borrower.records["loans"]) == (loans["borrower_id"] == 7).sum()


def test_bad_rows_stay_bad_in_the_file(tmp_path: Path) -> None:
    write(tmp_path, instalments="20,1,2024-02-01,50,soon,\n", borrowers="4,lots,\n")
    lenient = BookSettings(max_bad_share=1.0)
    convert_book(tmp_path, tmp_path / "book.duckdb", lenient)
    for location in (tmp_path, tmp_path / "book.duckdb"):
        with open_book(location, lenient) as book:
            assert dict(book.quarantine.counts["instalments"]) == {("paid_on", "is not a date"): 1}
            assert [(cells.column, cells.cells) for cells in book.quarantine.cells] == [("monthly_income", 1)]
            assert book.rows(0, 4).set_aside.tolist() == [False, True, False, False]


def test_a_book_that_no_run_would_use_is_not_converted_and_the_older_file_stays(tmp_path: Path) -> None:
    write(tmp_path)
    convert_book(tmp_path, tmp_path / "book.duckdb", SETTINGS)
    before = (tmp_path / "book.duckdb").read_bytes()
    write(tmp_path, instalments="20,1,never,50,,\n")
    with pytest.raises(BookQualityError):
        convert_book(tmp_path, tmp_path / "book.duckdb", SETTINGS)
    assert (tmp_path / "book.duckdb").read_bytes() == before
    (tmp_path / "file").write_text("")
    write(tmp_path)
    with pytest.raises(OutputError):
        convert_book(tmp_path, tmp_path / "file" / "book.duckdb", SETTINGS)
