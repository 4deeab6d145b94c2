"""A mapped export as the source of a book."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb

from risk_warning.book.mapping.columns import projection_of
from risk_warning.book.mapping.document import BookMapping, TableMapping
from risk_warning.book.sources import files
from risk_warning.book.sources.export import Export, FilesExport, Place, export_at
from risk_warning.book.sources.source import Days, Relation, Source, materialised
from risk_warning.book.sql import quoted, statement
from risk_warning.errors import BookError, SettingsError
from risk_warning.settings import KnownQuestion


def place_of(table: TableMapping) -> Place:
    """Return where a mapped table lies."""
    return Place(table.files, table.table, table.query, table.layout)


class MappedSource(Source):
    """A lender's own export, read as a mapping says."""

    is_mapped = True

    def __init__(
        self, con: duckdb.DuckDBPyConnection, mapping: BookMapping, base: Path, postgres_schema: str, name: str
    ) -> None:
        super().__init__(name)
        self.mapping = mapping
        self.export: Export = export_at(con, mapping.source, base, postgres_schema)
        if isinstance(self.export, FilesExport):
            self.prefix = f"{self.export.folder}/"
        self._types: dict[str, dict[str, str]] = {}
        for table, mapped in mapping.tables.items():
            place = place_of(mapped)
            self._types[table] = self.export.columns(con, place)
            self.labels[table] = place.label
            self._check(table, mapped)
            self.columns[table] = tuple(mapped.columns)

        if isinstance(self.export, FilesExport):
            read = {path for mapped in mapping.tables.values() for path in self.export.paths(place_of(mapped))}
            self.also = tuple(part for part in self.export.parts() if self.export.folder / part not in read)

    def _check(self, table: str, mapped: TableMapping) -> None:
        there = self._types[table]
        for name in mapped.origins:
            if name not in there:
                read_as = next((column for column, of in mapped.columns.items() if of.column == name), "where")
                new = [column for column in there if column not in (*mapped.origins, *mapped.ignored)]
                raise BookError(
                    f"{self.labels[table]} in {self.export.name} has no column {name}, which the mapping reads as "
                    f"{read_as}; the export has changed"
                    + (f" (new columns: {', '.join(new)})" if new else "")
                    + f". Correct {self.name}."
                )

    @property
    def answers(self) -> Mapping[str, KnownQuestion]:
        """Answers that the mapping gives."""
        return self.mapping.answers

    def not_mentioned(self, table: str) -> tuple[str, ...]:
        place = place_of(self.mapping.tables[table])
        # Two tables may be read from one place: what one of them reads is no news to the other.
        alike = [mapped for mapped in self.mapping.tables.values() if place_of(mapped) == place]
        known = {name for mapped in alike for name in (*mapped.origins, *mapped.ignored)}
        return tuple(sorted(set(self._types[table]) - known))

    def relation(self, con: duckdb.DuckDBPyConnection, table: str, wanted: Sequence[str]) -> Relation:
        mapped, types = self.mapping.tables[table], self._types[table]
        read = {name: types[name] for name in mapped.origins}
        relation = self.export.relation(con, place_of(mapped), read)
        projection = projection_of(mapped, relation, wanted)
        columns = ", ".join(f"{sql} AS {quoted(name, mapped.columns)}" for name, sql in projection.columns.items())
        scan = Relation(
            relation.sql,
            projection.types,
            {**relation.parameters, **projection.parameters},
            row=relation.row,
            file=relation.file,
            is_text=True,
        )
        if mapped.where or mapped.without:
            scan = self._chosen_rows(mapped, scan)
        try:
            whole = materialised(con, table, scan, columns)
        except duckdb.Error as error:
            raise self.unreadable(table, error) from None
        if table == "instalments" and mapped.part_payments == "split":
            return _joined(con, whole, sums_due=True)
        if table == "instalments" and mapped.repeats == "count":
            return _joined(con, whole, sums_due=False)
        return _once(con, whole) if mapped.repeats == "once" else whole

    def _chosen_rows(self, mapped: TableMapping, scan: Relation) -> Relation:
        """Return the rows that `where` and `without` of the mapping leave; their numbers stay those in the file."""
        parameters: dict[str, object] = {}
        tests: list[str] = []
        for truth, values_of in (("true", mapped.where), ("false", mapped.without)):
            for name, values in values_of.items():
                value = f"trim(CAST({quoted(name, values_of)} AS VARCHAR))"
                tests.append(f"COALESCE(list_contains($chosen{len(tests)}, {value}), false) = {truth}")
                parameters[f"chosen{len(parameters)}"] = list(values)
        sql = statement(
            "(SELECT * FROM (SELECT *, {row} AS place_in_file FROM {source}) WHERE {tests})",
            row=scan.row,
            source=scan.sql,
            tests=" AND ".join(tests),
        )
        return replace(scan, sql=sql, parameters={**scan.parameters, **parameters}, row="place_in_file")

    def narrow(self, con: duckdb.DuckDBPyConnection, borrower_id: str | int) -> bool:
        raise SettingsError(
            f"Single borrowers cannot be looked up in {self.name}, a mapping: name a DuckDB file or a "
            "postgresql:// URL."
        )

    def recorded_days(self, con: duckdb.DuckDBPyConnection, today: date) -> dict[str, Days]:
        raise SettingsError(f"{self.name} is a mapping; name a DuckDB file or a postgresql:// URL.")

    def digest(self, con: duckdb.DuckDBPyConnection) -> str:
        places = [place_of(table) for table in self.mapping.tables.values()]
        content = self.export.digest(con, places)
        return hashlib.sha256(f"{self.mapping.model_dump_json()}\n{content}".encode()).hexdigest()

    def unreadable(self, table: str, error: Exception) -> BookError:
        if isinstance(self.export, FilesExport):
            return files.unreadable(self.export.paths(place_of(self.mapping.tables[table]))[0], error)
        return BookError(f"{self.labels[table]} in {self.export.name} cannot be read; try it there and correct it.")

    def close(self) -> None:
        self.export.close()


def _once(con: duckdb.DuckDBPyConnection, relation: Relation) -> Relation:
    """Return the relation without the rows that repeat another in every column; the first of them stays."""
    names = ", ".join(quoted(name, relation.types) for name in relation.types)
    return _grouped(con, relation, dict(relation.types), names, names)


def _joined(con: duckdb.DuckDBPyConnection, relation: Relation, *, sums_due: bool) -> Relation:
    """Return instalments with one row for the payments of a day.

    With `sums_due`, each row of the export carries only its own part of the amount due, and the parts are summed.
    """
    summed = {"paid_amount", *(("due_amount",) if sums_due else ())} & set(relation.types)
    same = [name for name in relation.types if name not in summed]
    by = ", ".join(quoted(name, same) for name in same)
    of_instalment = ("loan_id", "instalment_no", "due_on", "scheduled_on")
    key = ", ".join(quoted(name, same) for name in same if name in of_instalment)
    columns = [by]
    if sums_due:
        columns.append(
            statement("sum(sum(TRY_CAST(due_amount AS DOUBLE))) OVER (PARTITION BY {key}) AS due_amount", key=key)
        )
    if "paid_amount" in summed:
        columns.append("sum(TRY_CAST(paid_amount AS DOUBLE)) AS paid_amount")
    types = {name: "DOUBLE" if name in summed else kind for name, kind in relation.types.items()}
    return _grouped(con, relation, types, ", ".join(columns), by)


def _grouped(
    con: duckdb.DuckDBPyConnection, relation: Relation, types: dict[str, str], columns: str, by: str
) -> Relation:
    """Return the columns grouped by some of them, in place of the relation; a group has the number of its first row."""
    con.execute(
        statement(
            "CREATE OR REPLACE TABLE {raw}_grouped AS SELECT {columns}, min(row_in_file) AS row_in_file, "
            "any_value(name_of_file) AS name_of_file FROM {raw} GROUP BY {by} ORDER BY row_in_file",
            raw=relation.sql,
            columns=columns,
            by=by,
        )
    )
    con.execute(statement("DROP TABLE {raw}", raw=relation.sql))
    return replace(relation, sql=f"{relation.sql}_grouped", types=types)
