"""Records: one borrower's rows as a caller sends them, with the tables' column names, converted to the core's arrays.

A record maps column names to values: dates are `date`, timestamps are `datetime`, amounts are in the currency's own
unit. A column that is left out or None is empty. Empty columns get the same defaults as in the staging of a whole book.
A row that staging would set aside raises an error that names the row: an incomplete history shows arrears that do not
exist.
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
"""Table → rows. A missing table is unknown; a table without rows is empty."""

MAX_TEXT = 128
"""Largest number of characters in a category's value."""
_EPOCH = to_day(date(1, 1, 1)) - 1
"""A date's ordinal plus this offset is its day."""
_LARGEST = sys.float_info.max
_OF_LOANS = ("instalments", "statements")


def rows_of(borrower_id: str | int, records: Records, observed: Observed, settings: BookSettings) -> Rows:
    """Return the borrower's rows for a model that may read the columns in `observed`.

    Raises
    ------
    RequestError
        A row contradicts another, refers to an unknown borrower or loan, or holds text where the model reads numbers.
        The error names the row.
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
    """A converter of one borrower's records to arrays."""

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
        """Return each column that a row has or the model may read; None if the table is missing."""
        if name not in self.records:
            return None
        rows, spec = self.records[name], TABLES[name]
        sent = {column for row in rows for column in row}
        columns = spec.read(sent | self.observed.columns.get(name, frozenset()), self.settings.never_modelled)
        if refused := sent - {column.name for column in columns} - {"borrower_id"}:
            self._refuse(name, rows, min(refused))
        arrays = {c.output: self._column(name, rows, c) for c in columns if c.kind != "id"}
        arrays["borrower"] = np.zeros(len(rows), np.int32)
        if name in ("loans", *_OF_LOANS):
            arrays["loan"] = self._loan(name, rows)
        if name == "instalments":
            self._fill_instalments(rows, arrays)
        if name == "statements":
            arrays["recorded_on"] = _or(arrays.get("recorded_on"), arrays["statement_on"])
            _refuse_doubles(name, "statement_on", arrays["loan"], arrays["statement_on"], arrays["recorded_on"])
        if name == "events":
            arrays["recorded_on"] = _or(arrays.get("recorded_on"), arrays["occurred_on"])
        if name == "loans":
            none = np.full(len(rows), NEVER, np.int32)
            _refuse_doubles(name, "loan_id", arrays["loan"], arrays.get("valid_from", none))
        return arrays

    def _refuse(self, table: str, rows: Sequence[Record], column: str) -> None:
        """Raise `RequestError` for a column that is protected, for contact only, or unknown.

        Data that no model uses is not accepted.
        """
        i = next(i for i, row in enumerate(rows) if column in row)
        known = TABLES[table].column(column) is not None
        stranger = f"is not a column of {table} (attributes of your own begin with x_)"
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
                    raise RequestError(
                        "is not a number, but the model reads numbers there", f"{table}[{i}].{column.name}"
                    )
        numbers = np.array([np.nan if v is None else v for v in values], np.float64)
        return minor_units(numbers, self.settings.minor_unit_decimals) if column.kind == "money" else numbers

    def _local_day(self, at: datetime) -> int:
        """Return the day in the book's time zone; a timestamp without a zone is already in it."""
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

    def _fill_instalments(self, rows: Sequence[Record], arrays: dict[str, NDArray[Any]]) -> None:
        """Fill in the contract's defaults.

        Raise `RequestError` if rows of one version of an instalment disagree on the due date or the due amount.
        """
        loan, due_on, due_amount = arrays["loan"], arrays["due_on"], arrays["due_amount"]
        arrays["scheduled_on"] = _or(arrays.get("scheduled_on"), self._scheduled_on(loan, due_on))
        paid_on = arrays.setdefault("paid_on", np.full(len(rows), NEVER, np.int32))
        arrays["recorded_on"] = _or(arrays.get("recorded_on"), paid_on)
        paid = arrays.get("paid_amount", np.full(len(rows), np.nan))
        arrays["paid_amount"] = np.where(paid_on == NEVER, 0.0, np.where(np.isnan(paid), due_amount, paid))
        seen: dict[tuple[int, int, int], tuple[int, float]] = {}
        versions = (loan.tolist(), arrays["instalment_no"].tolist(), arrays["scheduled_on"].tolist())
        for i, key in enumerate(zip(*versions, strict=True)):
            fact = (due_on[i], due_amount[i])
            if (first := seen.setdefault(key, fact)) != fact:
                differs = "due_on" if first[0] != fact[0] else "due_amount"
                raise RequestError("disagrees with another row of its instalment", f"instalments[{i}].{differs}")

    def _scheduled_on(self, loan: NDArray[np.int32], due_on: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the day on which each instalment became known.

        This is the loan's opening or, without `loans`, a month before the loan's first due date.
        """
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
    """Whether an `x_…` column may hold the value: text, a number that fits a double, or None."""
    if isinstance(value, str | None):
        return True
    # An integer in JSON may be larger than any double; NaN fails both comparisons.
    return isinstance(value, int | float) and not isinstance(value, bool) and -_LARGEST <= value <= _LARGEST


def _or(days: NDArray[np.int32] | None, otherwise: NDArray[np.int32]) -> NDArray[np.int32]:
    return otherwise if days is None else np.where(days == NEVER, otherwise, days)


def _refuse_doubles(table: str, column: str, *key: NDArray[np.int32]) -> None:
    seen: set[tuple[int, ...]] = set()
    for i, key_of_row in enumerate(zip(*(part.tolist() for part in key), strict=True)):
        if key_of_row in seen:
            raise RequestError("repeats the key of another row", f"{table}[{i}].{column}")
        seen.add(key_of_row)
