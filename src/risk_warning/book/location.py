"""The source for a location: a mapping, a folder, a DuckDB file, or a PostgreSQL URL."""

from __future__ import annotations

from pathlib import Path

import duckdb

from risk_warning.book.sources.duckdb_file import DuckDBSource
from risk_warning.book.sources.folder import FolderSource
from risk_warning.book.sources.source import Source
from risk_warning.errors import BookError
from risk_warning.settings import BookSettings


def source_at(con: duckdb.DuckDBPyConnection, location: str | Path, settings: BookSettings) -> Source:
    """Return the source at `location`.

    Raises
    ------
    BookError
        There is no source at `location`, or it cannot be read.
    """
    if str(location).startswith(("postgresql://", "postgres://")):
        from risk_warning.book.sources.postgres import PostgresSource

        return PostgresSource(str(location), settings)
    path = Path(location).expanduser()
    if path.suffix == ".toml":
        from risk_warning.book.mapping.document import read_mapping
        from risk_warning.book.mapping.source import MappedSource

        return MappedSource(con, read_mapping(path), path.parent, settings.postgres_schema, str(path))
    if path.is_dir():
        return FolderSource(con, path)
    if path.is_file() and path.suffix not in (".csv", ".parquet"):
        return DuckDBSource(con, path)
    if path.is_file():
        raise BookError(f"{path} is a single table; give the folder that holds all of the book's tables.")
    raise BookError(
        f"There is no book at {path}; give a folder of tables, a DuckDB file, a postgresql:// URL or a mapping (.toml)."
    )
