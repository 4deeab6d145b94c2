"""What can be read of a book that cannot be opened whole: a table is damaged, or lost a column of its mapping."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

import duckdb

from risk_warning.book.mapping.document import read_mapping
from risk_warning.book.mapping.source import MappedSource
from risk_warning.book.profile.result import UnreadTable
from risk_warning.book.schema import TABLES
from risk_warning.book.sources.folder import FolderSource
from risk_warning.book.sources.source import Source
from risk_warning.book.staged import staging_connection
from risk_warning.errors import BookError
from risk_warning.settings import BookSettings

Opener = Callable[[duckdb.DuckDBPyConnection, Collection[str]], Source]
"""Opens the source with some of its tables alone."""


def readable_part(
    location: str | Path, settings: BookSettings
) -> tuple[Opener, tuple[str, ...], tuple[UnreadTable, ...]] | None:
    """Return how to open a folder or a mapping, its tables that can be opened, and those that cannot.

    None if no table can be opened, or if the place has no tables of its own to try.
    """
    tried = _opener(Path(location).expanduser(), settings)
    if tried is None:
        return None
    opener, names = tried
    readable, unread = [], []
    for name in names:
        with staging_connection(settings) as con:
            try:
                source = opener(con, (name,))
            except BookError as error:
                unread.append(UnreadTable(name, str(error)))
                continue
            if name in source.columns:
                readable.append(name)
            source.close()
    return (opener, tuple(readable), tuple(unread)) if readable else None


def _opener(path: Path, settings: BookSettings) -> tuple[Opener, tuple[str, ...]] | None:
    if path.is_dir():
        return lambda con, tables: FolderSource(con, path, tables), tuple(TABLES)
    if path.suffix != ".toml":
        return None
    try:
        mapping = read_mapping(path)
    except BookError:
        return None

    def opened(con: duckdb.DuckDBPyConnection, tables: Collection[str]) -> Source:
        some = {name: mapped for name, mapped in mapping.tables.items() if name in tables}
        chosen = mapping.model_copy(update={"tables": some})
        return MappedSource(con, chosen, path.parent, settings.postgres_schema, str(path))

    return opened, tuple(name for name in TABLES if name in mapping.tables)
