"""Rows set aside: table, file, row number, column and reason, never a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from risk_warning.errors import BookQualityError, OutputError


@dataclass(frozen=True)
class Quarantine:
    """What was set aside and why."""

    counts: Mapping[str, Mapping[tuple[str, str], int]]
    """Table → (column, reason) → rows; the commonest first."""
    rows: Mapping[str, int]
    """Table → rows read, good and bad."""
    con: duckdb.DuckDBPyConnection

    def set_aside(self, table: str) -> int:
        """Rows of the table set aside."""
        return sum(self.counts.get(table, {}).values())

    @property
    def total(self) -> int:
        """Rows set aside in all tables."""
        return sum(self.set_aside(table) for table in self.counts)

    def check(self, max_bad_share: float, labels: Mapping[str, str]) -> None:
        """Nothing comes back; `BookQualityError` where more than `max_bad_share` of a table is set aside."""
        for table, rows in self.rows.items():
            bad = self.set_aside(table)
            if bad > max_bad_share * rows:
                (column, reason), most = next(iter(self.counts[table].items()))
                raise BookQualityError(
                    f"{labels[table]}: {bad:,} of {rows:,} rows are bad ({bad / rows:.1%}, at most {max_bad_share:.1%} "
                    f"may be), most often {column} {reason} ({most:,} rows); correct them, or raise book.max_bad_share."
                )

    def write(self, folder: Path) -> Path:
        """The file written, `folder/quarantine.parquet`: table, file, row, column, reason, in that order."""
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
