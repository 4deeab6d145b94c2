"""Cells: a value that cannot be read in a column that does not make arrears counts as empty, and its row stays.

An income of "lots" costs nobody their score: it is as if it had not been sent. Each such cell is counted, and listed in
the quarantine with its row. If a column has more of them than `max_bad_share` allows, its form is probably another one,
which is a question.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

from risk_warning.book.questions.question import BookQuestion
from risk_warning.book.reading import Reading
from risk_warning.book.schema import Column
from risk_warning.book.sources.source import Relation
from risk_warning.book.sql import quoted, statement

EMPTIED = "; the cell counts as empty"
"""What the reason in the quarantine says beside that of a row that was set aside."""
_ARREARS = {"instalments", "contacts", "outcomes"}
_WITH_CELLS = {"days_past_due"}


@dataclass(frozen=True)
class Cells:
    """The unreadable cells of a column."""

    table: str
    column: str
    reason: str
    cells: int
    rows: int
    """Rows with a value in the column."""
    first_row: int

    def question(self, label: str, max_bad_share: float) -> BookQuestion:
        """Return the question whether the column has another form, or the notice that a few cells are empty now.

        A single cell is never a question.
        """
        return BookQuestion(
            f"{self.table}.{self.column}.unreadable",
            "question" if self.cells > max(1, max_bad_share * self.rows) else "notice",
            f"{label}: {self.cells:,} of {self.rows:,} values of {self.column}: the value {self.reason}; they count as "
            "empty",
            self.cells / self.rows,
            self.first_row,
            (f"{self.table}.{self.column}",),
        )


@dataclass(frozen=True)
class CellCounts:
    """The cells of a table in the export, before defaults are filled in."""

    filled: Mapping[str, int]
    """Column → cells that are not empty."""
    unreadable: Sequence[Cells] = ()


def may_be_emptied(table: str, column: Column) -> bool:
    """Whether an unreadable value of the column leaves its row usable: it makes no arrears, is no id and no date."""
    makes_arrears = table in _ARREARS or column.name in _WITH_CELLS
    return not (makes_arrears or column.required or column.is_timing or column.kind in ("id", "timestamp"))


def count_cells(
    con: duckdb.DuckDBPyConnection,
    table: str,
    place: tuple[str, str],
    relation: Relation,
    readings: Mapping[Column, Reading],
    time_zone: str,
) -> CellCounts:
    """Count the filled cells of a table, and put those that cannot be read into the quarantine.

    `place` is the label of the table's file, and the start of file names that is left out.
    """
    chosen = {
        column: reading for column, reading in readings.items() if may_be_emptied(table, column) and reading.faults
    }
    inner, faulty = [], []
    for i, reading in enumerate(chosen.values()):
        inner += [f"{reading.value} AS v{i}", f"{reading.has} AS h{i}"]
        faulty.append([fault.replace("{v}", f"v{i}").replace("{has}", f"h{i}") for fault, _ in reading.faults])
    inner += [f"{reading.has} AS filled{i}" for i, reading in enumerate(readings.values())]
    any_faulty = " OR ".join(fault for one in faulty for fault in one) or "false"
    zone = {"zone": time_zone} if any("$zone" in sql for sql in inner) else {}
    parameters = {**relation.parameters, **zone}
    read = statement(
        "SELECT {inner}, {row} AS row_no, {file} AS file FROM {source}",
        inner=", ".join(inner),
        row=relation.row,
        file=relation.file,
        source=relation.sql,
    )
    counts = [f"count_if(filled{i})" for i in range(len(readings))]
    con.execute(
        statement(
            "SELECT {counts}, count_if({faulty}) FROM ({read})",
            counts=", ".join(counts),
            faulty=any_faulty,
            read=read,
        ),
        parameters,
    )
    *cells, unreadable = (int(count or 0) for count in con.fetchall()[0])
    filled = dict(zip((column.name for column in readings), cells, strict=True))
    if not unreadable:
        return CellCounts(filled)
    cases = (
        f"CASE {' '.join(f'WHEN {fault} THEN {k}' for k, fault in enumerate(one, start=1))} ELSE 0 END AS c{i}"
        for i, one in enumerate(faulty)
    )
    con.execute(
        statement(
            "CREATE OR REPLACE TEMP TABLE bad_cells AS SELECT row_no, file, {cases} FROM ({read}) WHERE {faulty}",
            cases=", ".join(cases),
            faulty=any_faulty,
            read=read,
        ),
        parameters,
    )
    found = (
        _of_reason(con, table, place, column.name, (i, k, reason), filled[column.name])
        for i, (column, reading) in enumerate(chosen.items())
        for k, (_, reason) in enumerate(reading.faults, start=1)
    )
    return CellCounts(filled, [one for one in found if one is not None])


def _of_reason(
    con: duckdb.DuckDBPyConnection,
    table: str,
    place: tuple[str, str],
    column: str,
    fault: tuple[int, int, str],
    filled: int,
) -> Cells | None:
    """Put the cells of one column and reason into the quarantine; None if there is none."""
    i, k, reason = fault
    label, prefix = place
    test = f"{quoted(f'c{i}', (f'c{i}',))} = {k}"
    con.execute(statement("SELECT count(*), min(row_no) FROM bad_cells WHERE {test}", test=test))
    cells, first = con.fetchall()[0]
    if not cells:
        return None
    con.execute(
        statement(
            "INSERT INTO quarantine SELECT $table, COALESCE(replace(CAST(file AS VARCHAR), $prefix, ''), $label), "
            "row_no, $column, $reason FROM bad_cells WHERE {test}",
            test=test,
        ),
        {"table": table, "prefix": prefix, "label": label, "column": column, "reason": reason + EMPTIED},
    )
    return Cells(table, column, reason, int(cells), filled, int(first))
