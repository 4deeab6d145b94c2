"""Records: one borrower's rows in the words of the tables, as a caller sends them, to the core's arrays and back.

A record is a row with its columns by name: dates as `date`, timestamps as `datetime`, amounts in the currency's own
unit; a column left out or None is empty. What the staging of a whole book fills in where a row leaves it out is filled
in here the same way, and what it would set aside is refused, with its place: half a history invents arrears.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from risk_warning.book.schema import TABLES, Column
from risk_warning.core.calendar import NEVER, add_months, to_date, to_day
from risk_warning.core.money import minor_units
from risk_warning.core.observed import Observed
from risk_warning.core.rows import Rows
from risk_warning.errors import RequestError
from risk_warning.settings import BookSettings

Record = Mapping[str, Any]
Records = Mapping[str, Sequence[Record]]
"""Table → rows; a table that is not there is not known, one without a row is empty."""

MAX_TEXT = 128
"""Characters of a category's value."""
_EPOCH = to_day(date(1, 1, 1)) - 1
"""Ordinal of a date + this = its day."""
_LARGEST = sys.float_info.max
_OF_LOANS = ("instalments", "statements")


def rows_of(borrower_id: str | int, records: Records, observed: Observed, settings: BookSettings) -> Rows:
    """The borrower's rows for a model that may read what is `observed`.

    Raises
    ------
    RequestError
        A row contradicts another, refers to nobody, or holds text where the model reads numbers; names the row.
    """
    reader = _Reader(borrower_id, records, observed, settings)
    return Rows(
        borrower_id=np.array([borrower_id], object if isinstance(borrower_id, str) else np.int64),
        n_loans=len(reader.loans),
        borrowers=reader.table("borrowers") or {"borrower": np.zeros(0, np.int32)},
        loans=reader.table("loans"),
        instalments=reader.table("instalments"),
        statements=reader.table("statements"),
        events=reader.table("events"),
        categories=reader.categories,
    )


class _Reader:
    """One borrower's records on their way to arrays."""

    def __init__(self, borrower_id: str | int, records: Records, observed: Observed, settings: BookSettings) -> None:
        self.records = records
        self.observed = observed
        self.settings = settings
        self.zone = ZoneInfo(settings.time_zone)
        self.categories: dict[str, tuple[str, ...]] = {}
        carried = () if "loans" in records else _OF_LOANS
        ids = {row["loan_id"] for name in ("loans", *carried) for row in records.get(name, ())}
        self.loans = {loan: i for i, loan in enumerate(sorted(ids, key=str))}
        for name, rows in records.items():
            for i, row in enumerate(rows):
                if row.get("borrower_id", borrower_id) not in (borrower_id, None):
                    raise RequestError("belongs to another borrower than the request", f"{name}[{i}].borrower_id")

    def table(self, name: str) -> dict[str, NDArray[Any]] | None:
        """The table's columns, every one that a row carries or the model may read; None without the table."""
        if name not in self.records:
            return None
        rows, spec = self.records[name], TABLES[name]
        sent = {column for row in rows for column in row}
        columns = spec.read(sent | self.observed.columns.get(name, frozenset()), self.settings.never_modelled)
        if refused := sent - {column.name for column in columns} - {"borrower_id"}:
            self._refuse(name, rows, min(refused))
        found = {c.output: self._column(name, rows, c) for c in columns if c.kind != "id"}
        found["borrower"] = np.zeros(len(rows), np.int32)
        if name in ("loans", *_OF_LOANS):
            found["loan"] = self._loan(name, rows)
        if name == "instalments":
            self._fill_instalments(rows, found)
        if name == "statements":
            found["recorded_on"] = _or(found.get("recorded_on"), found["statement_on"])
            _refuse_doubles(name, "statement_on", found["loan"], found["statement_on"], found["recorded_on"])
        if name == "events":
            found["recorded_on"] = _or(found.get("recorded_on"), found["occurred_on"])
        if name == "loans":
            none = np.full(len(rows), NEVER, np.int32)
            _refuse_doubles(name, "loan_id", found["loan"], found.get("valid_from", none))
        return found

    def _refuse(self, table: str, rows: Sequence[Record], column: str) -> None:
        """A column that is protected, for contact only, or not of the table: nothing is taken in that is not used."""
        i = next(i for i, row in enumerate(rows) if column in row)
        known = TABLES[table].column(column) is not None
        stranger = f"is no column of {table} (attributes of your own begin with x_)"
        why = "never enters a model; leave it out" if known else stranger
        raise RequestError(why, f"{table}[{i}].{column}")

    def _column(self, table: str, rows: Sequence[Record], column: Column) -> NDArray[Any]:
        values = [row.get(column.name) for row in rows]
        if column.kind == "date":
            return np.array([NEVER if v is None else v.toordinal() + _EPOCH for v in values], np.int32)
        if column.kind == "timestamp":
            return np.array([NEVER if v is None else self._local_day(v) for v in values], np.int32)
        if column.kind == "count":
            return np.array(values, np.int32)
        place = f"{table}.{column.output}"
        if column.kind == "category" or (column.kind == "open" and place not in self.observed.numeric):
            return self._codes(place, values)
        if column.kind == "open":
            for i, value in enumerate(values):
                if isinstance(value, str) or not is_attribute(value):
                    raise RequestError("is no number, but the model reads numbers there", f"{table}[{i}].{column.name}")
        numbers = np.array([np.nan if v is None else v for v in values], np.float64)
        return minor_units(numbers, self.settings.minor_unit_decimals) if column.kind == "money" else numbers

    def _local_day(self, at: datetime) -> int:
        """The day in the book's zone; a timestamp without a zone stands in it already."""
        return (at if at.tzinfo is None else at.astimezone(self.zone)).toordinal() + _EPOCH

    def _codes(self, place: str, values: Sequence[Any]) -> NDArray[np.int32]:
        texts = ["" if v is None else str(v) for v in values]
        for i, value in enumerate(values):
            if not is_attribute(value) or len(texts[i]) > MAX_TEXT:
                table, column = place.split(".")
                raise RequestError(
                    f"is neither a number nor a text of at most {MAX_TEXT} characters", f"{table}[{i}].{column}"
                )
        names = tuple(sorted(set(texts) - {""}))
        self.categories[place] = names
        code = {name: i for i, name in enumerate(names)} | {"": -1}
        return np.array([code[text] for text in texts], np.int32)

    def _loan(self, name: str, rows: Sequence[Record]) -> NDArray[np.int32]:
        try:
            return np.array([self.loans[row["loan_id"]] for row in rows], np.int32)
        except KeyError:
            lost = next(i for i, row in enumerate(rows) if row["loan_id"] not in self.loans)
            raise RequestError("is not among the loans of the request", f"{name}[{lost}].loan_id") from None

    def _fill_instalments(self, rows: Sequence[Record], found: dict[str, NDArray[Any]]) -> None:
        """The contract's defaults, and the two facts that rows of one version of an instalment must agree on."""
        loan, due_on, due_amount = found["loan"], found["due_on"], found["due_amount"]
        found["scheduled_on"] = _or(found.get("scheduled_on"), self._scheduled_on(loan, due_on))
        paid_on = found.setdefault("paid_on", np.full(len(rows), NEVER, np.int32))
        found["recorded_on"] = _or(found.get("recorded_on"), paid_on)
        paid = found.get("paid_amount", np.full(len(rows), np.nan))
        found["paid_amount"] = np.where(paid_on == NEVER, 0.0, np.where(np.isnan(paid), due_amount, paid))
        seen: dict[tuple[int, int, int], tuple[int, float]] = {}
        versions = (loan.tolist(), found["instalment_no"].tolist(), found["scheduled_on"].tolist())
        for i, key in enumerate(zip(*versions, strict=True)):
            fact = (due_on[i], due_amount[i])
            if (first := seen.setdefault(key, fact)) != fact:
                differs = "due_on" if first[0] != fact[0] else "due_amount"
                raise RequestError("disagrees with another row of its instalment", f"instalments[{i}].{differs}")

    def _scheduled_on(self, loan: NDArray[np.int32], due_on: NDArray[np.int32]) -> NDArray[np.int32]:
        """When an obligation was known: its loan's opening, or without `loans` a month before its first due date."""
        first = np.full(len(self.loans), NEVER, np.int32)
        if "loans" in self.records:
            for row in self.records["loans"]:
                i = self.loans[row["loan_id"]]
                first[i] = min(first[i], row["opened_on"].toordinal() + _EPOCH)
        else:
            np.minimum.at(first, loan, due_on)
            first = np.array(
                [day if day == NEVER else to_day(add_months(to_date(day), -1)) for day in first.tolist()], np.int32
            )
        return first[loan]


def is_attribute(value: object) -> bool:
    """Whether an `x_…` column may hold it: text, a number that a double can hold, or None."""
    if isinstance(value, str | None):
        return True
    # A whole number of JSON may be larger than any double; NaN is within no bounds.
    return isinstance(value, int | float) and not isinstance(value, bool) and -_LARGEST <= value <= _LARGEST


def _or(days: NDArray[np.int32] | None, otherwise: NDArray[np.int32]) -> NDArray[np.int32]:
    return otherwise if days is None else np.where(days == NEVER, otherwise, days)


def _refuse_doubles(table: str, column: str, *key: NDArray[np.int32]) -> None:
    seen: set[tuple[int, ...]] = set()
    for i, key_of_row in enumerate(zip(*(part.tolist() for part in key), strict=True)):
        if key_of_row in seen:
            raise RequestError("repeats the key of another row", f"{table}[{i}].{column}")
        seen.add(key_of_row)
