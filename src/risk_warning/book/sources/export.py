"""Exports: where a lender's own tables lie before they are mapped, under the lender's names.

An export is a folder of files, here or in an object store, a DuckDB file, a PostgreSQL schema, or whatever an ADBC
driver reads. It lists its parts, and gives the rows of a part as a relation.
"""

from __future__ import annotations

import fnmatch
import hashlib
import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import duckdb

from risk_warning.book.sources import files
from risk_warning.book.sources.duckdb_file import attached
from risk_warning.book.sources.files import PLAIN, Layout
from risk_warning.book.sources.folder import digest_of
from risk_warning.book.sources.query import run_query, tables_in
from risk_warning.book.sources.source import Relation
from risk_warning.book.sql import quoted, statement
from risk_warning.errors import BookError


@dataclass(frozen=True)
class Place:
    """Where the rows of one table lie in an export: exactly one of the first three fields is set."""

    files: tuple[str, ...] = ()
    table: str | None = None
    query: str | None = None
    layout: Layout = PLAIN

    @property
    def label(self) -> str:
        """The place's name in messages."""
        if self.files:
            return ", ".join(self.files)
        return f"table {self.table}" if self.table is not None else "the query"


class Export(ABC):
    """A lender's own tables."""

    name: str
    is_database: bool = True

    @abstractmethod
    def parts(self) -> list[str]:
        """Return the names of the files, or of the tables and views."""

    def _known(self, place: Place) -> str:
        """Return the name of a place's table.

        Raises
        ------
        BookError
            There is no such table.
        """
        if place.table is None or place.table not in self.parts():
            there = ", ".join(self.parts()) or "nothing"
            raise BookError(f"{self.name} has no {place.label}, which the mapping names (found: {there}).")
        return place.table

    @abstractmethod
    def name_in_query(self, place: Place) -> str:
        """Return SQL of the name by which a query calls the table or the files of a place."""

    @abstractmethod
    def columns(self, con: duckdb.DuckDBPyConnection, place: Place) -> dict[str, str]:
        """Return column → DuckDB type of a place.

        Raises
        ------
        BookError
            The place is missing or cannot be read.
        """

    @abstractmethod
    def relation(self, con: duckdb.DuckDBPyConnection, place: Place, types: dict[str, str]) -> Relation:
        """Return the rows of a place as a relation of the columns in `types`, which `columns` gave."""

    @abstractmethod
    def digest(self, con: duckdb.DuckDBPyConnection, places: Sequence[Place]) -> str:
        """Return the sha256 (hex) of the content of the places."""

    def close(self) -> None:  # noqa: B027  (files need no closing)
        """Release the connection, if there is one."""


class FilesExport(Export):
    """A folder of files."""

    is_database = False

    def __init__(self, folder: Path) -> None:
        self.name = str(folder)
        self.folder = folder

    def parts(self) -> list[str]:
        inside = [path for path in sorted(self.folder.rglob("*")) if path.is_file() and files.is_readable(path)]
        names = [path.relative_to(self.folder) for path in inside]
        return [name.as_posix() for name in names if not any(part.startswith((".", "_", "~")) for part in name.parts)]

    def paths(self, place: Place) -> list[Path]:
        """Return the files of a place, in order of their names; those of a query are the files that it names.

        Raises
        ------
        BookError
            There is no such file, or the files have several formats.
        """
        if place.query is not None:
            return sorted({path for one in self._named(place).values() for path in self.paths(one)})
        paths: dict[Path, None] = {}
        for pattern in place.files:
            matching = fnmatch.filter(self.parts(), pattern) or [pattern]
            existing = [self.folder / name for name in matching if (self.folder / name).is_file()]
            if not existing:
                there = ", ".join(self.parts()) or "nothing"
                raise BookError(f"{self.name} has no file {pattern}, which the mapping names (found: {there}).")
            paths |= dict.fromkeys(existing)
        kinds = {files.suffix(path) for path in paths}
        if len(kinds) > 1:
            raise BookError(f"{place.label} in {self.name} have several formats ({', '.join(sorted(kinds))}).")
        return sorted(paths)

    def _named(self, place: Place) -> dict[str, Place]:
        """Return name in a place's query → the files of that name; only files of the export count."""
        assert place.query is not None
        parts, names = self.parts(), sorted(tables_in(place.query, self.name))
        named = {name: Place(files=(name,), layout=place.layout) for name in names if fnmatch.filter(parts, name)}
        if not named:
            raise BookError(
                f'A query over {self.name} names no file of it; write a name as in FROM "{parts[0]}".'
                if parts
                else f"{self.name} has no file for the query of the mapping."
            )
        return named

    def name_in_query(self, place: Place) -> str:
        return quoted(place.files[0], place.files)

    def _queried(self, con: duckdb.DuckDBPyConnection, place: Place) -> str:
        """Run a place's query once; return the name of the connection's table that holds its rows."""
        assert place.query is not None
        name = f"query_{hashlib.sha256(repr((place.query, place.layout)).encode()).hexdigest()[:12]}"
        con.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = $name", {"name": name})
        if not con.fetchall():
            named = self._named(place)
            tables = {one: self.relation(con, of, self.columns(con, of)) for one, of in named.items()}
            run_query(con, tables, place.query, name, self.name)
        return name

    def columns(self, con: duckdb.DuckDBPyConnection, place: Place) -> dict[str, str]:
        if place.query is not None:
            con.execute(statement("DESCRIBE {name}", name=self._queried(con, place)))
            return {row[0]: row[1] for row in con.fetchall()}
        return files.columns(con, self.paths(place), place.layout)

    def relation(self, con: duckdb.DuckDBPyConnection, place: Place, types: dict[str, str]) -> Relation:
        if place.query is not None:
            return Relation(self._queried(con, place), types, row="rowid + 1", is_text=True)
        return files.scan(con, self.paths(place), types, place.layout)

    def digest(self, con: duckdb.DuckDBPyConnection, places: Sequence[Place]) -> str:
        return digest_of(self.folder, list({path for place in places for path in self.paths(place)}))


class DuckDBExport(Export):
    """The tables and views of a DuckDB file."""

    def __init__(self, con: duckdb.DuckDBPyConnection, path: Path) -> None:
        self.name = str(path)
        self._path = path
        self._tables = list(attached(con, path))

    def parts(self) -> list[str]:
        return self._tables

    def name_in_query(self, place: Place) -> str:
        return quoted(self._known(place), self._tables)

    def _sql(self, con: duckdb.DuckDBPyConnection, place: Place) -> str:
        if place.query is not None:
            return f"({place.query.rstrip().rstrip(';')})"
        return f"lender.main.{quoted(self._known(place), self._tables)}"

    def columns(self, con: duckdb.DuckDBPyConnection, place: Place) -> dict[str, str]:
        con.execute("USE lender")
        try:
            con.execute(statement("DESCRIBE SELECT * FROM {place}", place=self._sql(con, place)))
            return {row[0]: row[1] for row in con.fetchall()}
        except duckdb.Error:
            raise BookError(f"{place.label} in {self.name} cannot be read; try it in DuckDB and correct it.") from None
        finally:
            con.execute("USE memory")

    def relation(self, con: duckdb.DuckDBPyConnection, place: Place, types: dict[str, str]) -> Relation:
        if place.query is None:
            return Relation(self._sql(con, place), types, row="row_number() OVER ()", is_text=True)
        name = f"query_{abs(hash(place.query))}"
        con.execute("USE lender")
        try:
            con.execute(
                statement(
                    "CREATE OR REPLACE TEMP TABLE {name} AS SELECT * FROM {place}",
                    name=name,
                    place=self._sql(con, place),
                )
            )
        finally:
            con.execute("USE memory")
        return Relation(name, types, row="rowid + 1", is_text=True)

    def digest(self, con: duckdb.DuckDBPyConnection, places: Sequence[Place]) -> str:
        with self._path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


class AdbcExport(Export):
    """The tables, views and queries of a database that an ADBC driver reads."""

    def __init__(self, driver: str, uri: str, schema: str | None = None) -> None:
        import adbc_driver_manager
        from adbc_driver_manager import dbapi

        parts = urlsplit(uri)
        # The URI may hold a password.
        self.name = f"{driver} {parts.hostname or ''}{parts.path}".strip()
        self._schema = schema
        self._error: type[Exception] = adbc_driver_manager.Error
        self._content: dict[str, str] = {}
        try:
            self._connection = dbapi.connect(driver=_library(driver), db_kwargs={"uri": uri}, autocommit=False)
            catalogs = self._connection.adbc_get_objects(depth="tables", db_schema_filter=schema).read_all().to_pylist()
        except (adbc_driver_manager.Error, OSError):
            raise BookError(
                f"{self.name} cannot be reached; check that the driver {driver} is installed, that the server runs, "
                "the address, the user and the password."
            ) from None
        schemas = [one for catalog in catalogs for one in catalog["catalog_db_schemas"] or ()]
        self._tables = sorted(table["table_name"] for one in schemas for table in one["db_schema_tables"] or ())

    def parts(self) -> list[str]:
        return self._tables

    def _select(self, place: Place) -> str:
        if place.query is not None:
            return place.query
        return statement("SELECT * FROM {place}", place=self.name_in_query(place))

    def name_in_query(self, place: Place) -> str:
        schema = "" if self._schema is None else f"{quoted(self._schema, (self._schema,))}."
        return f"{schema}{quoted(self._known(place), self._tables)}"

    def _load(self, con: duckdb.DuckDBPyConnection, place: Place) -> str:
        """Read a place once into a table of the connection; return the table's name."""
        name = f"adbc_{hashlib.sha256(repr((place.table, place.query)).encode()).hexdigest()[:12]}"
        con.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = $name", {"name": name})
        if con.fetchall():
            return name
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(self._select(place))
                con.execute("SET preserve_insertion_order = true")
                con.register("batches", _as_duckdb_reads(cursor.fetch_record_batch()))
                con.execute(statement("CREATE TEMP TABLE {name} AS SELECT * FROM batches", name=name))
                con.unregister("batches")
        except (self._error, duckdb.Error, OSError):
            raise BookError(
                f"{place.label} in {self.name} cannot be read; check that the user may SELECT from it, and try the "
                "query there."
            ) from None
        finally:
            con.execute("SET preserve_insertion_order = false")
        return name

    def columns(self, con: duckdb.DuckDBPyConnection, place: Place) -> dict[str, str]:
        con.execute(statement("DESCRIBE {name}", name=self._load(con, place)))
        return {row[0]: row[1] for row in con.fetchall()}

    def relation(self, con: duckdb.DuckDBPyConnection, place: Place, types: dict[str, str]) -> Relation:
        return Relation(self._load(con, place), types, row="rowid + 1", is_text=True)

    def digest(self, con: duckdb.DuckDBPyConnection, places: Sequence[Place]) -> str:
        parts = []
        for place in places:
            # A database gives rows in no fixed order, so the digest is a sum.
            name = self._load(con, place)
            con.execute(
                statement("SELECT count(*), sum(md5_number_lower(CAST(r AS VARCHAR))) FROM {name} AS r", name=name)
            )
            parts.append(f"{place.label} {con.fetchall()[0]}")
        return hashlib.sha256("\n".join(sorted(parts)).encode()).hexdigest()

    def close(self) -> None:
        self._connection.close()


def _library(driver: str) -> str:
    """Return the path of an installed driver of the Arrow project, else the name, which the driver manager looks up."""
    if re.fullmatch(r"[a-z0-9_]+", driver):
        try:
            module = __import__(f"adbc_driver_{driver}")
        except ImportError:
            return driver
        return str(module._driver_path())
    return driver


def _as_duckdb_reads(batches: Any) -> Any:
    """Return the batches with extension types, such as PostgreSQL's NUMERIC, as the text that stores them."""
    import pyarrow

    fields = [
        field.with_type(field.type.storage_type) if isinstance(field.type, pyarrow.BaseExtensionType) else field
        for field in batches.schema
    ]
    schema = pyarrow.schema(fields)
    if schema == batches.schema:
        return batches

    def storage() -> Any:
        for batch in batches:
            columns = [c.storage if isinstance(c, pyarrow.ExtensionArray) else c for c in batch.columns]
            yield pyarrow.RecordBatch.from_arrays(columns, schema=schema)

    return pyarrow.RecordBatchReader.from_batches(schema, storage())


def export_at(con: duckdb.DuckDBPyConnection, location: str, base: Path, postgres_schema: str) -> Export:
    """Return the export at a location; a path is relative to `base`.

    Raises
    ------
    BookError
        There is no export at the location, or it cannot be read.
    """
    if location.startswith(("postgresql://", "postgres://")):
        return AdbcExport("postgresql", location, postgres_schema)
    if location.startswith("adbc:"):
        driver, _, uri = location.removeprefix("adbc:").partition(":")
        if not driver or not uri:
            raise BookError(f"{location} is not an address such as adbc:sqlite:lender.db; write adbc:DRIVER:URI.")
        return AdbcExport(driver, uri if ":" in uri or Path(uri).is_absolute() else str(base / uri))
    if "://" in location:
        from risk_warning.book.sources.object_store import StoredFilesExport

        return StoredFilesExport(location)
    path = base / Path(location).expanduser()
    if path.is_dir():
        return FilesExport(path)
    if path.is_file() and not files.is_readable(path):
        return DuckDBExport(con, path)
    raise BookError(
        f"There is no export at {path}; give a folder of files, a DuckDB file, a postgresql:// URL, adbc:DRIVER:URI or "
        "an address such as s3://BUCKET/FOLDER."
    )
