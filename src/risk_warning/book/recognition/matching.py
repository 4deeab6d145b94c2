"""Which part of an export is which table of a book, and which column is which.

Names decide first, then what the columns hold. The best assignment of all columns together is taken, so that no column
is used twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy.optimize import linear_sum_assignment

from risk_warning.book.recognition.formats import ColumnLook
from risk_warning.book.recognition.parts import Part
from risk_warning.book.recognition.vocabulary import (
    CERTAIN,
    COLUMN_WORDS,
    GENERIC_IDS,
    LIKELY,
    is_generic_id,
    likeness,
    table_likeness,
)
from risk_warning.book.schema import TABLES, Column

_UNFIT = 0.25
"""A column whose values do not have the kind that its name promises counts for this much of its likeness."""
_LEAST = 0.5
_DEEPER = 0.01
_ENOUGH_BY_NAME, _ENOUGH = 0.4, 0.7
"""Mean likeness of the required columns that makes a part such a table: if its name says so, and if it does not."""
_DERIVED = ("loans", "borrowers")
"""Tables that an export without them may hold inside another one, in the order in which they are looked for."""
_OF_LOANS = ("statements", "instalments")
_FLAGS = 2
_ROWS_PER_ID = 2
"""Rows of statements or instalments that a loan has at least on average, if a column that is only called id is its."""


@dataclass(frozen=True)
class Wide:
    """Several months side by side in a part, of which a query makes a row each."""

    part: Part
    origins: tuple[str, ...]
    """Columns of the part that the query reads."""
    groups: Mapping[str, tuple[str, ...]]
    """Column of the book → its columns of the part, in the order of the months."""
    first: tuple[str, ...]
    second: tuple[str, ...]
    """Columns of the months 0 and 1."""
    is_open: bool
    """The export does not say which months they are."""
    order: Literal["after", "before"] | None
    """Whether month 1 comes after or before month 0, if the names of the months say so."""


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
    wide: Wide | None = None
    borrower_is: str = ""
    """The column of the loan's id, if no column names the borrower and each loan may be a borrower of its own."""


def matches_of(parts: Sequence[Part], given: Sequence[Match] = ()) -> tuple[list[Match], list[Part]]:
    """Return (the best match for each table, parts that are no table of a book); those given are matched already."""
    every = [match for part in parts for table in TABLES if (match := _match(part, table)) is not None]
    every.sort(key=lambda match: -match.strength)
    taken: dict[str, Match] = {match.table: match for match in given}
    for match in every:
        if match.table not in taken and all(match.part is not other.part for other in taken.values()):
            taken[match.table] = match
    for table in _DERIVED:
        if table not in taken and (match := _inside(list(taken.values()), table)) is not None:
            taken[table] = match
    taken |= _with_one_id(taken)
    matches = [taken[table] for table in TABLES if table in taken]
    return matches, [part for part in parts if all(part is not match.part for match in matches)]


def _inside(taken: Sequence[Match], table: str, borrower: ColumnLook | None = None) -> Match | None:
    """Return the table as found among the columns of a part that is another table already; None if it is not there."""
    candidates = [_match(other.part if other.wide is None else other.wide.part, table, borrower) for other in taken]
    inside = [match for match in candidates if match is not None and not match.missing]
    return replace(max(inside, key=lambda match: len(match.columns)), is_derived=True) if inside else None


def _with_one_id(taken: Mapping[str, Match]) -> dict[str, Match]:
    """Return the matches that change where rows of loans have one id, and no other column names the borrower."""
    changed: dict[str, Match] = {}
    for table in _OF_LOANS if "loans" not in taken else ():
        match = taken.get(table)
        if match is None or "loan_id" not in match.columns or "borrower_id" in match.columns:
            continue
        look = match.columns["loan_id"]
        if is_generic_id(look.name):
            # An id without more is that of whatever a row belongs to: the borrower and their one account.
            changed[table] = replace(match, columns={**match.columns, "borrower_id": look})
        elif "borrowers" not in taken:
            for derived in _DERIVED:
                if (inside := _inside([match], derived, look)) is not None:
                    columns = {name: one for name, one in inside.columns.items() if name != "borrower_id"}
                    changed[derived] = replace(inside, columns=columns, borrower_is=look.name)
            if "loans" not in changed:
                changed[table] = replace(match, borrower_is=look.name)
    return changed


def flagged_outcome(matches: Sequence[Match]) -> Match | None:
    """Return the table outcomes as found in a column of 0 and 1 of the borrowers; None if there is none."""
    borrowers = next((match for match in matches if match.table == "borrowers"), None)
    if borrowers is None or any(match.table == "outcomes" for match in matches):
        return None
    words = ("bad", *COLUMN_WORDS["outcomes"]["bad"])
    used = {look.name for look in borrowers.columns.values()}
    flags = [
        look
        for look in borrowers.part.columns.values()
        if look.name not in used and look.distinct == _FLAGS and likeness(look.name, words) >= LIKELY - _DEEPER
    ]
    flags = [look for look in flags if look.numbers is None or (look.numbers.low, look.numbers.high) == (0, 1)]
    if not flags or "borrower_id" not in borrowers.columns:
        return None
    columns = {"borrower_id": borrowers.columns["borrower_id"], "bad": flags[0]}
    return Match("outcomes", borrowers.part, columns, (), 0.0, is_derived=True)


def _match(part: Part, table: str, borrower: ColumnLook | None = None) -> Match | None:
    """Return the part as that table; None if too little speaks for it.

    `borrower` is the column of the borrower's id if another column of the table has it too.
    """
    spec = TABLES[table]
    own = {} if borrower is None else {"borrower_id": borrower}
    names, looks = [column.name for column in spec.columns if column.name not in own], list(part.columns.values())
    likeness_of = np.array([[_likeness(table, spec.column(name), look) for look in looks] for name in names])
    rows, columns = linear_sum_assignment(-likeness_of)
    chosen = {names[i]: looks[j] for i, j in zip(rows, columns, strict=True) if likeness_of[i, j] >= _LEAST} | own
    strength = {names[i]: likeness_of[i, j] for i, j in zip(rows, columns, strict=True) if names[i] in chosen}
    strength |= dict.fromkeys(own, CERTAIN)
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
    words = (column.name, *COLUMN_WORDS[table].get(column.name, ()))
    is_of_rows = is_generic_id(look.name) and look.distinct * _ROWS_PER_ID <= look.filled
    if is_of_rows and table in _OF_LOANS and column.name == "loan_id":
        words = (*words, *GENERIC_IDS)
    alike = likeness(look.name, words)
    if column.kind == "category" and alike <= LIKELY and _are_ratios(look):
        # The population of a region is no region.
        return alike * _UNFIT
    return alike if alike == 0 or fits(column, look) else alike * _UNFIT


def _are_ratios(look: ColumnLook) -> bool:
    return look.numbers is not None and look.distinct > _FLAGS and 0 <= look.numbers.low <= look.numbers.high <= 1


def fits(column: Column, look: ColumnLook) -> bool:
    """Whether the values have the kind of the column; a column without values fits any."""
    if look.filled == sum(look.markers.values()):
        return True
    if column.kind in ("date", "timestamp"):
        are_days = look.numbers is not None and look.numbers.are_days
        return look.dates is not None or are_days or look.counts is not None
    if column.kind in ("money", "number", "count", "flag") and look.kind == "VARCHAR":
        of_total = column.kind == "count" and 0 < look.counts_of == look.filled
        return look.numbers is not None or of_total or column.kind == "flag"
    return True
