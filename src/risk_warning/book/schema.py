"""The table contract: which tables and columns a book may have, and what each column holds.

Columns the contract does not know are ignored and listed; a column `x_…` of `borrowers`, `loans` or `statements`
is a numeric or category attribute of the lender's own.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Container, Mapping
from dataclasses import dataclass
from typing import Literal

from risk_warning.errors import BookError, SettingsError

Kind = Literal["id", "date", "timestamp", "money", "number", "count", "category", "flag", "open"]
"""`count` is a whole number; `flag` is 0, 1, true or false; `open` is a number if all values are, else a category."""


@dataclass(frozen=True)
class Column:
    """A column of the contract."""

    name: str
    kind: Kind
    required: bool = False
    staged_as: str = ""
    """Name in `Rows`; if empty, the column's own name."""
    aside: bool = False
    """Known to the contract, but never read for a model: protected, or for contact only."""
    is_timing: bool = False
    """The column says when something happened or became known; it is never an attribute by itself."""
    why_present: str = ""
    """Why the column must be there although its values may be empty; if empty, the column may be missing."""

    @property
    def output(self) -> str:
        """Name in `Rows`."""
        return self.staged_as or self.name


@dataclass(frozen=True)
class TableSpec:
    """A table of the contract."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    """`Rows` columns whose values no two rows may share; empty if the table has no key."""
    takes_extra: bool = False

    def column(self, name: str) -> Column | None:
        """Return the column of that name, including `x_…` columns; None if the contract does not know it."""
        if self.takes_extra and name.startswith("x_"):
            return Column(name, "open")
        return next((column for column in self.columns if column.name == name), None)

    def read(self, present: Collection[str], never_modelled: Container[str]) -> tuple[Column, ...]:
        """Return the columns of `present` that a model may use, in the contract's order, with `x_…` last and sorted."""
        fixed = [c for c in self.columns if c.name in present and not c.aside and c.name not in never_modelled]
        extra = sorted(n for n in present if self.takes_extra and n.startswith("x_") and n not in never_modelled)
        return (*fixed, *(Column(name, "open") for name in extra))

    def unknown(self, present: Collection[str]) -> tuple[str, ...]:
        """Return the columns of `present` that the contract does not know, sorted."""
        return tuple(sorted(name for name in present if self.column(name) is None))


def _timing(name: str, *, required: bool = False) -> Column:
    return Column(name, "date", required=required, is_timing=True)


_AMOUNTS = tuple(Column(name, "money") for name in ("balance", "credit_limit", "due_amount", "paid_amount"))
_CARRIED_BORROWER = Column("borrower_id", "id")
"""If `loans` is missing, the table has the borrower's id itself."""

_SPECS = (
    TableSpec(
        "borrowers",
        (
            Column("borrower_id", "id", required=True),
            _timing("valid_from"),
            Column("onboarded_on", "date"),
            Column("monthly_income", "money"),
            *(Column(n, "category") for n in ("employment_status", "occupation", "education", "region", "housing")),
            *(Column(n, "category", aside=True) for n in ("sex", "birth_date", "age", "marital_status")),
            *(
                Column(n, "category", aside=True)
                for n in ("opted_out", "vulnerable", "refuses_automated_decisions", "time_zone")
            ),
        ),
        key=("borrower", "valid_from"),
        takes_extra=True,
    ),
    TableSpec(
        "loans",
        (
            Column("loan_id", "id", required=True),
            Column("borrower_id", "id", required=True),
            _timing("valid_from"),
            Column("product", "category"),
            _timing("opened_on", required=True),
            _timing("closed_on"),
            Column("closed_as", "category", is_timing=True),
            _timing("written_off_on"),
            Column("principal", "money"),
            Column("credit_limit", "money"),
            Column("annual_rate", "number"),
            Column("term_months", "number"),
        ),
        key=("loan", "valid_from"),
        takes_extra=True,
    ),
    TableSpec(
        "instalments",
        (
            Column("loan_id", "id", required=True),
            _CARRIED_BORROWER,
            Column("instalment_no", "count", required=True),
            _timing("due_on", required=True),
            Column("due_amount", "money", required=True),
            _timing("scheduled_on"),
            Column("paid_on", "date", is_timing=True, why_present="without it, every instalment would count as unpaid"),
            Column("paid_amount", "money", is_timing=True),
            _timing("recorded_on"),
        ),
    ),
    TableSpec(
        "statements",
        (
            Column("loan_id", "id", required=True),
            _CARRIED_BORROWER,
            _timing("statement_on", required=True),
            _timing("recorded_on"),
            *_AMOUNTS,
            Column("days_past_due", "number"),
            Column("status", "open"),
        ),
        key=("loan", "statement_on", "recorded_on"),
        takes_extra=True,
    ),
    TableSpec(
        "events",
        (
            Column("borrower_id", "id", required=True),
            Column("kind", "category", required=True),
            Column("occurred_at", "timestamp", required=True, staged_as="occurred_on", is_timing=True),
            Column("recorded_at", "timestamp", staged_as="recorded_on", is_timing=True),
            Column("amount", "money"),
        ),
    ),
    TableSpec(
        "contacts",
        (
            Column("borrower_id", "id", required=True),
            Column("occurred_at", "timestamp", required=True, staged_as="occurred_on", is_timing=True),
            Column("kind", "category", required=True),
            Column("outcome", "category", aside=True),
            Column("randomised", "flag"),
        ),
    ),
    TableSpec(
        "outcomes",
        (
            Column("borrower_id", "id", required=True),
            _timing("as_of_date", required=True),
            Column("bad", "flag", required=True),
        ),
        key=("borrower", "as_of_date"),
    ),
)
TABLES: Mapping[str, TableSpec] = {spec.name: spec for spec in _SPECS}
"""Every table that a book may have; tables that others refer to come first."""


def check_protected(never_modelled: Container[str]) -> None:
    """Raise `SettingsError` if a protected name is a column without which the book cannot be read."""
    for spec in _SPECS:
        for column in spec.columns:
            if column.name in never_modelled and (column.required or column.is_timing or column.kind == "id"):
                raise SettingsError(
                    f"The setting book.protected names {column.name}, without which {spec.name} cannot be read; "
                    "remove it there."
                )


def check_tables(
    where: str, columns: Mapping[str, Collection[str]], labels: Mapping[str, str], also: Collection[str]
) -> None:
    """Raise `BookError` if a required table or column is missing.

    `columns` holds each table's columns, `labels` each table's name in messages, `also` other names at the location.
    """
    seen = ", ".join(sorted({*labels.values(), *also})) or "nothing"
    if "borrowers" not in columns:
        raise BookError(
            f"{where} has no table borrowers{_meant('borrowers', also)} (found: {seen}); "
            "a book needs borrowers and one of instalments or statements."
        )
    if "instalments" not in columns and "statements" not in columns:
        meant = _meant("instalments", also) or _meant("statements", also)
        raise BookError(f"{where} has neither instalments nor statements{meant} (found: {seen}); add one of them.")
    for name, present in columns.items():
        for column in TABLES[name].columns:
            if (column.required or column.why_present) and column.name not in present:
                meant = _meant(column.name, TABLES[name].unknown(present))
                why = f": {column.why_present}" if column.why_present else ""
                raise BookError(
                    f"{labels[name]} has no column {column.name}{meant}{why} (found: "
                    f"{', '.join(sorted(present)) or 'none'}); add it, or rename the column that has its values."
                )
    if "loans" not in columns:
        for name in ("instalments", "statements"):
            if name in columns and "borrower_id" not in columns[name]:
                raise BookError(
                    f"{where} has no table loans and {labels[name]} has no column borrower_id, so its loans have "
                    "no borrower; bring the table loans, or add borrower_id."
                )


def _meant(name: str, seen: Collection[str]) -> str:
    stems = {other.split(".")[0]: other for other in seen}
    close = difflib.get_close_matches(name, list(stems), n=1)
    return f" (did you mean {stems[close[0]]}?)" if close else ""
