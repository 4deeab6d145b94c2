"""How a column is read: SQL for its value, for its staged form, and for the conditions that make a row bad.

The SQL never fails on a value: an unreadable value becomes NULL, and the row's first fault is recorded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from risk_warning.book.schema import Column
from risk_warning.core.calendar import NEVER

Source = Literal["text", "integer", "real", "boolean", "date", "timestamp", "zoned", "other"]

INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "HUGEINT")
_FIT_BIGINT = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER")
_PLAIN: Mapping[str, Source] = {"VARCHAR": "text", "BOOLEAN": "boolean", "DATE": "date"}
_FIRST, _LAST = "DATE '1990-01-01'", "DATE '2100-12-31'"
ZONE_AT_END = ":[0-9.]+ ?(Z|z|[+-][0-9]{2}(:?[0-9]{2})?)$"
"""How a text that is a moment with a time zone ends."""
EMPTY = "is empty"
OUT_OF_RANGE = "lies outside 1990-2100"
NOT_A_FLAG = "is neither 0 nor 1"


def source_of(duckdb_type: str) -> Source:
    """Return the family of a DuckDB type."""
    if duckdb_type in INTEGERS:
        return "integer"
    if duckdb_type in ("FLOAT", "DOUBLE") or duckdb_type.startswith("DECIMAL"):
        return "real"
    if duckdb_type == "TIMESTAMP WITH TIME ZONE":
        return "zoned"
    if duckdb_type.startswith("TIMESTAMP"):
        return "timestamp"
    return _PLAIN.get(duckdb_type, "other")


@dataclass(frozen=True)
class Reading:
    """SQL of one column. In `staged` and `faults`, `{v}` is the value read and `{has}` whether there is a value."""

    value: str
    has: str
    staged: str
    faults: tuple[tuple[str, str], ...]
    """(condition, reason), in the order in which they are checked."""


def read(
    column: Column, name: str, duckdb_type: str, *, minor_units: int, enum: str | None, integer_id: bool
) -> Reading:
    """Return the SQL that reads `column`, quoted as `name`, from a column of `duckdb_type`.

    `enum` is the quoted type of a category's values, None if it has none; a unit of money has `minor_units`.
    A zoned timestamp needs the parameter `$zone` in the statement.
    """
    source = source_of(duckdb_type)
    if source == "other":
        name, source = f"CAST({name} AS VARCHAR)", "text"
    raw = f"NULLIF({name}, '')" if source == "text" else name
    faults = [("NOT {has}", EMPTY)] if column.required else []
    if column.kind == "id":
        value, staged = _id(raw, source, integer_id), "{v}"
        if integer_id and duckdb_type not in _FIT_BIGINT:
            faults.append(("{has} AND {v} IS NULL", "is not a whole number"))
    elif column.kind in ("date", "timestamp"):
        value = _day(raw, source)
        if source not in ("date", "timestamp", "zoned"):
            faults.append(("{has} AND {v} IS NULL", f"is not a {column.kind}"))
        faults.append((f"{{v}} NOT BETWEEN {_FIRST} AND {_LAST}", OUT_OF_RANGE))
        staged = (
            f"CASE WHEN {{v}} BETWEEN {_FIRST} AND {_LAST} "
            f"THEN CAST({{v}} - DATE '1970-01-01' AS INTEGER) ELSE {NEVER} END"
        )
    elif column.kind == "category" or (column.kind == "open" and enum is not None):
        value = f"TRY_CAST(CAST({raw} AS VARCHAR) AS {enum})" if enum else "CAST(NULL AS VARCHAR)"
        staged = "CAST(COALESCE(enum_code({v}), -1) AS INTEGER)" if enum else "-1"
    else:
        value = f"TRY_CAST({raw} AS DOUBLE)" if source != "date" else f"TRY_CAST(CAST({raw} AS VARCHAR) AS DOUBLE)"
        if column.kind == "flag" and source == "text":
            # A CSV may hold 1, 1.0 or true.
            value = f"COALESCE({value}, CAST(TRY_CAST({raw} AS BOOLEAN) AS DOUBLE))"
        if source not in ("integer", "real"):
            faults.append(("{has} AND {v} IS NULL", NOT_A_FLAG if column.kind == "flag" else "is not a number"))
        if source in ("real", "text"):
            faults.append(("NOT isfinite({v})", "is not a finite number"))
        staged, more = _number(column, source, minor_units)
        faults.extend(more)
    return Reading(value, f"{raw} IS NOT NULL", staged, tuple(faults))


def _number(column: Column, source: Source, minor_units: int) -> tuple[str, list[tuple[str, str]]]:
    if column.kind == "money":
        # Beyond 2^53 minor units, float64 cannot represent every integer, and sums would depend on order.
        faults = [(f"abs({{v}}) >= {2**53 // minor_units}", "is too large")]
        if column.name == "due_amount":
            faults.append(("{v} < 0", "is negative"))
        scaled = f"{{v}} * {minor_units}"
        # Near a tie, first rounding to a millionth of a minor unit removes binary noise: 1.015 is 101.5 cents.
        near = f"abs({scaled} - round({scaled})) >= 0.499999"
        rounded = f"CASE WHEN {near} THEN round_even(round({scaled}, 6), 0) ELSE round({scaled}) END"
        exact = scaled if source == "integer" else rounded
        return f"COALESCE({exact}, 'NaN'::DOUBLE)", faults
    if column.kind == "count":
        return "TRY_CAST({v} AS INTEGER)", [("{v} <> trunc({v}) OR abs({v}) >= 2147483647", "is not a whole number")]
    if column.kind == "flag":
        return "COALESCE(TRY_CAST({v} AS TINYINT), -1)", [("{v} NOT IN (0, 1)", NOT_A_FLAG)]
    return "COALESCE({v}, 'NaN'::DOUBLE)", []


def _id(raw: str, source: Source, integer_id: bool) -> str:
    if not integer_id:
        return f"CAST({raw} AS VARCHAR)"
    if source == "integer":
        return f"TRY_CAST({raw} AS BIGINT)"
    if source == "real":
        # A cast would round 1.5 to another borrower's id.
        return f"CASE WHEN {raw} = trunc({raw}) THEN TRY_CAST({raw} AS BIGINT) END"
    return f"TRY_CAST(CASE WHEN regexp_full_match({raw}, '-?[0-9]+') THEN {raw} END AS BIGINT)"


def _day(raw: str, source: Source) -> str:
    """Return SQL of the local day: a zoned timestamp is converted to the book's zone, any other is already in it."""
    if source == "date":
        return raw
    if source == "timestamp":
        return f"CAST({raw} AS DATE)"
    if source == "zoned":
        return f"CAST(timezone($zone, {raw}) AS DATE)"
    if source == "text":
        zoned = f"CAST(timezone($zone, TRY_CAST({raw} AS TIMESTAMPTZ)) AS DATE)"
        plain = f"TRY_CAST({raw} AS DATE)"
        return f"CASE WHEN regexp_matches({raw}, '{ZONE_AT_END}') THEN {zoned} ELSE {plain} END"
    return f"TRY_CAST(CAST({raw} AS VARCHAR) AS DATE)"
