"""The parts of an export as one looks at them: files of one table together, each column with what it holds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from risk_warning.book.recognition.formats import ColumnLook, look_at
from risk_warning.book.recognition.sniffing import SeveralEncodingsError, Sniffed, sniff
from risk_warning.book.sources import files
from risk_warning.book.sources.export import Export, FilesExport, Place
from risk_warning.book.sources.files import PLAIN, Layout
from risk_warning.book.sources.source import Relation
from risk_warning.book.sql import quoted, statement
from risk_warning.errors import BookError

LOOKED_AT = 1_000_000
"""Rows of a part that are looked at, the first ones."""
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True)
class Part:
    """Files or a table that may be a table of a book."""

    name: str
    place: Place
    notes: tuple[str, ...]
    """What about the way rows lie in it is not as in a plain book."""
    raw: str
    """Name of the connection's table that holds the rows looked at."""
    rows: int
    columns: dict[str, ColumnLook]

    @property
    def relation(self) -> Relation:
        """The rows looked at."""
        return Relation(self.raw, {name: look.kind for name, look in self.columns.items()})


def parts_of(con: duckdb.DuckDBPyConnection, export: Export, encoding: str | None = None) -> Iterator[Part]:
    """Yield the parts of an export; a file or table without rows is left out.

    `encoding` is that of text files that are not UTF-8; None if it has to be found out.

    Raises
    ------
    BookError
        A file cannot be read.
    """
    for number, (name, place, notes) in enumerate(_places(export, encoding)):
        part = part_at(con, export, place, name, f"look_{number}", notes)
        if part is not None:
            yield part


def part_at(
    con: duckdb.DuckDBPyConnection, export: Export, place: Place, name: str, raw: str, notes: tuple[str, ...]
) -> Part | None:
    """Return the part that lies at a place, looked at in the table `raw` of the connection; None if it has no rows."""
    types = export.columns(con, place)
    relation = export.relation(con, place, types)
    try:
        con.execute(
            statement(
                "CREATE OR REPLACE TABLE {raw} AS SELECT {names} FROM {source} LIMIT {most}",
                raw=raw,
                names=", ".join(quoted(column, types) for column in types),
                source=relation.sql,
                most=str(LOOKED_AT),
            ),
            dict(relation.parameters),
        )
    except duckdb.Error as error:
        if isinstance(export, FilesExport):
            raise files.unreadable(export.paths(place)[0], error) from None
        raise BookError(f"{place.label} in {export.name} cannot be read; try it there.") from None
    con.execute(statement("SELECT count(*) FROM {raw}", raw=raw))
    rows = int(con.fetchall()[0][0])
    if rows == LOOKED_AT:
        notes = (*notes, f"only its first {LOOKED_AT:,} rows were looked at")
    if not rows:
        return None
    columns = {column: look_at(con, raw, column, kind, tuple(types)) for column, kind in types.items()}
    return Part(name, place, notes, raw, rows, columns)


def _places(export: Export, encoding: str | None) -> Iterator[tuple[str, Place, tuple[str, ...]]]:
    """Yield (name, place, notes) of each part."""
    if not isinstance(export, FilesExport):
        for table in export.parts():
            yield table, Place(table=table), ()
        return
    groups: dict[tuple[str, str], list[str]] = {}
    paths = {name: export.folder / name for name in export.parts()}
    sniffed = _sniffed({name: path for name, path in paths.items() if files.suffix(path) in files.TEXT}, encoding)
    for name, path in paths.items():
        if files.suffix(path) in files.SHEETS:
            for sheet in files.sheet_names(path):
                layout = Layout(sheet=sheet, skip_lines=files.lines_above_header(path, sheet))
                yield (
                    f"{path.stem}/{sheet}",
                    Place(files=(name,), layout=layout),
                    (f"it is the sheet {sheet} of {name}",),
                )
            continue
        groups.setdefault((_DIGITS.sub("#", name), files.suffix(path)), []).append(name)
    for names in groups.values():
        # Files that differ in digits alone are months of one table if their columns say so.
        for alike in _of_one_table(export, names, sniffed):
            text = sniffed.get(alike[0])
            layout = text.layout if text else PLAIN
            notes = list(text.notes) if text else []
            if len(alike) > 1:
                notes.insert(0, f"{len(alike)} files, {Path(alike[0]).name} to {Path(alike[-1]).name}, are one table")
            # A pattern would also take in the files of the other tables that differ in digits alone.
            named = (_pattern(alike),) if len(alike) == len(names) else tuple(alike)
            yield alike[0], Place(files=named, layout=layout), tuple(notes)


def _sniffed(texts: dict[str, Path], encoding: str | None) -> dict[str, Sniffed]:
    """Return how the rows of each text file lie; a file that fits several encodings has the one of the other files."""
    sniffed: dict[str, Sniffed] = {}
    unsure: dict[str, SeveralEncodingsError] = {}
    for name, path in texts.items():
        try:
            sniffed[name] = sniff(path, encoding)
        except SeveralEncodingsError as error:
            unsure[name] = error
    sure = {one.layout.encoding for one in sniffed.values()}
    for name, several in unsure.items():
        fitting = sure.intersection(several.encodings)
        if len(fitting) != 1:
            raise several
        sniffed[name] = sniff(texts[name], fitting.pop())
    return sniffed


def _of_one_table(export: FilesExport, names: list[str], sniffed: dict[str, Sniffed]) -> list[list[str]]:
    if names[0] not in sniffed or len(names) == 1:
        return [names]
    groups: list[tuple[set[str], list[str]]] = []
    for name in names:
        header = set(files.header(export.folder / name, sniffed[name].layout))
        # A column more or fewer, or another order, is the same table.
        like = next((group for group in groups if header <= group[0] or group[0] <= header), None)
        if like is None:
            groups.append((header, [name]))
        else:
            like[0].update(header)
            like[1].append(name)
    return [alike for _, alike in groups]


def _pattern(names: list[str]) -> str:
    """Return the pattern of the names, a star in place of the digits that differ.

    >>> _pattern(["paid_2023-01.csv", "paid_2023-12.csv"])
    'paid_2023-*.csv'
    """
    if len(names) == 1:
        return names[0]
    pieces = [re.split(r"(\d+)", name) for name in names]
    return "".join(same[0] if len(set(same)) == 1 else "*" for same in zip(*pieces, strict=True))
