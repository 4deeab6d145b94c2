"""Rows that repeat a key are found wherever they are: next to each other, far apart, in another file, unsorted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas
import pytest

from risk_warning.book import open_book
from risk_warning.book.doubles import CONTRADICTED, DISAGREEING, REPEATED, REPEATED_ROW
from risk_warning.settings import BookSettings

LOANS, MONTHS = 300, 12
FIRST = date(2023, 1, 31)
LENIENT = BookSettings(max_bad_share=0.1)


def statements() -> pandas.DataFrame:
    loan, month = np.divmod(np.arange(LOANS * MONTHS), MONTHS)
    day = [FIRST + timedelta(days=30 * int(k)) for k in month]
    return pandas.DataFrame({"loan_id": loan, "statement_on": day, "balance": (loan * 7 + month * 3).astype(float)})


def instalments() -> pandas.DataFrame:
    loan, number = np.divmod(np.arange(LOANS * MONTHS), MONTHS)
    day = [FIRST + timedelta(days=30 * int(k)) for k in number]
    owed = {"loan_id": loan, "instalment_no": number + 1, "due_on": day, "due_amount": 100.0}
    return pandas.DataFrame(owed | {"paid_on": day})


def write(folder: Path, tables: Mapping[str, pandas.DataFrame], arrangement: str) -> Path:
    ids = np.arange(LOANS)
    pandas.DataFrame({"borrower_id": ids}).to_parquet(folder / "borrowers.parquet")
    pandas.DataFrame({"loan_id": ids, "borrower_id": ids, "opened_on": date(2022, 12, 1)}).to_parquet(
        folder / "loans.parquet"
    )
    for name, table in tables.items():
        if arrangement == "shuffled":
            table = table.sample(frac=1, random_state=1)
        elif arrangement in ("sorted", "cut"):
            table = table.sort_values(list(table.columns[:2]), kind="stable")
        if arrangement in ("files", "cut"):
            (folder / name).mkdir()
            # A cut lies between two rows of one key: row 17 of the statements, row 500 of the instalments.
            cuts = [table[:18], table[18:501], table[501:]]
            for k, part in enumerate(cuts if arrangement == "cut" else (table[k::3] for k in range(3))):
                part.to_parquet(folder / name / f"part-{2 - k}.parquet", row_group_size=500)
        else:
            table.to_parquet(folder / f"{name}.parquet", row_group_size=500)
    return folder


@pytest.mark.parametrize("arrangement", ["sorted", "appended", "shuffled", "files", "cut"])
def test_the_same_doubles_however_the_tables_are_arranged(tmp_path: Path, arrangement: str) -> None:
    statement_rows, owed = statements(), instalments()
    repeated, other = statement_rows.iloc[[17, 2_000]], statement_rows.iloc[[499, 3_599]].assign(balance=-1.0)
    disagreeing, twice = owed.iloc[[500]].assign(due_amount=99.0), owed.iloc[[1_700, 3_000]]
    tables = {
        "statements": pandas.concat([statement_rows, repeated, other]),
        "instalments": pandas.concat([owed, disagreeing, twice]),
    }
    with open_book(write(tmp_path, tables, arrangement), BookSettings()) as book:
        counts = book.quarantine.counts
        rows = book.rows(0, LOANS)
    assert counts["statements"] == {("loan_id", CONTRADICTED): 4, ("loan_id", REPEATED): 2}
    assert counts["instalments"] == {("instalment_no", DISAGREEING): 2, ("loan_id", REPEATED_ROW): 2}
    assert rows.statements is not None and len(rows.statements["loan"]) == LOANS * MONTHS - 2
    assert rows.instalments is not None and len(rows.instalments["loan"]) == LOANS * MONTHS - 1


@pytest.mark.parametrize("arrangement", ["sorted", "shuffled", "files"])
def test_no_double_is_seen_where_there_is_none(tmp_path: Path, arrangement: str) -> None:
    tables = {"statements": statements(), "instalments": instalments()}
    with open_book(write(tmp_path, tables, arrangement), BookSettings()) as book:
        assert book.quarantine.total == 0


@pytest.mark.parametrize(("times", "alike", "aside"), [(["09:30:00"], 1, 0), (["09:30:00", "09:30:01"], 0, 1)])
def test_one_time_of_day_that_all_events_share_is_none(
    tmp_path: Path, times: list[str], alike: int, aside: int
) -> None:
    days = [FIRST + timedelta(days=k) for k in range(40)]
    moments = [f"{day} {times[k % len(times)]}" for k, day in enumerate(days)]
    events = pandas.DataFrame({"borrower_id": 7, "occurred_at": [*moments, moments[0]], "kind": "login"})
    with open_book(write(tmp_path, {"statements": statements(), "events": events}, "sorted"), LENIENT) as book:
        assert book.events_alike == alike
        assert book.quarantine.counts["events"] == ({("borrower_id", REPEATED_ROW): 1} if aside else {})
