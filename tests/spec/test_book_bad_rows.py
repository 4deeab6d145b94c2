"""Which rows are set aside, for which reason, and when there are too many of them."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet
import pytest
from small_book import BOOK, write

from risk_warning.book import open_book
from risk_warning.errors import BookQualityError
from risk_warning.settings import BookSettings

SETTINGS = BookSettings(max_bad_share=1.0)


@pytest.mark.parametrize(
    ("table", "row", "column", "reason"),
    [
        ("borrowers", ",100,", "borrower_id", "is empty"),
        ("borrowers", "4,100,1989-12-31", "valid_from", "lies outside 1990-2100"),
        ("loans", "40,4,2024-01-01", "borrower_id", "is not in borrowers"),
        ("loans", "40,1,2101-01-01", "opened_on", "lies outside 1990-2100"),
        ("instalments", "99,1,2024-02-01,50,,", "loan_id", "is not in loans"),
        ("instalments", "10,2,2024-13-02,50,,", "due_on", "is not a date"),
        ("instalments", "10,2,2024-03-01,-50,,", "due_amount", "is negative"),
        ("instalments", "10,2,2024-03-01,,,", "due_amount", "is empty"),
        ("instalments", "10,1.5,2024-03-01,50,,", "instalment_no", "is not a whole number"),
        ("instalments", "10,x,2024-03-01,50,,", "instalment_no", "is not a number"),
        ("instalments", "10,2,2024-03-01,50,0024-03-01,", "paid_on", "lies outside 1990-2100"),
        ("statements", "10,yesterday,5,1,", "statement_on", "is not a date"),
        ("events", "1,yesterday,login,", "occurred_at", "is not a timestamp"),
        ("events", "9,2024-01-05,login,", "borrower_id", "is not in borrowers"),
        ("events", "1,2024-01-05,,", "kind", "is empty"),
        ("outcomes", "1,2024-04-01,2", "bad", "is neither 0 nor 1"),
        ("outcomes", "1,2024-04-01,perhaps", "bad", "is neither 0 nor 1"),
    ],
)
def test_a_bad_row_is_set_aside_with_its_place_column_and_reason(
    tmp_path: Path, table: str, row: str, column: str, reason: str
) -> None:
    write(tmp_path, **{table: row + "\n"})
    with open_book(tmp_path, SETTINGS) as book:
        assert {name: dict(counts) for name, counts in book.quarantine.counts.items() if counts} == {
            table: {(column, reason): 1}
        }
        written = pyarrow.parquet.read_table(book.quarantine.write(tmp_path / "quarantine")).to_pylist()
    number = BOOK[table].count("\n")
    assert written == [
        {"table": table, "file": f"{table}.csv", "row": number, "column": column, "reason": reason},
    ]


def test_the_first_fault_in_the_contracts_order_is_named(tmp_path: Path) -> None:
    write(tmp_path, instalments="10,x,never,-1,soon,\n")
    with open_book(tmp_path, SETTINGS) as book:
        assert dict(book.quarantine.counts["instalments"]) == {("instalment_no", "is not a number"): 1}


@pytest.mark.parametrize(
    ("table", "first", "identical", "different"),
    [
        ("borrowers", "3,100,", "3,100,", "3,200,"),
        ("loans", "30,3,2024-01-01", "30,3,2024-01-01", "30,3,2024-01-02"),
        ("statements", "10,2024-01-31,5,1,", "10,2024-01-31,5,1,2024-01-31", "10,2024-01-31,6,1,"),
        ("outcomes", "1,2024-03-01,0", "1,2024-03-01,0", "1,2024-03-01,1"),
    ],
)
def test_of_rows_with_one_key_identical_ones_leave_the_first_and_contradictory_ones_none(
    tmp_path: Path, table: str, first: str, identical: str, different: str
) -> None:
    assert first in BOOK[table]
    write(tmp_path, **{table: identical + "\n"})
    with open_book(tmp_path, SETTINGS) as book:
        ((_, reason),) = book.quarantine.counts[table]
        assert (reason, book.quarantine.set_aside(table)) == ("repeats a key, with the same content", 1)
    write(tmp_path, **{table: different + "\n"})
    with open_book(tmp_path, SETTINGS) as book:
        ((_, reason),) = book.quarantine.counts[table]
        assert (reason, book.quarantine.set_aside(table)) == ("repeats a key, with other content", 2)


def test_a_later_picture_of_the_same_statement_is_no_repetition(tmp_path: Path) -> None:
    write(tmp_path, statements="10,2024-01-31,6,1,2024-02-10\n")
    with open_book(tmp_path, SETTINGS) as book:
        assert book.quarantine.total == 0


def test_rows_of_one_instalment_must_agree_on_what_is_owed_and_when(tmp_path: Path) -> None:
    write(tmp_path, instalments="20,1,2024-02-01,50,2024-02-01,20\n20,1,2024-02-01,50,2024-02-09,30\n")
    with open_book(tmp_path, SETTINGS) as book:
        assert book.quarantine.total == 0
    write(tmp_path, instalments="20,1,2024-02-01,50,2024-02-01,20\n20,1,2024-02-02,50,2024-02-09,30\n")
    with open_book(tmp_path, SETTINGS) as book:
        assert dict(book.quarantine.counts["instalments"]) == {
            ("instalment_no", "rows of one version of an instalment disagree on due_on or due_amount"): 2
        }
        assert book.rows(0, 3).set_aside.tolist() == [False, True, False]


def test_a_version_of_an_instalment_may_differ_from_the_one_before(tmp_path: Path) -> None:
    header = "loan_id,instalment_no,due_on,due_amount,scheduled_on,paid_on\n"
    write(tmp_path)
    rows = "20,1,2024-02-01,50,2024-01-01,\n20,1,2024-05-01,40,2024-01-28,\n"
    (tmp_path / "instalments.csv").write_text(header + rows + "10,1,2024-02-01,50,,2024-02-01\n", encoding="utf-8")
    with open_book(tmp_path, SETTINGS) as book:
        assert book.quarantine.total == 0
        assert not book.rows(0, 3).set_aside.any()
    disagreeing = "20,1,2024-05-02,40,2024-01-28,2024-05-01\n"
    (tmp_path / "instalments.csv").write_text(
        header + rows + disagreeing + "10,1,2024-02-01,50,,2024-02-01\n", encoding="utf-8"
    )
    with open_book(tmp_path, SETTINGS) as book:
        assert book.quarantine.set_aside("instalments") == 2, "the two rows of the second version"


def test_a_row_that_repeats_another_in_everything_counts_once_and_costs_the_borrower_nothing(tmp_path: Path) -> None:
    half = "20,1,2024-02-01,50,2024-02-01,25\n"
    write(tmp_path, instalments=half + half, events="1,2024-01-05T09:00:00,call,\n1,2024-01-05T09:00:00,call,\n")
    with open_book(tmp_path, SETTINGS) as book:
        assert dict(book.quarantine.counts["instalments"]) == {("loan_id", "repeats another row in every column"): 1}
        assert dict(book.quarantine.counts["events"]) == {("borrower_id", "repeats another row in every column"): 1}
        rows = book.rows(0, 3)
        assert rows.set_aside is not None and not rows.set_aside.any()
        assert rows.instalments is not None
        assert rows.instalments["paid_amount"][rows.instalments["borrower"] == 1].tolist() == [2500.0]


def test_events_dated_by_the_day_alone_may_look_alike_and_are_said_to(tmp_path: Path) -> None:
    write(tmp_path, events="1,2024-01-05,login,\n2,2024-01-05,login,\n2,2024-01-05,login,\n")
    with open_book(tmp_path, SETTINGS) as book:
        assert book.quarantine.total == 0
        assert book.events_alike == 2


def test_half_a_history_marks_the_borrower_and_an_event_does_not(tmp_path: Path) -> None:
    write(tmp_path, statements="20,yesterday,5,,\n", events="3,never,login,\n")
    with open_book(tmp_path, SETTINGS) as book:
        assert book.rows(0, 3).set_aside.tolist() == [False, True, False]
        assert book.rows(1, 3).set_aside.tolist() == [True, False]


def test_instalments_of_a_loan_set_aside_mark_its_borrower(tmp_path: Path) -> None:
    write(tmp_path, loans="40,3,soon\n", instalments="40,1,2024-02-01,50,,\n")
    with open_book(tmp_path, SETTINGS) as book:
        assert dict(book.quarantine.counts["instalments"]) == {("loan_id", "is not in loans"): 1}
        assert book.rows(0, 3).set_aside.tolist() == [False, False, True]


def test_a_loan_of_two_borrowers_belongs_to_neither(tmp_path: Path) -> None:
    write(tmp_path, loans="30,2,2024-05-01\n", instalments="30,1,2024-02-01,50,,\n")
    with open_book(tmp_path, SETTINGS) as book:
        assert dict(book.quarantine.counts["loans"]) == {("loan_id", "belongs to more than one borrower"): 2}
        assert book.rows(0, 3).set_aside.tolist() == [False, True, True]


def test_good_rows_beside_a_bad_one_stay(tmp_path: Path) -> None:
    write(tmp_path, events="1,yesterday,login,\n1,2024-01-06,login,\n")
    with open_book(tmp_path, SETTINGS) as book:
        events = book.rows(0, 1).events
        assert events is not None
        assert len(events["kind"]) == 2
        assert book.quarantine.rows["events"] == 3


def test_too_many_bad_rows_stop_the_run_with_the_commonest_reason(tmp_path: Path) -> None:
    write(tmp_path, statements="10,soon,1,,\n10,never,1,,\n10,2024-03-31,1,1,today\n")
    message = (
        r"statements.csv: 3 of 4 rows are bad \(75.0%, at most 1.0% may be\), most often statement_on is not a date"
    )
    with pytest.raises(BookQualityError, match=message), open_book(tmp_path, BookSettings()):
        pass


def test_exactly_the_share_that_may_be_bad_passes(tmp_path: Path) -> None:
    write(tmp_path, statements="10,soon,1,,\n")
    with open_book(tmp_path, BookSettings(max_bad_share=0.5)) as book:
        assert book.quarantine.total == 1


def test_messages_and_quarantine_hold_no_value(tmp_path: Path) -> None:
    write(tmp_path, statements="10,SECRET-17,1,,\n")
    with pytest.raises(BookQualityError) as raised, open_book(tmp_path, BookSettings()):
        pass
    assert "SECRET" not in str(raised.value)
