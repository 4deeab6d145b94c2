"""The profile of an export: how many rows, owners and filled cells its tables have; the next night is held against it.

It holds counts, also by month, and the names of columns and of kinds of events, and no value of a borrower.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

Counts = TypeVar("Counts")


@dataclass(frozen=True)
class TableCounts:
    """The counts of one table."""

    rows: int
    """Rows in the export, those set aside included."""
    owners: int
    """Loans that have a usable row in the table, or borrowers if its rows belong to no loan."""
    filled: Mapping[str, int]
    """Column of the contract → cells that are not empty."""
    kinds: Mapping[str, int] = field(default_factory=dict)
    """Kind of event → usable rows; empty for other tables."""
    months: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Date column of borrowers or loans → month, such as "2024-01" → usable rows."""


@dataclass(frozen=True)
class ExportProfile:
    """The counts of each table of an export."""

    tables: Mapping[str, TableCounts]

    def keeping(self, columns: Collection[str], before: ExportProfile | None) -> ExportProfile:
        """Return the profile with the counts of some columns (`table.column`) as they were before.

        A night that leaves a column out has not accepted what became of it, so the next one asks again.
        """
        tables = dict(self.tables)
        for place in columns:
            table, _, column = place.partition(".")
            was = before.tables.get(table) if before is not None else None
            filled = _keeping(column, tables[table].filled, was.filled if was is not None else {})
            months = _keeping(column, tables[table].months, was.months if was is not None else {})
            tables[table] = replace(tables[table], filled=filled, months=months)
        return ExportProfile(tables)


def _keeping(column: str, now: Mapping[str, Counts], was: Mapping[str, Counts]) -> dict[str, Counts]:
    others = {name: counts for name, counts in now.items() if name != column}
    return others | ({column: was[column]} if column in was else {})
