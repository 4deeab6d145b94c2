"""The exports of a simulated lender: what it had recorded before a day."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas

Tables = dict[str, pandas.DataFrame]


def tables_in(folder: Path) -> Tables:
    """Return the tables of a simulated book."""
    return {path.stem: pandas.read_parquet(path) for path in folder.glob("*.parquet") if path.stem != "truth"}


def export_before(tables: Tables, day: date) -> Tables:
    """Return the tables as they were exported at the start of the day."""
    start = pandas.Timestamp(day)

    def before(values: pandas.Series[object]) -> pandas.Series[bool]:
        return pandas.to_datetime(values) < start

    loans = tables["loans"][before(tables["loans"]["opened_on"])].copy()
    for column in ("closed_on", "written_off_on"):
        loans[column] = loans[column].where(before(loans[column]))
    borrowers = tables["borrowers"]
    instalments, statements, events = (tables[name] for name in ("instalments", "statements", "events"))
    rows = instalments[before(instalments["scheduled_on"]) & instalments["loan_id"].isin(loans["loan_id"])].copy()
    is_known = before(rows["recorded_on"]) & before(rows["paid_on"])
    for column in ("paid_on", "paid_amount", "recorded_on"):
        rows[column] = rows[column].where(is_known)
    # Of an instalment that is paid in parts, each part has a row once it is paid; before the first there is one row.
    part = ["loan_id", "instalment_no", "scheduled_on"]
    rows = rows.assign(unpaid=rows["paid_on"].isna()).sort_values([*part, "unpaid"], kind="stable")
    rows = rows[~(rows["unpaid"] & rows.duplicated(part))].drop(columns="unpaid")
    return {
        "borrowers": borrowers[before(borrowers["onboarded_on"])],
        "loans": loans,
        "instalments": rows,
        "statements": statements[before(statements["recorded_on"])],
        "events": events[before(events["recorded_at"])],
    }


def write(folder: Path, tables: Tables) -> Path:
    """Write the tables into a new folder."""
    folder.mkdir()
    for name, table in tables.items():
        table.to_parquet(folder / f"{name}.parquet", index=False)
    return folder
