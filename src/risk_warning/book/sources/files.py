"""Files of rows: text with separators, Parquet, spreadsheets and JSON lines, plain or compressed.

Whatever the format, a scan gives a relation with the columns of the file, the number of each row in its file, and the
file's name. Columns of text files, spreadsheets and JSON lines are text.
"""

from __future__ import annotations

import csv
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO

import duckdb
import pyarrow

from risk_warning.book.sources.source import Relation
from risk_warning.book.sql import quoted, statement
from risk_warning.errors import BookError

TEXT, PARQUET, SHEETS, JSON_LINES = (
    (".csv", ".tsv", ".txt"),
    (".parquet",),
    (".xlsx", ".xls", ".ods"),
    (".jsonl", ".ndjson"),
)
_COMPRESSED = (".gz", ".zst")
_CHUNK = 1 << 20
_LOOKED_AT = 200
"""Lines of a sheet that are looked at for its header."""


def suffix(path: Path) -> str:
    """Return the suffix that says the format, without the one of a compression.

    >>> suffix(Path("loans.CSV.gz"))
    '.csv'
    """
    suffixes = [part.lower() for part in path.suffixes]
    return next((part for part in reversed(suffixes) if part not in _COMPRESSED), "")


def is_readable(path: Path) -> bool:
    """Whether the file's name has a format that `scan` reads."""
    return suffix(path) in (*TEXT, *PARQUET, *SHEETS, *JSON_LINES)


@dataclass(frozen=True)
class Layout:
    """How rows lie in a file."""

    encoding: str = "utf-8"
    separator: str = ","
    skip_lines: int = 0
    """Lines above the header."""
    sheet: str = ""
    """Sheet of a spreadsheet; if empty, the first."""


PLAIN = Layout()
"""UTF-8, commas, the header in the first line."""


def open_text(path: Path, encoding: str) -> TextIO:
    """Open a text file, compressed or not."""
    return TextIOWrapper(
        pyarrow.input_stream(str(path), compression="detect"),
        encoding="utf-8-sig" if encoding == "utf-8" else encoding,
        newline="",
    )


def header(path: Path, layout: Layout = PLAIN) -> list[str]:
    """Return the column names of a text file, without the byte order mark and surrounding blanks.

    Raises
    ------
    BookError
        The file is empty, has another encoding, or names two columns alike.
    """
    try:
        with open_text(path, layout.encoding) as file:
            for _ in range(layout.skip_lines):
                file.readline()
            first = next(csv.reader(file, delimiter=layout.separator), [])
    except (UnicodeError, csv.Error, OSError):
        raise BookError(
            f"{path.name} does not start with a header of {layout.encoding.upper()} text; save it as UTF-8 CSV, or run "
            f"risk-warning map {path.parent}."
        ) from None
    names = [name.strip().lstrip("\ufeff") or f"unnamed_{i}" for i, name in enumerate(first)]
    if len(set(names)) < len(names):
        twice = sorted({name for name in names if names.count(name) > 1})[0]
        raise BookError(f"{path.name} has two columns named {twice}; rename or remove one.")
    if not names:
        raise BookError(f"{path.name} is empty, without even a header; bring the table or remove the file.")
    return names


def columns(con: duckdb.DuckDBPyConnection, files: Sequence[Path], layout: Layout = PLAIN) -> dict[str, str]:
    """Return column → DuckDB type of the files, those of the first file first.

    Raises
    ------
    BookError
        A file cannot be read.
    """
    kind = suffix(files[0])
    if kind in TEXT:
        return dict.fromkeys((name for path in files for name in header(path, layout)), "VARCHAR")
    if kind in SHEETS:
        return dict.fromkeys((name for path in files for name in _sheet(path, layout).column_names), "VARCHAR")
    sql = (
        _parquet(files) if kind in PARQUET else "read_json($files, format = 'newline_delimited', union_by_name = true)"
    )
    try:
        con.execute(statement("DESCRIBE SELECT * FROM {sql}", sql=sql), {"files": [str(path) for path in files]})
    except duckdb.Error as error:
        raise unreadable(files[0], error) from None
    return {row[0]: row[1] if kind in PARQUET else "VARCHAR" for row in con.fetchall()}


def scan(
    con: duckdb.DuckDBPyConnection, files: Sequence[Path], types: dict[str, str], layout: Layout = PLAIN
) -> Relation:
    """Return the rows of the files as a relation of the columns in `types`, in the order of the files.

    Text files in another encoding than UTF-8 are first written as UTF-8 to the connection's temporary folder.
    """
    kind, several = suffix(files[0]), len(files) > 1
    file = "filename" if several else "NULL"
    if kind in PARQUET:
        return Relation(
            _parquet(files), types, {"files": [str(path) for path in files]}, row="file_row_number + 1", file=file
        )
    row = "row_number() OVER (PARTITION BY filename)" if several else "row_number() OVER ()"
    if kind in JSON_LINES:
        sql = "read_json($files, format = 'newline_delimited', columns = $columns, filename = true)"
        return Relation(
            sql, types, {"files": [str(path) for path in files], "columns": types}, row=row, file=file, is_text=True
        )
    if kind in SHEETS:
        return _scan_sheets(con, files, types, layout)
    return _scan_text(con, files, types, layout, row, file)


def unreadable(path: Path, error: Exception) -> BookError:
    """Return the error for a file that cannot be read, without DuckDB's message, which may contain a value."""
    if suffix(path) in PARQUET:
        return BookError(
            f"{path.name} in {path.parent} is not a readable Parquet file (truncated, damaged or not Parquet at all); "
            "write it again."
        )
    line = re.search(r"on Line: (\d+)", str(error))
    where = f" line {line.group(1)}" if line else ""
    if suffix(path) in TEXT:
        return BookError(
            f"{path.name}{where} cannot be read as CSV (UTF-8, commas, double quotes, as many fields a line as the "
            f"header); correct it there, bring the table as Parquet, or run risk-warning map {path.parent}."
        )
    return BookError(f"{path.name}{where} cannot be read: the file is damaged or has another format; write it again.")


def _parquet(files: Sequence[Path]) -> str:
    parted = len(files) > 1 or files[0].parent.name.partition("=")[1] == "="
    return f"read_parquet($files, union_by_name = true, hive_partitioning = {str(parted).lower()})"


def _scan_text(
    con: duckdb.DuckDBPyConnection, files: Sequence[Path], types: dict[str, str], layout: Layout, row: str, file: str
) -> Relation:
    parts: list[str] = []
    parameters: dict[str, object] = {}
    headers: dict[tuple[str, ...], list[Path]] = {}
    for path in files:
        headers.setdefault(tuple(header(path, layout)), []).append(path)
    for i, (names, alike) in enumerate(headers.items()):
        wanted = ", ".join(quoted(name, types) if name in names else f"NULL AS {quoted(name, types)}" for name in types)
        parts.append(
            statement(
                "SELECT {wanted}, filename FROM read_csv($files{i}, columns = $columns{i}, header = false, "
                "skip = $skip, auto_detect = false, delim = $separator, quote = '\"', escape = '\"', nullstr = '', "
                "filename = true)",
                wanted=wanted,
                i=str(i),
            )
        )
        parameters[f"files{i}"] = [str(_as_utf8(con, path, layout)) for path in alike]
        parameters[f"columns{i}"] = dict.fromkeys(names, "VARCHAR")
    parameters |= {"skip": layout.skip_lines + 1, "separator": layout.separator}
    sql = "(" + " UNION ALL ".join(parts) + ")"
    return Relation(sql, types, parameters, row=row, file=file, is_text=True)


def _as_utf8(con: duckdb.DuckDBPyConnection, path: Path, layout: Layout) -> Path:
    """Return the file, or a copy of it in UTF-8 in the connection's temporary folder."""
    if layout.encoding in ("utf-8", "utf-8-sig"):
        return path
    con.execute("SELECT current_setting('temp_directory')")
    folder = Path(tempfile.mkdtemp(dir=con.fetchall()[0][0] or None))
    copy = folder / f"{path.name.removesuffix('.gz').removesuffix('.zst')}"
    try:
        with open_text(path, layout.encoding) as source, copy.open("w", encoding="utf-8", newline="") as target:
            while part := source.read(_CHUNK):
                target.write(part)
    except UnicodeError:
        raise BookError(
            f"{path.name} is not {layout.encoding.upper()} text; correct its encoding in the mapping."
        ) from None
    return copy


def sheet_names(path: Path) -> list[str]:
    """Return the names of a spreadsheet's sheets, in order.

    Raises
    ------
    BookError
        The file is not a spreadsheet.
    """
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        return list(CalamineWorkbook.from_path(str(path)).sheet_names)
    except (CalamineError, OSError):
        raise BookError(f"{path.name} is not a readable spreadsheet; save it again as .xlsx or as CSV.") from None


def lines_above_header(path: Path, sheet: str) -> int:
    """Return the number of lines above a sheet's header: the first that fills as many cells as most lines do."""
    from python_calamine import CalamineWorkbook

    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_name(sheet).to_python(nrows=_LOOKED_AT)
    filled = [sum(value != "" for value in row) for row in rows]
    usual = max(set(filled), key=filled.count, default=0)
    return next((i for i, cells in enumerate(filled) if cells >= usual > 1), 0)


def _sheet(path: Path, layout: Layout) -> pyarrow.Table:
    """Return a sheet as columns of text."""
    from python_calamine import CalamineWorkbook

    names = sheet_names(path)
    sheet = layout.sheet or names[0]
    if sheet not in names:
        raise BookError(f"{path.name} has no sheet {sheet} (found: {', '.join(names)}); correct it in the mapping.")
    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_name(sheet).to_python()[layout.skip_lines :]
    if not rows:
        raise BookError(f"{path.name}, sheet {sheet}, is empty, without even a header; fill it or name another sheet.")
    names = [str(name).strip() or f"unnamed_{i}" for i, name in enumerate(rows[0])]
    cells = [[_cell(value) for value in column] for column in zip(*rows[1:], strict=True)] or [[] for _ in names]
    return pyarrow.table(
        {name: pyarrow.array(column, pyarrow.string()) for name, column in zip(names, cells, strict=True)}
    )


def _cell(value: object) -> str | None:
    """Return a cell as the text that a CSV export would hold."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime) and (value.hour, value.minute, value.second) == (0, 0, 0):
        return value.date().isoformat()
    return (
        value.isoformat(sep=" ")
        if isinstance(value, datetime)
        else value.isoformat()
        if isinstance(value, date)
        else str(value)
    )


def _scan_sheets(
    con: duckdb.DuckDBPyConnection, files: Sequence[Path], types: dict[str, str], layout: Layout
) -> Relation:
    tables = [
        _sheet(path, layout).append_column(
            "filename", pyarrow.array([str(path)] * _sheet(path, layout).num_rows, pyarrow.string())
        )
        for path in files
    ]
    rows = pyarrow.concat_tables(tables, promote_options="default")
    name = f"sheet_{abs(hash((*files, layout.sheet)))}"
    con.register(name, rows)
    several = len(files) > 1
    return Relation(
        name,
        types,
        row="row_number() OVER (PARTITION BY filename)" if several else "row_number() OVER ()",
        file="filename" if several else "NULL",
        is_text=True,
    )
