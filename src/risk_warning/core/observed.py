"""What a book contains: its columns, the first day of each kind of event, and the reach of its tables.

This decides which signals exist: a borrower without an event has "0 logins" if the lender sends logins, and "not
observed" if it does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from risk_warning.core.declared import DeclaredFeature
from risk_warning.core.reach import Reach


@dataclass(frozen=True)
class Observed:
    """Columns present (and not all empty) per table, and each event kind's first observed day (from 1970-01-01)."""

    columns: Mapping[str, frozenset[str]]
    event_kinds: Mapping[str, int] = field(default_factory=dict)
    numeric: frozenset[str] = frozenset()
    """Columns `table.column` of open type (`x_…`, `status`) that hold numbers; the others hold categories."""
    codes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """`statements.column` → its codes, for text columns; the months that had each code are a signal."""
    status_rises_with_risk: bool = False
    """Whether the lender states that a higher status of statements is never safer."""
    reach: Reach = field(default_factory=Reach)
    declared: tuple[DeclaredFeature, ...] = ()
    """Features that the lender declares, whether or not the book has what they are made of."""
    closings_are_doubtful: bool = False
    """Whether so many loans were closed in doubtful ways that their outcomes count as unknown."""
    left_out: frozenset[str] = frozenset()
    """Signals and categories that a model reads although their columns are left out: not observed of anybody."""

    def has(self, table: str, *columns: str) -> bool:
        """Whether the table exists with all these columns."""
        present = self.columns.get(table)
        return present is not None and present.issuperset(columns)

    def extra(self, table: str) -> tuple[str, ...]:
        """Return the table's `x_…` columns, sorted."""
        return tuple(sorted(c for c in self.columns.get(table, ()) if c.startswith("x_")))
