"""A folder as a book: `NAME.parquet`, `NAME.csv`, `NAME.csv.gz`, `NAME.csv.zst`, or `NAME/` of Parquet or CSV files."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from datetime import date
from pathlib import Path

import duckdb

from risk_warning.book.schema import TABLES
from risk_warning.book.sources import files
from risk_warning.book.sources.source import Days, Relation, Source, materialised
from risk_warning.errors import BookError, SettingsError

_FORMATS = (".parquet", ".csv", ".csv.gz", ".csv.zst")


class FolderSource(Source):
    """A folder of tables that are named as the contract names them; Hive partitions allowed."""

    def __init__(self, con: duckdb.DuckDBPyConnection, folder: Path, tables: Collection[str] = TABLES) -> None:
        super().__init__(str(folder))
        self._folder = folder
        self.prefix = f"{folder}/"
        self._files: dict[str, list[Path]] = {}
        self._types: dict[str, dict[str, str]] = {}
        self.also = tuple(sorted(path.name for path in folder.iterdir() if not path.name.startswith(".")))
        for table in tables:
            self._find(con, table)

    def _find(self, con: duckdb.DuckDBPyConnection, table: str) -> None:
        places = [*(self._folder / f"{table}{suffix}" for suffix in _FORMATS), self._folder / table]
        existing = [place for place in places if place.exists()]
        if not existing:
            return
        if len(existing) > 1:
            raise BookError(f"{self.name} holds both {existing[0].name} and {existing[1].name}; keep one of them.")
        place = existing[0]
        self.labels[table] = place.name
        parts = [place]
        if place.is_dir():
            self.labels[table] = f"{place.name}/"
            parts = _parts(place)
            if not parts:
                raise BookError(
                    f"{place} has no .parquet or .csv file; write the table {table} there or remove the folder."
                )
            if len(kinds := {files.suffix(part) for part in parts}) > 1:
                raise BookError(f"{place} holds both {' and '.join(sorted(kinds))} files; keep one of the formats.")
        self._files[table] = parts
        self._types[table] = files.columns(con, parts)
        self.columns[table] = tuple(self._types[table])

    def relation(self, con: duckdb.DuckDBPyConnection, table: str, wanted: Sequence[str]) -> Relation:
        types = {name: self._types[table][name] for name in wanted}
        relation = files.scan(con, self._files[table], types)
        if not relation.is_text:
            in_folder = self.labels[table].endswith("/")
            return Relation(relation.sql, types, relation.parameters, relation.row, "filename" if in_folder else "NULL")
        try:
            return materialised(con, table, relation)
        except duckdb.Error as error:
            raise self.unreadable(table, error) from None

    def narrow(self, con: duckdb.DuckDBPyConnection, borrower_id: str | int) -> bool:
        raise SettingsError(
            f"Single borrowers cannot be looked up in {self.name}, a folder: name a DuckDB file or a postgresql:// URL."
        )

    def recorded_days(self, con: duckdb.DuckDBPyConnection, today: date) -> dict[str, Days]:
        raise SettingsError(f"{self.name} is a folder; name a DuckDB file or a postgresql:// URL.")

    def digest(self, con: duckdb.DuckDBPyConnection) -> str:
        return digest_of(self._folder, [path for parts in self._files.values() for path in parts])

    def unreadable(self, table: str, error: Exception) -> BookError:
        return files.unreadable(self._files[table][0], error)


def digest_of(folder: Path, paths: Sequence[Path]) -> str:
    """Return the sha256 (hex) of the files' names and contents."""
    whole = hashlib.sha256()
    for path in sorted(paths):
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        whole.update(f"{path.relative_to(folder).as_posix()}\0{content}\n".encode())
    return whole.hexdigest()


def _parts(folder: Path) -> list[Path]:
    """Return the Parquet and CSV files in a table's folder, without hidden ones, in order of their names."""
    inside = [path for path in sorted(folder.rglob("*")) if files.suffix(path) in (".parquet", ".csv")]
    return [path for path in inside if not any(part.startswith((".", "_")) for part in path.relative_to(folder).parts)]
