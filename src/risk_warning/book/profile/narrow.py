"""The narrow form of a table: one row for each row read, with what the profile counts and nothing else.

The lender's table is read once into `profile_rows`. Ids become hashes, days become months, texts become the numbers of
their levels. Column i of the table is there as `s{i}`, the state of the cell, and `c{i}`, its value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import duckdb

from risk_warning.book.check import HAPPENED
from risk_warning.book.finding import Finder
from risk_warning.book.reading import OUT_OF_RANGE, Reading
from risk_warning.book.schema import TABLES, Column, Kind
from risk_warning.book.sources.source import Relation, Source
from risk_warning.book.sql import quoted, statement
from risk_warning.errors import BookError
from risk_warning.settings import BookSettings

EMPTY, UNUSABLE = 1, 2
"""State of a cell without a value, and of one with a value that cannot be used; 0 is a usable cell."""
_READ_AS: Mapping[str, Kind] = {"birth_date": "date", "age": "number"}
"""Columns that no model reads; the contract takes them as categories, and a person wants to see years and ages."""
_FLAGS = ("0", "1")
_KEYS = {"borrowers": "borrower_id", "loans": "loan_id"}
Holds = Literal["id", "number", "date", "level"]


@dataclass(frozen=True)
class NarrowColumn:
    """A column of a narrow table."""

    name: str
    holds: Holds
    levels: tuple[str, ...] = ()
    """Texts of the levels; a value is a position among them."""
    has_too_many_levels: bool = False


@dataclass(frozen=True)
class NarrowTable:
    """A table in `profile_rows`, with the columns `owner`, `key`, `ref`, `matches` and `month` beside its own.

    `owner` is the borrower, `key` the row's own id, `ref` the id that refers to another table, and `matches` the number
    of rows there with this id; each is NULL if there is none.
    """

    name: str
    columns: tuple[NarrowColumn, ...]
    dated_by: str | None
    refers_to: tuple[str, str] | None
    """(Column with an id, table that it refers to); None if that table was not read."""
    absent: tuple[str, ...]
    """Columns of the contract that the table lacks."""

    def position(self, column: str) -> int | None:
        """Return the number of a column; None if the table lacks it."""
        return next((i for i, one in enumerate(self.columns) if one.name == column), None)


def narrowed(
    con: duckdb.DuckDBPyConnection,
    source: Source,
    finder: Finder,
    settings: BookSettings,
    table: str,
    parents: Sequence[str],
) -> NarrowTable:
    """Read a table into `profile_rows`; `parents` are the tables whose ids are in `profile_ids_TABLE`.

    Raises
    ------
    BookError
        The table cannot be read, or has no column of the contract.
    """
    columns = _columns(source, table)
    if not columns:
        raise BookError(
            f"{source.labels[table]} has none of the columns of {table} (found: {', '.join(source.columns[table])}); "
            "rename them, or run risk-warning map."
        )
    relation = source.relation(con, table, [column.name for column in columns])
    readings, too_many = finder.readings(table, relation, columns)
    present = [_narrow(table, column, finder, too_many) for column in columns]
    narrow = NarrowTable(
        name=table,
        columns=tuple(present),
        dated_by=_dated_by(table, source),
        refers_to=_refers_to(table, source, parents),
        absent=tuple(
            column.name
            for column in TABLES[table].columns
            if column.name not in source.columns[table] and not (column.kind == "id" and not column.required)
        ),
    )
    _create(con, narrow, relation, [_sql(column, readings, relation) for column in columns], settings)
    if relation.is_copy:
        con.execute(statement("DROP TABLE {raw}", raw=relation.sql))
    return narrow


def keep_ids(con: duckdb.DuckDBPyConnection, table: str) -> None:
    """Store the ids of `profile_rows` in `profile_ids_TABLE`, each with its number of rows and its borrower."""
    con.execute(
        statement(
            "CREATE TEMP TABLE profile_ids_{table} AS SELECT key AS id, count(*) AS rows, min(owner) AS owner "
            "FROM profile_rows WHERE key IS NOT NULL GROUP BY key",
            table=table,
        )
    )


def _columns(source: Source, table: str) -> list[Column]:
    """Return the columns of the contract that the table has; an empty cell is no fault, it is counted."""
    spec, present = TABLES[table], source.columns[table]
    named = [column for column in spec.columns if column.name in present]
    if "loans" in source.columns and table in ("instalments", "statements"):
        named = [column for column in named if column.name != "borrower_id"]
    own = sorted(name for name in present if name.startswith("x_") and spec.takes_extra)
    every = [*named, *(Column(name, "open") for name in own)]
    return [replace(column, required=False, kind=_READ_AS.get(column.name, column.kind)) for column in every]


def _narrow(table: str, column: Column, finder: Finder, too_many: Sequence[str]) -> NarrowColumn:
    if column.kind == "id":
        return NarrowColumn(column.name, "id")
    if column.kind in ("date", "timestamp"):
        return NarrowColumn(column.name, "date")
    if column.kind == "flag":
        return NarrowColumn(column.name, "level", _FLAGS)
    place = f"{table}.{column.output}"
    if column.kind == "category" or (column.kind == "open" and place not in finder.numeric):
        return NarrowColumn(column.name, "level", finder.categories.get(place, ()), column.name in too_many)
    return NarrowColumn(column.name, "number")


def _dated_by(table: str, source: Source) -> str | None:
    """Return the column with the date of a row, the one of which `check` shows the first and last day."""
    dated = next((column.name for column in TABLES[table].columns if column.output == HAPPENED[table]), None)
    return dated if dated in source.columns[table] else None


def _refers_to(table: str, source: Source, parents: Sequence[str]) -> tuple[str, str] | None:
    if table == "borrowers":
        return None
    through_loans = table in ("instalments", "statements") and "loans" in source.columns
    column, parent = ("loan_id", "loans") if through_loans else ("borrower_id", "borrowers")
    return (column, parent) if parent in parents and column in source.columns[table] else None


def _sql(column: Column, readings: Mapping[Column, Reading], relation: Relation) -> tuple[Column, Reading]:
    """Return the column with its reading; of one with too many levels, only whether there is a value."""
    if column in readings:
        reading = readings[column]
        if column.name not in _READ_AS:
            return column, reading
        # The range of days is one of facts about loans; a borrower may have been born before.
        return column, replace(reading, faults=tuple(fault for fault in reading.faults if fault[1] != OUT_OF_RANGE))
    name = quoted(column.name, relation.types)
    return column, Reading("CAST(NULL AS VARCHAR)", f"NULLIF(CAST({name} AS VARCHAR), '') IS NOT NULL", "-1", ())


def _create(
    con: duckdb.DuckDBPyConnection,
    narrow: NarrowTable,
    relation: Relation,
    read: Sequence[tuple[Column, Reading]],
    settings: BookSettings,
) -> None:
    inner, outer = [], []
    for i, ((_, reading), column) in enumerate(zip(read, narrow.columns, strict=True)):
        inner += [f"{reading.value} AS v{i}", f"{reading.has} AS h{i}"]
        faults = [f"WHEN {_put(fault, i)} THEN {UNUSABLE}" for fault, _ in reading.faults]
        outer.append(f"CAST(CASE WHEN NOT h{i} THEN {EMPTY} {' '.join(faults)} ELSE 0 END AS UTINYINT) AS s{i}")
        if column.holds != "id":
            outer.append(f"CASE WHEN s{i} = 0 THEN {_value(column, reading, i)} END AS c{i}")
    month = None if narrow.dated_by is None else narrow.position(narrow.dated_by)
    outer.append("CAST(NULL AS INTEGER) AS month" if month is None else f"c{month} AS month")
    ref = None if narrow.refers_to is None else narrow.position(narrow.refers_to[0])
    key = narrow.position(_KEYS[narrow.name]) if narrow.name in _KEYS else None
    joined = narrow.refers_to is not None
    carried = narrow.position("borrower_id")
    owner = _id(carried) if carried is not None or not joined else "o.owner"
    con.execute(
        statement(
            "CREATE OR REPLACE TEMP TABLE profile_rows AS SELECT {outer}, {owner} AS owner, {key} AS key, ref, "
            "{matches} AS matches FROM (SELECT *, {ref} AS ref FROM (SELECT {inner} FROM {source})) AS r {join}",
            outer=", ".join(outer),
            owner=owner,
            key=_id(key),
            matches="o.rows" if joined else "CAST(NULL AS BIGINT)",
            ref=_id(ref),
            inner=", ".join(inner),
            source=relation.sql,
            join=f"LEFT JOIN profile_ids_{narrow.refers_to[1]} AS o ON o.id = r.ref" if narrow.refers_to else "",
        ),
        {
            **relation.parameters,
            **({"zone": settings.time_zone} if any("$zone" in sql for sql in inner) else {}),
        },
    )


def _value(column: NarrowColumn, reading: Reading, i: int) -> str:
    if column.holds == "number":
        return f"v{i}"
    if column.holds == "date":
        return f"CAST(year(v{i}) * 12 + month(v{i}) - 1 AS INTEGER)"
    return f"NULLIF(CAST({_put(reading.staged, i)} AS INTEGER), -1)"


def _id(position: int | None) -> str:
    """Return SQL of the hash of an id; the hash of nothing would be one id."""
    return (
        "CAST(NULL AS UBIGINT)" if position is None else f"CASE WHEN v{position} IS NOT NULL THEN hash(v{position}) END"
    )


def _put(template: str, i: int) -> str:
    return template.replace("{v}", f"v{i}").replace("{has}", f"h{i}")
