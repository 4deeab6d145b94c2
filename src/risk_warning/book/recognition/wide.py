"""Wide parts: several months side by side in columns whose names differ in a number or a month.

Such a part becomes one row a month by a query that stands in the mapping, where a person can read and correct it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import duckdb
import numpy as np
from scipy.optimize import linear_sum_assignment

from risk_warning.book.recognition.formats import ColumnLook
from risk_warning.book.recognition.matching import Match, Wide, fits
from risk_warning.book.recognition.parts import Part, part_at
from risk_warning.book.recognition.vocabulary import (
    COLUMN_WORDS,
    GENERIC_IDS,
    LIKELY,
    MONTH_OF_QUERY,
    ROW_OF_FILE,
    WIDE_WORDS,
    is_generic_id,
    likeness,
    plain,
)
from risk_warning.book.schema import TABLES
from risk_warning.book.sources.export import Export, FilesExport, Place
from risk_warning.book.sql import quoted, statement

Kind = Literal["date", "name", "number"]
"""What tells the months of columns apart: a year and a month, the name of a month, or a number."""
_LEAST_MONTHS = 3
_LEAST_ALIKE = LIKELY - 0.1
_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DATED = re.compile(r"(?<!\d)((?:19|20)\d\d)[-_ .年]?(1[0-2]|0?[1-9])月?(?!\d)")
_NAMED = re.compile(
    r"(?<![a-z])(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?)(?:[-_ .]?((?:19|20)\d\d|\d\d))?(?![a-z0-9])",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"(?<!\d)\d{1,2}(?!\d)")
_KEYS_OF_STATEMENTS = {"balance", "due_amount", "paid_amount", "days_past_due", "status"}
_KEYS_OF_INSTALMENTS = {"due_on", "due_amount", "paid_on"}


@dataclass(frozen=True)
class _Group:
    """Columns of one thing, one a month."""

    stem: str
    columns: Mapping[int, str]
    """Month → column; later months have higher numbers only if the columns are dated."""


_KINDS: tuple[Kind, ...] = ("date", "name", "number")


def widened(
    con: duckdb.DuckDBPyConnection, export: Export, parts: Sequence[Part], taken: Collection[str]
) -> tuple[list[Part], list[Match]]:
    """Return the parts, and the tables that queries make of the wide ones among them.

    `taken` are the tables that the export has without them.
    """
    seen: list[Part] = []
    matches: dict[str, Match] = {}
    for part in parts:
        months_of = next((one for kind in _KINDS if (one := _wide(part, kind)) is not None), None)
        if months_of is None or len(part.place.files) > 1 or months_of[1] in {*taken, *matches}:
            seen.append(part)
            continue
        kind, table, groups = months_of
        # Numbers of rows as ids would match nothing in other files.
        base, match = _long(con, export, part, kind, table, groups, may_number=len(parts) == 1)
        seen.append(base)
        if match is not None:
            matches[table] = match
    return seen, list(matches.values())


def _wide(part: Part, kind: Kind) -> tuple[Kind, str, dict[str, _Group]] | None:
    """Return (kind, table, its column → the group of the part's columns that it is); None if the part is not wide."""
    groups = _groups(part, kind)
    for table, keys in (("instalments", _KEYS_OF_INSTALMENTS), ("statements", _KEYS_OF_STATEMENTS)):
        named = _named(part, table, groups)
        if keys & named.keys() if table == "statements" else keys <= named.keys():
            return kind, table, named
    return None


def _groups(part: Part, kind: Kind) -> list[_Group]:
    months_of: dict[str, dict[int, str]] = {}
    stems: dict[str, str] = {}
    for name in part.columns:
        for stem, month in _marks(name, kind):
            stems.setdefault(plain(stem), stem)
            months_of.setdefault(plain(stem), {})[month] = name
    groups = []
    for key, columns in months_of.items():
        if kind == "number" and 0 in columns and 1 not in columns:
            # PAY_0, PAY_2, PAY_3: the first of the months has another number.
            columns = {max(month, 1): name for month, name in columns.items()}
        months = list(columns) if kind == "name" else sorted(columns)
        steps = {(later - month) % 12 if kind == "name" else later - month for month, later in pairwise(months)}
        if len(months) >= _LEAST_MONTHS and (steps == {1} or (kind == "name" and steps == {11})):
            first = columns if kind != "name" else dict(enumerate(columns.values()))
            groups.append(_Group(stems[key], first))
    return groups


def _marks(name: str, kind: Kind) -> Iterator[tuple[str, int]]:
    """Yield (what a name is without its month, the month) if the name has a month of that kind."""
    dated, named, numbers = _DATED.search(name), _NAMED.search(name), re.findall(r"\d+", name)
    if dated is not None and kind == "date":
        yield name[: dated.start()] + name[dated.end() :], 12 * int(dated[1]) + int(dated[2]) - 1
    elif dated is None and named is not None:
        month = _NAMES.index(named[1][:3].casefold())
        if named[2] is not None and kind == "date":
            year = int(named[2]) if len(named[2]) == 4 else 2000 + int(named[2])
            yield name[: named.start()] + name[named.end() :], 12 * year + month
        elif named[2] is None and kind == "name":
            yield name[: named.start()] + name[named.end() :], month
    elif dated is None and kind == "number" and len(numbers) == 1 and (number := _NUMBERED.search(name)) is not None:
        yield name[: number.start()] + name[number.end() :], int(number[0])


def _named(part: Part, table: str, groups: Sequence[_Group]) -> dict[str, _Group]:
    """Return column of the table → the group that has its name and holds its kind of values."""
    if not groups:
        return {}
    columns = [column for column in TABLES[table].columns if column.kind != "id" and column.name != "statement_on"]
    alike = np.zeros((len(columns), len(groups)))
    for i, column in enumerate(columns):
        words = (column.name, *COLUMN_WORDS[table].get(column.name, ()))
        words += WIDE_WORDS.get(column.name, ()) if table == "statements" else ()
        for j, group in enumerate(groups):
            if all(fits(column, part.columns[name]) for name in group.columns.values()):
                alike[i, j] = likeness(group.stem, words)
    pairs = zip(*linear_sum_assignment(-alike), strict=True)
    return {columns[i].name: groups[j] for i, j in pairs if alike[i, j] >= _LEAST_ALIKE}


def _long(
    con: duckdb.DuckDBPyConnection,
    export: Export,
    part: Part,
    kind: Kind,
    table: str,
    groups: Mapping[str, _Group],
    *,
    may_number: bool,
) -> tuple[Part, Match | None]:
    """Return (the part, numbered if its rows have no id, and the table that a query makes of it)."""
    monthly = {name for group in groups.values() for name in group.columns.values()}
    single = {name: look for name, look in part.columns.items() if name not in monthly}
    ids = _ids(part, single)
    base: Part | None = part
    if not ids:
        if not (may_number and isinstance(export, FilesExport)):
            return part, None
        base, ids = _numbered(con, export, part, tuple(single)), {"loan_id": ROW_OF_FILE}
    fixed = dict(ids)
    limit = _limit(single) if table == "statements" and "credit_limit" not in groups else None
    if limit is not None:
        fixed["credit_limit"] = limit
    query = _query(part, export, kind, tuple(dict.fromkeys(fixed.values())), groups, table)
    stems = "; ".join(f"{', '.join(group.columns.values())} are {name}" for name, group in groups.items())
    notes = (
        *part.notes,
        f"{part.place.label} has several months side by side: {stems}; the query makes one row a month of them",
    )
    place = Place(query=query, layout=part.place.layout)
    long = part_at(con, export, place, part.name, f"{part.raw}_long", notes)
    if base is None or long is None:
        return part, None
    columns = {name: long.columns[column] for name, column in fixed.items()}
    columns["statement_on" if table == "statements" else "instalment_no"] = long.columns[MONTH_OF_QUERY]
    columns |= {name: long.columns[name] for name in groups}
    months = sorted({month for group in groups.values() for month in group.columns})
    sides = [tuple(group.columns[one] for group in groups.values() if one in group.columns) for one in months[:2]]
    origins = (*monthly, *(name for name in fixed.values() if name in single))
    is_open = table == "statements" and kind != "date"
    order = _order(sides) if kind == "name" else None
    by_month = {name: tuple(group.columns[one] for one in sorted(group.columns)) for name, group in groups.items()}
    wide = Wide(base, origins, by_month, sides[0], sides[1], is_open, order)
    spec = [column.name for column in TABLES[table].columns if column.required or column.why_present]
    missing = tuple(name for name in spec if name not in columns)
    return base, Match(table, long, columns, missing, 0.0, wide=wide)


def _limit(single: Mapping[str, ColumnLook]) -> str | None:
    """Return the column of the credit limit among those that stand once; None without one."""
    words = ("credit_limit", *COLUMN_WORDS["statements"]["credit_limit"])
    return next((name for name in single if likeness(name, words) >= _LEAST_ALIKE), None)


def _order(sides: Sequence[Sequence[str]]) -> Literal["after", "before"]:
    """Return whether the second month comes after or before the first, as their names say."""
    first, second = (next(month for _, month in _marks(names[0], "name")) for names in sides)
    return "after" if (second - first) % 12 == 1 else "before"


def _ids(part: Part, single: Mapping[str, ColumnLook]) -> dict[str, str]:
    """Return the ids of a wide part's rows, each of which is one loan: column of the book → column of the part."""
    filled = {name: look for name, look in single.items() if look.filled == part.rows}
    loans = (*COLUMN_WORDS["loans"]["loan_id"], *GENERIC_IDS)
    loan = max(filled, key=lambda name: likeness(name, loans) * (filled[name].distinct == part.rows), default="")
    borrowers = COLUMN_WORDS["borrowers"]["borrower_id"]
    others = [name for name in filled if not is_generic_id(name)]
    borrower = max(others, key=lambda name: likeness(name, borrowers), default="")
    ids = {}
    if loan and likeness(loan, loans) >= LIKELY and filled[loan].distinct == part.rows:
        ids["loan_id"] = loan
    if borrower and borrower != loan and likeness(borrower, borrowers) >= LIKELY:
        ids["borrower_id"] = borrower
        if filled[borrower].distinct == part.rows:
            ids.setdefault("loan_id", borrower)
    return ids if "loan_id" in ids else {}


def _numbered(con: duckdb.DuckDBPyConnection, export: Export, part: Part, names: tuple[str, ...]) -> Part | None:
    """Return the part without its months, its rows numbered as in the file."""
    columns = ", ".join([f"rowid + 1 AS {ROW_OF_FILE}", *(quoted(name, names) for name in names)])
    query = statement("SELECT {columns}\nFROM {place}", columns=columns, place=export.name_in_query(part.place))
    notes = (*part.notes, f"the rows of {part.place.label} have no id, so they are numbered")
    place = Place(query=query, layout=part.place.layout)
    return part_at(con, export, place, part.name, f"{part.raw}_numbered", notes)


def _query(
    part: Part, export: Export, kind: Kind, fixed: Sequence[str], groups: Mapping[str, _Group], table: str
) -> str:
    """Return the query that makes one row a month of each row; months without any value are left out."""
    names = tuple(part.columns)
    kept = [f"rowid + 1 AS {ROW_OF_FILE}" if name == ROW_OF_FILE else quoted(name, names) for name in fixed]
    months = sorted({month for group in groups.values() for month in group.columns})
    zero = 0 if table == "instalments" or kind == "date" else months[0]
    selects = []
    for month in months:
        given = {name: quoted(group.columns[month], names) for name, group in groups.items() if month in group.columns}
        said = f"'{month // 12}-{month % 12 + 1:02d}'" if kind == "date" else str(month - zero)
        columns = [f"{given.get(name, 'NULL')} AS {name}" for name in groups]
        selects.append(
            statement(
                "SELECT {columns}\nFROM {place}\nWHERE {some}",
                columns=", ".join([*kept, f"{said} AS {MONTH_OF_QUERY}", *columns]),
                place=export.name_in_query(part.place),
                some=" OR ".join(f"{column} IS NOT NULL" for column in given.values()),
            )
        )
    return "\nUNION ALL\n".join(selects)
