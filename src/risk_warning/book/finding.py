"""Detection of what a column holds before it is read: whether ids are integers, and a category's values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import duckdb

from risk_warning.book.reading import Reading, read, source_of
from risk_warning.book.schema import Column
from risk_warning.book.sources.source import Relation, Source
from risk_warning.book.sql import quoted, statement
from risk_warning.errors import BookError
from risk_warning.settings import BookSettings

MAX_CATEGORY_VALUES = 10_000
"""A text column with more distinct values than this is not a category; it is ignored and listed."""
IdType = Literal["string", "integer"]


class Finder:
    """A detector of what a book's columns hold, with its results so far."""

    def __init__(self, con: duckdb.DuckDBPyConnection, source: Source, settings: BookSettings) -> None:
        self._con = con
        self._source = source
        self._minor_units = 10**settings.minor_unit_decimals
        self._integer_ids: dict[str, bool] = {}
        self.categories: dict[str, tuple[str, ...]] = {}
        """`table.column` → sorted values; a code is a position among them."""
        self.numeric: set[str] = set()
        """`table.column` of each open column that holds numbers."""

    @property
    def id_type(self) -> IdType:
        """Type of `borrower_id`, as in the table `borrowers`."""
        return "integer" if self._integer_ids["borrower_id"] else "string"

    def readings(
        self, table: str, relation: Relation, columns: Sequence[Column]
    ) -> tuple[dict[Column, Reading], list[str]]:
        """Return (column → its reading, columns left out because they have too many values)."""
        numbers = self._numbers(relation, columns) if relation.is_text else {}
        readings: dict[Column, Reading] = {}
        too_many = []
        for column in columns:
            kind = relation.types[column.name]
            holds_numbers = numbers.get(column.name, source_of(kind) in ("integer", "real", "boolean"))
            name, enum = quoted(column.name, relation.types), None
            if column.kind == "category" or (column.kind == "open" and not holds_numbers):
                values = self._values(relation, name)
                if len(values) > MAX_CATEGORY_VALUES:
                    if column.required:
                        raise BookError(
                            f"{self._source.labels[table]}: {column.name} has more than {MAX_CATEGORY_VALUES:,} "
                            "different values, too many for a category; map it to fewer."
                        )
                    too_many.append(column.name)
                    continue
                enum = self._enum(values)
                self.categories[f"{table}.{column.output}"] = values
            elif column.kind == "open":
                self.numeric.add(f"{table}.{column.output}")
            # The first table with an id determines its type: `borrowers` and `loans` precede tables that refer to them.
            integer_id = column.kind == "id" and self._integer_ids.setdefault(column.name, holds_numbers)
            readings[column] = read(column, name, kind, minor_units=self._minor_units, enum=enum, integer_id=integer_id)
        return readings, too_many

    def _numbers(self, relation: Relation, columns: Sequence[Column]) -> dict[str, bool]:
        """Return, for each id and open column of a text table, whether it holds only numbers."""
        chosen = [c for c in columns if c.kind in ("id", "open") and relation.types[c.name] == "VARCHAR"]
        if not chosen:
            return {}
        tests = []
        for column in chosen:
            name = quoted(column.name, relation.types)
            test = f"TRY_CAST({name} AS DOUBLE) IS NOT NULL"
            if column.kind == "id":
                # 007 and 7 are different borrowers.
                test = f"{name} = CAST(TRY_CAST({name} AS BIGINT) AS VARCHAR)"
            tests.append(f"bool_and(COALESCE({test}, false)) FILTER (WHERE {name} <> '')")
        self._con.execute(
            statement("SELECT {tests} FROM {source}", tests=", ".join(tests), source=relation.sql),
            dict(relation.parameters),
        )
        row = self._con.fetchall()[0]
        return {column.name: holds is not False for column, holds in zip(chosen, row, strict=True)}

    def _values(self, relation: Relation, name: str) -> tuple[str, ...]:
        """Return a category's values, sorted by code point; one more than allowed if it has too many."""
        self._con.execute(
            statement(
                "SELECT DISTINCT CAST({name} AS VARCHAR) AS v FROM {source} "
                "WHERE {name} IS NOT NULL AND CAST({name} AS VARCHAR) <> '' ORDER BY v LIMIT {limit}",
                name=name,
                source=relation.sql,
                limit=str(MAX_CATEGORY_VALUES + 1),
            ),
            dict(relation.parameters),
        )
        return tuple(row[0] for row in self._con.fetchall())

    def _enum(self, values: tuple[str, ...]) -> str | None:
        """Create an enum type whose codes are the values' positions; return its name, None if there are no values."""
        if not values:
            return None
        name = f"values_{len(self.categories)}"
        self._con.execute(
            "CREATE OR REPLACE TEMP TABLE found_values AS SELECT unnest($values) AS v", {"values": list(values)}
        )
        self._con.execute(statement("CREATE TYPE {name} AS ENUM (SELECT v FROM found_values ORDER BY v)", name=name))
        return name
