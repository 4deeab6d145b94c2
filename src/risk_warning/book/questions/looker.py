"""Statements on the staged tables, and the questions that their counts raise."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import duckdb

from risk_warning.book.questions.question import BookQuestion, Grade
from risk_warning.book.sql import statement
from risk_warning.book.staging import Staged
from risk_warning.core.calendar import NEVER, to_day

LEAST_ROWS = 30
"""Fewer rows show too little of a column as a whole."""
YEAR_DAYS = 330
"""A date so many days from the one it follows is probably mistyped by a year."""
Value = float | int | None


class Looker:
    """What the staged tables of a book hold."""

    def __init__(self, con: duckdb.DuckDBPyConnection, staged: Staged, max_bad_share: float, today: date) -> None:
        self.today = to_day(today)
        self._con = con
        self._staged = staged
        self._most = max_bad_share

    def has(self, table: str, *columns: str) -> bool:
        """Whether the table has rows and all of the columns."""
        return bool(self._staged.rows.get(table)) and set(columns) <= self._staged.given.get(table, frozenset())

    def make(self, table: str, sql: str) -> None:
        """Make a table of a statement's rows, for several questions; `$never` in it is an empty date."""
        self._con.execute(statement("CREATE TEMP TABLE {table} AS {sql}", table=table, sql=sql), _parameters(sql))

    def drop(self, table: str) -> None:
        """Drop a table that `make` made."""
        self._con.execute(statement("DROP TABLE {table}", table=table))

    def row(self, sql: str) -> tuple[Value, ...]:
        """Return the one row of a statement; `$never` in it is an empty date."""
        self._con.execute(sql, _parameters(sql))
        row: tuple[Value, ...] = self._con.fetchall()[0]
        return row

    def share(
        self,
        code: str,
        text: str,
        test: str,
        of: str,
        row: str = "row_no",
        *,
        also: tuple[str, ...] = (),
        usual_share: float = 0.0,
        worst: Grade = "question",
    ) -> Iterator[BookQuestion]:
        """Yield the question or notice that rows of `of` (SQL that follows FROM) pass a test, if any does.

        `text` has {n} and {of} for the numbers of rows; `row` is the column of a row's number, empty if it has none.
        The column in `code` may be at fault, and so may those of `also`. However many rows pass, it is no more than
        `worst`. Up to `usual_share` of the rows pass in good books too, and nothing is said of them.
        """
        example = f"min({row}) FILTER (WHERE {test})" if row else "NULL"
        n, rows, first = self.row(
            statement("SELECT count_if({test}), count(*), {example} FROM {of}", test=test, example=example, of=of)
        )
        if n and rows and n > usual_share * rows:
            yield BookQuestion(
                code,
                worst if n > self._most * rows else "notice",
                text.replace("{n}", f"{n:,}").replace("{of}", f"{rows:,}"),
                n / rows,
                None if first is None else int(first),
                (code.rpartition(".")[0], *also),
            )


def _parameters(sql: str) -> dict[str, int]:
    return {"never": NEVER} if "$never" in sql else {}
