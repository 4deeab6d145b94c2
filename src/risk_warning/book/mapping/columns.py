"""How a mapped column is read: SQL that turns a value of the export into the one that a plain book would hold.

A value that does not have the given form stays as it is, so that reading sets its row aside and says why.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from risk_warning.book.mapping.counted import counted_date
from risk_warning.book.mapping.document import ColumnMapping, TableMapping
from risk_warning.book.reading import source_of
from risk_warning.book.sources.source import Relation
from risk_warning.book.sql import quoted, statement

EXCEL = "excel"
"""The format of dates that are days since 30 December 1899."""
_FULL_WIDTH, _HALF_WIDTH = "０１２３４５６７８９，．－／　\u00a0\u202f", "0123456789,.-/   "
_PLAIN_KINDS = ("integer", "real", "boolean", "date", "timestamp", "zoned")


@dataclass
class Projection:
    """The columns of a mapped table as SQL, with the parameters that it needs."""

    columns: dict[str, str] = field(default_factory=dict)
    """Column of the book → SQL."""
    types: dict[str, str] = field(default_factory=dict)
    parameters: dict[str, object] = field(default_factory=dict)

    def value(self, given: object) -> str:
        """Return the SQL of a parameter."""
        name = f"m{len(self.parameters)}"
        self.parameters[name] = given
        return f"${name}"


def half_width(sql: str) -> str:
    """Return SQL of a text with full-width digits and signs, as in １２３, in their usual form."""
    return f"translate({sql}, '{_FULL_WIDTH}', '{_HALF_WIDTH}')"


def projection_of(mapping: TableMapping, relation: Relation, wanted: Sequence[str]) -> Projection:
    """Return the projection of the wanted columns of a table, from the columns of an export's relation."""
    projection = Projection()
    for name in wanted:
        kind, sql = _column(projection, mapping, mapping.columns[name], relation)
        projection.columns[name], projection.types[name] = sql, kind
    return projection


def _column(projection: Projection, table: TableMapping, mapped: ColumnMapping, relation: Relation) -> tuple[str, str]:
    """Return (DuckDB type, SQL) of one column."""
    if mapped.column is None:
        return "VARCHAR", projection.value(mapped.constant)
    raw, kind = quoted(mapped.column, relation.types), relation.types[mapped.column]
    if source_of(kind) in _PLAIN_KINDS and mapped == ColumnMapping(column=mapped.column, holds=mapped.holds):
        return (kind, raw) if mapped.holds != "text" else ("VARCHAR", f"CAST({raw} AS VARCHAR)")
    sql = f"CAST({raw} AS VARCHAR)"
    sql = statement("NULLIF(trim({v}), '')", v=sql)
    for step in _steps(projection, table, mapped, sql):
        sql = step
    return "VARCHAR", sql


def _steps(projection: Projection, table: TableMapping, mapped: ColumnMapping, sql: str) -> Iterator[str]:
    """Yield the SQL of the value after each step that the mapping names; nothing if it names none."""
    if mapped.half_width:
        yield (sql := f"NULLIF(trim({half_width(sql)}), '')")
    if mapped.split is not None:
        by, part = projection.value(mapped.split.by), projection.value(mapped.split.part)
        yield (sql := f"NULLIF(trim(split_part({sql}, {by}, {part})), '')")
    if empty := sorted({*table.empty, *mapped.empty}):
        yield (sql := f"CASE WHEN list_contains({projection.value(empty)}, {sql}) THEN NULL ELSE {sql} END")
    for text in mapped.remove:
        yield (sql := f"NULLIF(trim(replace({sql}, {projection.value(text)}, '')), '')")
    if mapped.codes:
        keys, values = projection.value(list(mapped.codes)), projection.value(list(mapped.codes.values()))
        yield (sql := f"COALESCE(list_extract({values}, list_position({keys}, {sql})), {sql})")
    if mapped.case is not None:
        yield (sql := f"{mapped.case}({sql})")
    if mapped.whole:
        yield (sql := f"regexp_replace({sql}, '^(-?[0-9]+)\\.0+$', '\\1')")
    if mapped.without_zeros:
        yield (sql := f"regexp_replace({sql}, '^0+(.)', '\\1')")
    if mapped.digits is not None:
        yield (
            sql := f"CASE WHEN length({sql}) < {mapped.digits} THEN lpad({sql}, {mapped.digits}, '0') ELSE {sql} END"
        )
    if mapped.format is not None or mapped.month_end:
        yield (sql := _date(projection, mapped, sql))
    if {mapped.thousands, mapped.divide, mapped.multiply} != {None} or mapped.decimal != ".":
        yield from _number(projection, mapped, sql)


def _date(projection: Projection, mapped: ColumnMapping, sql: str) -> str:
    counted = None if mapped.format is None else counted_date(mapped.format)
    if mapped.format is None:
        day = f"TRY_CAST({sql} AS DATE)"
    elif counted is not None:
        day = counted.sql(sql, f"CAST({projection.value(counted.zero)} AS DATE)")
    elif mapped.format == EXCEL:
        day = f"DATE '1899-12-30' + TRY_CAST(trunc(TRY_CAST({sql} AS DOUBLE)) AS INTEGER)"
    else:
        day = f"CAST(try_strptime({sql}, {projection.value(mapped.format)}) AS DATE)"
    if mapped.month_end:
        day = f"last_day({day})"
    return f"COALESCE(CAST({day} AS VARCHAR), {sql})"


def _number(projection: Projection, mapped: ColumnMapping, sql: str) -> Iterator[str]:
    if mapped.thousands is not None:
        yield (sql := f"replace({sql}, {projection.value(mapped.thousands)}, '')")
    if mapped.decimal != ".":
        yield (sql := f"replace({sql}, {projection.value(mapped.decimal)}, '.')")
    for sign, factor in (("/", mapped.divide), ("*", mapped.multiply)):
        if factor is not None:
            # Fifteen digits remove the binary noise of the division: 16.1 % is the number that 0.161 is.
            scaled = f"format('{{:.15g}}', TRY_CAST({sql} AS DOUBLE) {sign} {projection.value(factor)})"
            yield f"CASE WHEN TRY_CAST({sql} AS DOUBLE) IS NULL THEN {sql} ELSE {scaled} END"
