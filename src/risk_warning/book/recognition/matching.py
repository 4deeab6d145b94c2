"""Which part of an export is which table of a book, and which column is which.

Names decide first, then what the columns hold. The best assignment of all columns together is taken, so that no column
is used twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import linear_sum_assignment

from risk_warning.book.recognition.formats import ColumnLook
from risk_warning.book.recognition.parts import Part
from risk_warning.book.recognition.vocabulary import COLUMN_WORDS, likeness, table_likeness
from risk_warning.book.schema import TABLES, Column

_UNFIT = 0.25
"""A column whose values do not have the kind that its name promises counts for this much of its likeness."""
_LEAST = 0.5
_DEEPER = 0.01
_ENOUGH_BY_NAME, _ENOUGH = 0.4, 0.7
"""Mean likeness of the required columns that makes a part such a table: if its name says so, and if it does not."""
_DERIVED = ("loans", "borrowers")
"""Tables that an export without them may hold inside another one, in the order in which they are looked for."""


@dataclass(frozen=True)
class Match:
    """A part as a table of a book."""

    table: str
    part: Part
    columns: dict[str, ColumnLook]
    """Column of the book → column of the part."""
    missing: tuple[str, ...]
    """Required columns that no column of the part can be."""
    strength: float
    is_derived: bool = False
    """The part is another table, whose rows repeat what belongs to this one."""


def matches_of(parts: Sequence[Part]) -> tuple[list[Match], list[Part]]:
    """Return (the best match for each table, parts that are no table of a book)."""
    every = [match for part in parts for table in TABLES if (match := _match(part, table)) is not None]
    every.sort(key=lambda match: -match.strength)
    taken: dict[str, Match] = {}
    for match in every:
        if match.table not in taken and all(match.part is not other.part for other in taken.values()):
            taken[match.table] = match
    for table in _DERIVED:
        if table not in taken and (match := _inside(list(taken.values()), table)) is not None:
            taken[table] = match
    matches = [taken[table] for table in TABLES if table in taken]
    return matches, [part for part in parts if all(part is not match.part for match in matches)]


def _inside(taken: Sequence[Match], table: str) -> Match | None:
    """Return the table as found among the columns of a part that is another table already; None if it is not there."""
    inside = [match for other in taken if (match := _match(other.part, table)) is not None and not match.missing]
    return replace(max(inside, key=lambda match: len(match.columns)), is_derived=True) if inside else None


def _match(part: Part, table: str) -> Match | None:
    """Return the part as that table; None if too little speaks for it."""
    spec = TABLES[table]
    names, looks = [column.name for column in spec.columns], list(part.columns.values())
    likeness_of = np.array([[_likeness(table, spec.column(name), look) for look in looks] for name in names])
    rows, columns = linear_sum_assignment(-likeness_of)
    chosen = {names[i]: looks[j] for i, j in zip(rows, columns, strict=True) if likeness_of[i, j] >= _LEAST}
    strength = {names[i]: likeness_of[i, j] for i, j in zip(rows, columns, strict=True) if names[i] in chosen}
    required = [column.name for column in spec.columns if column.required or column.why_present]
    missing = tuple(name for name in required if name not in chosen)
    if spec.takes_extra:
        chosen |= {look.name: look for look in looks if look.name.startswith("x_")}
    # Of two files of one name, the one in the outer folder is the newer.
    by_name = max(0.0, table_likeness(part.name, table) - _DEEPER * part.name.count("/"))
    of_required = sum(strength.get(name, 0.0) for name in required) / len(required)
    optional = sum(strength.values()) - of_required * len(required)
    # Of two tables that fit alike, the one of which more is required says more.
    total = 2 * of_required + 1.5 * by_name + 0.15 * optional + 0.2 * (len(required) - len(missing))
    if of_required < (_ENOUGH_BY_NAME if by_name else _ENOUGH):
        return None
    return Match(table, part, chosen, missing, total)


def _likeness(table: str, column: Column | None, look: ColumnLook) -> float:
    assert column is not None
    alike = likeness(look.name, (column.name, *COLUMN_WORDS[table].get(column.name, ())))
    return alike if alike == 0 or _fits(column, look) else alike * _UNFIT


def _fits(column: Column, look: ColumnLook) -> bool:
    """Whether the values have the kind of the column; a column without values fits any."""
    if look.filled == sum(look.markers.values()):
        return True
    if column.kind in ("date", "timestamp"):
        return look.dates is not None or (look.numbers is not None and look.numbers.are_days)
    if column.kind in ("money", "number", "count", "flag") and look.kind == "VARCHAR":
        of_total = column.kind == "count" and 0 < look.counts_of == look.filled
        return look.numbers is not None or of_total or column.kind == "flag"
    return True
