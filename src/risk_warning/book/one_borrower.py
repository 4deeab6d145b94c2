"""One borrower's rows as records, read and checked in the same way as those of a whole book."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np

from risk_warning.book.flows import reach_from
from risk_warning.book.location import source_at
from risk_warning.book.records import Record, Records
from risk_warning.book.schema import TABLES, Column
from risk_warning.book.staged import rows_between, staging_connection
from risk_warning.book.staging import Staged, stage
from risk_warning.core.calendar import NEVER, to_date
from risk_warning.core.reach import Reach
from risk_warning.core.rows import Rows, Table
from risk_warning.settings import BookSettings

_GIVEN = ("borrowers", "loans", "instalments", "statements", "events")


@dataclass(frozen=True)
class BorrowerRecords:
    """The rows of one borrower in a book."""

    records: Records
    """Table → rows; empty columns are left out."""
    set_aside: bool
    """A row of their instalments or statements, or their only row of `borrowers`, could not be read."""
    payments_through: date | None = None
    """Last day with known payments if these stop before the as-of date; instalments due after it are not late."""


def borrower_records(location: str, borrower_id: str | int, settings: BookSettings) -> BorrowerRecords | None:
    """Return the borrower's current rows in the book, None if it has no such borrower.

    Raises
    ------
    SettingsError
        The book is a folder, in which one borrower cannot be found quickly.
    BookError
        The book cannot be reached or read.
    """
    with staging_connection(settings) as con, closing(source_at(con, location, settings)) as source:
        if not source.narrow(con, borrower_id):
            return None
        staged = stage(con, source, settings, None)
        con.execute("SELECT count(*) FROM borrower_index")
        if con.fetchall()[0][0] == 0:
            return BorrowerRecords({name: () for name in _GIVEN if name in staged.outputs}, set_aside=True)
        outputs = {table: tuple(names) for table, names in staged.outputs.items()}
        rows = rows_between(con, outputs, staged.categories, 0, 1)
        con.execute("SELECT loan_id FROM loan_index ORDER BY loan")
        loans = [row[0] for row in con.fetchall()]
        assert rows.set_aside is not None
        tables = {name: getattr(rows, name) for name in _GIVEN if name in outputs}
        records = {name: _records(name, table, rows, loans, staged, settings) for name, table in tables.items()}
        return BorrowerRecords(records, bool(rows.set_aside[0]))


def columns_given(location: str, settings: BookSettings) -> dict[str, frozenset[str]]:
    """Return table → names of its columns, without reading a row.

    Raises
    ------
    BookError
        The book cannot be reached or read.
    """
    with staging_connection(settings) as con, closing(source_at(con, location, settings)) as source:
        return {table: frozenset(names) for table, names in source.columns.items()}


def reach_of_book(location: str, settings: BookSettings, *, data_through: date | None, today: date) -> Reach:
    """Return how far the book's tables reach according to their rows up to `today`.

    If `data_through` is given, all tables reach through that day.
    """
    with staging_connection(settings) as con, closing(source_at(con, location, settings)) as source:
        days = source.recorded_days(con, today)
    return reach_from(days, settings, data_through)


def _records(
    name: str, table: Table, rows: Rows, loans: Sequence[Any], staged: Staged, settings: BookSettings
) -> list[Record]:
    spec, named = TABLES[name], staged.outputs[name]
    columns: dict[str, list[Any]] = {}
    if "loan" in table:
        columns["loan_id"] = [loans[i] for i in table["loan"].tolist()]
    for output, origin in named.items():
        column = spec.column(origin) if origin else _filled(name, output)
        if column is not None:
            columns[column.name] = _values(column, f"{name}.{output}", table[output], rows, settings)
    count = len(table["borrower"])
    return [{name: values[i] for name, values in columns.items() if values[i] is not None} for i in range(count)]


def _filled(table: str, output: str) -> Column | None:
    """Return the contract's column that staging filled in because the table lacks it; None for numbers it assigned."""
    return next((column for column in TABLES[table].columns if column.output == output and column.kind != "id"), None)


def _values(column: Column, place: str, values: np.ndarray[Any, Any], rows: Rows, settings: BookSettings) -> list[Any]:
    if column.kind in ("date", "timestamp"):
        days = [None if day == NEVER else to_date(day) for day in values.tolist()]
        if column.kind == "date":
            return days
        return [None if day is None else datetime(day.year, day.month, day.day) for day in days]
    if place in rows.categories:
        names = rows.categories[place]
        return [names[code] if code >= 0 else None for code in values.tolist()]
    if column.kind == "count":
        return list(values.tolist())
    scale = 10.0**settings.minor_unit_decimals if column.kind == "money" else 1.0
    return [None if np.isnan(value) else value / scale for value in values.tolist()]
