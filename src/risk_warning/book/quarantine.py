"""The quarantine: table, file, row number, column and reason of each row or cell set aside, but never a value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from risk_warning.book.cells import Cells
from risk_warning.errors import BookQualityError, OutputError


@dataclass(frozen=True)
class Quarantine:
    """The rows of a book that were set aside, with the reasons."""

    counts: Mapping[str, Mapping[tuple[str, str], int]]
    """Table → (column, reason) → number of rows, the most frequent first."""
    rows: Mapping[str, int]
    """Table → number of rows read, good and bad."""
    con: duckdb.DuckDBPyConnection
    cells: Sequence[Cells] = ()
    """Cells that count as empty because they cannot be read; their rows are used."""

    def set_aside(self, table: str) -> int:
        """Return the number of rows of the table that were set aside."""
        return sum(self.counts.get(table, {}).values())

    @property
    def total(self) -> int:
        """Number of rows set aside in all tables."""
        return sum(self.set_aside(table) for table in self.counts)

    def check(self, max_bad_share: float, labels: Mapping[str, str]) -> None:
        """Raise `BookQualityError` if more than `max_bad_share` of a table's rows are set aside."""
        for table, rows in self.rows.items():
            bad = self.set_aside(table)
            if bad > max_bad_share * rows:
                (column, reason), most = next(iter(self.counts[table].items()))
                raise BookQualityError(
                    f"{labels[table]}: {bad:,} of {rows:,} rows are bad ({bad / rows:.1%}, at most {max_bad_share:.1%} "
                    f"may be), most often {column} {reason} ({most:,} rows); correct them, or raise book.max_bad_share."
                )

    def write(self, folder: Path) -> Path:
        """Write `folder/quarantine.parquet` and return its path.

        The columns are table, file, row, column and reason; rows are sorted by them in that order.
        """
        path = folder / "quarantine.parquet"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self.con.cursor().execute(
                'COPY (SELECT table_name AS "table", file, row_no AS row, column_name AS "column", reason '
                "FROM quarantine ORDER BY ALL) TO $path (FORMAT parquet)",
                {"path": str(path)},
            )
        except (OSError, duckdb.IOException):
            raise OutputError(f"The rows set aside cannot be written to {folder}; free it or name another.") from None
        return path
