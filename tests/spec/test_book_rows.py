"""What a book passes to the core: numbers for ids, days, whole minor units, codes, and the contract's defaults."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest

from risk_warning.book import open_book
from risk_warning.core.calendar import NEVER, to_day
from risk_warning.errors import SettingsError
from risk_warning.settings import BookSettings

SETTINGS = BookSettings(max_bad_share=1.0)
BORROWERS = "borrower_id\n1\n2\n"
LOANS = "loan_id,borrower_id,opened_on\n10,2,2024-01-01\n11,1,2024-02-01\n12,2,2024-03-01\n"


def day(text: str) -> int:
    return to_day(date.fromisoformat(text))


def write(folder: Path, **tables: str) -> Path:
    for name, text in tables.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def test_borrowers_come_in_order_of_their_ids_and_loans_of_one_are_contiguous(tmp_path: Path) -> None:
    write(
        tmp_path,
        borrowers="borrower_id\n10\n9\n2\n",
        loans="loan_id,borrower_id,opened_on\na,10,2024-01-01\nb,2,2024-01-01\nc,10,2024-01-01\n",
        instalments="loan_id,instalment_no,due_on,due_amount,paid_on\na,1,2024-02-01,1,2024-02-01\n"
        "c,1,2024-02-01,2,\nb,1,2024-02-01,3,\n",
    )
    with open_book(tmp_path, SETTINGS) as book:
        rows = book.rows(0, 3)
    assert rows.borrower_id.tolist() == [2, 9, 10]
    assert rows.instalments is not None
    owed = dict(zip(rows.instalments["due_amount"].tolist(), rows.instalments["loan"].tolist(), strict=True))
    assert owed == {300.0: 0, 100.0: 1, 200.0: 2}
    assert rows.n_loans == 3


def test_ids_that_are_text_are_ordered_by_their_bytes(tmp_path: Path) -> None:
    write(
        tmp_path,
        borrowers="borrower_id\nb\n010\n9\nÄ\nZ\n",
        statements="loan_id,borrower_id,statement_on\nx,b,2024-01-31\n",
    )
    with open_book(tmp_path, SETTINGS) as book:
        assert book.id_type == "string"
        assert book.rows(0, 5).borrower_id.tolist() == ["010", "9", "Z", "b", "Ä"]


def test_chunks_together_are_the_whole_book_and_count_from_zero(tmp_path: Path) -> None:
    write(
        tmp_path,
        borrowers=BORROWERS,
        loans=LOANS,
        statements="loan_id,statement_on,balance\n10,2024-04-30,1\n11,2024-04-30,2\n12,2024-04-30,3\n",
    )
    with open_book(tmp_path, SETTINGS) as book:
        first, second = book.chunks(1)
    assert (first.borrower_id.tolist(), second.borrower_id.tolist()) == ([1], [2])
    assert first.statements is not None and second.statements is not None
    assert first.statements["balance"].tolist() == [200.0]
    assert sorted(zip(second.statements["loan"], second.statements["balance"], strict=True)) == [(0, 100.0), (1, 300.0)]
    assert second.statements["borrower"].tolist() == [0, 0]
    assert (first.n_loans, second.n_loans) == (1, 2)


def test_types_are_those_the_core_names(tmp_path: Path) -> None:
    write(
        tmp_path,
        borrowers="borrower_id,monthly_income,region,x_group,x_level,x_zip\n1,10.5,north,a,1.5,\n2,,,b,,\n",
        loans="loan_id,borrower_id,opened_on,product,annual_rate,term_months\n5,1,2024-01-01,card,0.12,12\n",
        instalments="loan_id,instalment_no,due_on,due_amount,paid_on\n5,1,2024-02-01,7.25,2024-02-03\n",
        outcomes="borrower_id,as_of_date,bad\n1,2024-03-01,1\n",
    )
    with open_book(tmp_path, SETTINGS) as book:
        rows, observed = book.rows(0, 2), book.observed
    assert {name: values.dtype.name for name, values in rows.borrowers.items()} == {
        "borrower": "int32",
        "monthly_income": "float64",
        "region": "int32",
        "x_group": "int32",
        "x_level": "float64",
        "x_zip": "float64",
    }
    order = np.argsort(rows.borrowers["borrower"])
    assert rows.borrowers["monthly_income"][order][0] == 1050.0
    assert np.isnan(rows.borrowers["monthly_income"][order][1])
    assert rows.borrowers["region"][order].tolist() == [0, -1]
    assert rows.categories["borrowers.region"] == ("north",)
    assert rows.categories["borrowers.x_group"] == ("a", "b")
    assert observed.numeric == {"borrowers.x_level", "borrowers.x_zip"}
    assert rows.instalments is not None and rows.outcomes is not None and rows.loans is not None
    assert rows.instalments["instalment_no"].dtype == np.int32
    assert rows.instalments["due_on"].dtype == np.int32
    assert rows.outcomes["bad"].dtype == np.int8
    assert rows.loans["term_months"].dtype == np.float64
    # The model does not get an attribute that is always empty.
    assert "x_zip" not in book.columns["borrowers"]


def test_what_an_instalment_leaves_out(tmp_path: Path) -> None:
    write(
        tmp_path,
        borrowers=BORROWERS,
        loans=LOANS,
        instalments="loan_id,instalment_no,due_on,due_amount,paid_on,paid_amount\n"
        "10,1,2024-04-01,100,2024-04-05,\n"
        "10,2,2024-05-01,100,,\n"
        "10,3,2024-06-01,100,2024-06-01,-20\n",
    )
    with open_book(tmp_path, SETTINGS) as book:
        owed = book.rows(1, 2).instalments
    assert owed is not None
    order = np.argsort(owed["instalment_no"])
    # A payment without an amount is a payment in full; an unpaid instalment has 0; a negative amount is a reversal.
    assert owed["paid_amount"][order].tolist() == [10000.0, 0.0, -2000.0]
    assert owed["paid_on"][order].tolist() == [day("2024-04-05"), NEVER, day("2024-06-01")]
    assert owed["recorded_on"][order].tolist() == [day("2024-04-05"), NEVER, day("2024-06-01")]
    assert set(owed["scheduled_on"].tolist()) == {day("2024-01-01")}


def test_without_loans_a_schedule_is_known_a_month_before_its_first_due_date(tmp_path: Path) -> None:
    write(
        tmp_path,
        borrowers=BORROWERS,
        instalments="loan_id,borrower_id,instalment_no,due_on,due_amount,paid_on,scheduled_on\n"
        "7,1,1,2024-03-31,1,2024-03-31,\n7,1,2,2024-04-30,1,,\n8,1,1,2024-09-15,1,,2024-09-01\n",
    )
    with open_book(tmp_path, SETTINGS) as book:
        rows = book.rows(0, 1)
    assert rows.loans is None
    assert rows.instalments is not None
    known = sorted(zip(rows.instalments["loan"].tolist(), rows.instalments["scheduled_on"].tolist(), strict=True))
    assert known == [(0, day("2024-02-29")), (0, day("2024-02-29")), (1, day("2024-09-01"))]


def test_without_loans_two_borrowers_may_use_the_same_loan_id(tmp_path: Path) -> None:
    write(
        tmp_path,
        borrowers=BORROWERS,
        statements="loan_id,borrower_id,statement_on\n1,1,2024-01-31\n1,1,2024-02-29\n1,2,2024-01-31\n",
    )
    with open_book(tmp_path, SETTINGS) as book:
        rows = book.rows(0, 2)
    assert rows.n_loans == 2
    assert rows.statements is not None
    assert sorted(zip(rows.statements["borrower"], rows.statements["loan"], strict=True)) == [(0, 0), (0, 0), (1, 1)]


@pytest.mark.parametrize(
    ("amount", "minor_units"),
    [("1.005", 100), ("1.015", 102), ("1.025", 102), ("-1.015", -102), ("0.1", 10), ("1234567.89", 123456789)],
)
def test_amounts_finer_than_a_minor_unit_are_rounded_half_even(tmp_path: Path, amount: str, minor_units: int) -> None:
    write(
        tmp_path,
        borrowers=BORROWERS,
        statements=f"loan_id,borrower_id,statement_on,balance\n1,1,2024-01-31,{amount}\n",
    )
    with open_book(tmp_path, SETTINGS) as book:
        statements = book.rows(0, 1).statements
    assert statements is not None
    assert statements["balance"].tolist() == [minor_units]


def test_timestamps_with_a_zone_are_brought_to_the_books_zone(tmp_path: Path) -> None:
    write(
        tmp_path,
        borrowers=BORROWERS,
        statements="loan_id,borrower_id,statement_on\n1,1,2024-01-31\n",
        events="borrower_id,occurred_at,kind,recorded_at\n"
        "1,2024-01-01 23:30:00,local,\n"
        "1,2024-01-01T23:30:00Z,zulu,\n"
        "1,2024-01-01T23:30:00-05:00,york,2024-01-05 00:00:00\n",
    )
    with open_book(tmp_path, SETTINGS) as book:
        events, kinds = book.rows(0, 1).events, book.event_kinds
    assert events is not None
    by_kind = dict(zip(events["kind"].tolist(), events["occurred_on"].tolist(), strict=True))
    # Shanghai is eight hours ahead of Greenwich. Codes: local, york, zulu.
    assert by_kind == {0: day("2024-01-01"), 1: day("2024-01-02"), 2: day("2024-01-02")}
    assert kinds == {"local": day("2024-01-01"), "york": day("2024-01-05"), "zulu": day("2024-01-02")}


def test_zoned_timestamps_of_parquet_follow_the_same_rule(tmp_path: Path) -> None:
    write(tmp_path, borrowers=BORROWERS, statements="loan_id,borrower_id,statement_on\n1,1,2024-01-31\n")
    moment = pyarrow.array([1_704_065_400_000_000], pyarrow.timestamp("us", tz="UTC"))  # 2023-12-31 23:30 UTC
    events = {"borrower_id": [1], "occurred_at": moment, "kind": ["login"]}
    pyarrow.parquet.write_table(pyarrow.table(events), tmp_path / "events.parquet")
    with open_book(tmp_path, SETTINGS) as book:
        assert book.event_kinds == {"login": day("2024-01-01")}


def test_data_through_is_the_latest_record_never_a_due_date(tmp_path: Path) -> None:
    write(
        tmp_path,
        borrowers=BORROWERS,
        loans=LOANS,
        instalments="loan_id,instalment_no,due_on,due_amount,paid_on,recorded_on\n"
        "10,1,2024-04-01,100,2024-04-05,2024-04-07\n10,2,2030-05-01,100,,\n",
    )
    with open_book(tmp_path, SETTINGS) as book:
        assert book.data_through == date(2024, 4, 7)
        assert book.first_date == date(2024, 4, 1)
    with open_book(tmp_path, SETTINGS, data_through=date(2024, 6, 30)) as book:
        assert book.data_through == date(2024, 6, 30)


def test_protected_columns_never_reach_the_rows(tmp_path: Path) -> None:
    write(
        tmp_path,
        borrowers="borrower_id,sex,age,birth_date,marital_status,vulnerable,region,x_faith,x_kept\n"
        "1,f,30,1980-01-01,single,true,north,a,1\n2,m,40,1950-01-01,married,false,south,b,2\n",
        statements="loan_id,borrower_id,statement_on\n1,1,2024-01-31\n",
    )
    with open_book(tmp_path, BookSettings(protected=("x_faith", "region"))) as book:
        rows = book.rows(0, 2)
    assert set(rows.borrowers) == {"borrower", "x_kept"}
    assert book.columns["borrowers"] == {"borrower_id", "x_kept"}
    assert book.ignored["borrowers"] == ()


def test_what_a_book_cannot_be_read_without_cannot_be_protected(tmp_path: Path) -> None:
    write(tmp_path, borrowers=BORROWERS, statements="loan_id,borrower_id,statement_on\n1,1,2024-01-31\n")
    with (
        pytest.raises(SettingsError, match="statement_on, without which statements"),
        open_book(tmp_path, BookSettings(protected=("statement_on",))),
    ):
        pass


def test_unknown_columns_are_ignored_and_listed(tmp_path: Path) -> None:
    write(
        tmp_path,
        borrowers="borrower_id,shoe_size\n1,44\n",
        statements="loan_id,borrower_id,statement_on,remark\n1,1,2024-01-31,ok\n",
    )
    with open_book(tmp_path, SETTINGS) as book:
        assert book.ignored == {"borrowers": ("shoe_size",), "statements": ("remark",)}


def test_blanks_and_a_byte_order_mark_in_a_header_are_forgiven(tmp_path: Path) -> None:
    write(
        tmp_path,
        borrowers="\ufeff borrower_id , region\n1,n\n",
        statements="loan_id,borrower_id,statement_on\n1,1,2024-01-31\n",
    )
    with open_book(tmp_path, SETTINGS) as book:
        assert book.columns["borrowers"] == {"borrower_id", "region"}


def test_the_digest_follows_the_content(tmp_path: Path) -> None:
    digests = []
    for balance in ("1", "1", "2"):
        write(
            tmp_path,
            borrowers=BORROWERS,
            statements=f"loan_id,borrower_id,statement_on,balance\n1,1,2024-01-31,{balance}\n",
        )
        with open_book(tmp_path, SETTINGS) as book:
            digests.append(book.digest)
    assert digests[0] == digests[1] != digests[2]
    assert len(digests[0]) == 64


def test_a_files_other_than_the_tables_do_not_count(tmp_path: Path) -> None:
    write(tmp_path, borrowers=BORROWERS, statements="loan_id,borrower_id,statement_on\n1,1,2024-01-31\n")
    with open_book(tmp_path, SETTINGS) as book:
        before = book.digest
    write(tmp_path, truth="borrower_id,pd\n1,0.5\n")
    with open_book(tmp_path, SETTINGS) as book:
        assert book.digest == before


def test_a_flag_may_be_a_number_or_a_word(tmp_path: Path) -> None:
    flags = ("1", "true", "1.0", "false", "0", "")
    lines = "".join(f"1,2024-03-0{i + 1},call,{flag}\n" for i, flag in enumerate(flags))
    write(
        tmp_path,
        borrowers=BORROWERS,
        loans=LOANS,
        statements="loan_id,statement_on\n10,2024-01-31\n",
        contacts="borrower_id,occurred_at,kind,randomised\n" + lines,
    )
    with open_book(tmp_path, SETTINGS) as book:
        contacts = book.rows(0, 2).contacts
    assert contacts is not None
    in_order = np.argsort(contacts["occurred_on"])
    assert contacts["randomised"][in_order].tolist() == [1, 1, 1, 0, 0, -1]
