"""The questions that the rows of a book raise, from what is staged."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb

from risk_warning.book.questions.question import BookQuestion, Grade
from risk_warning.book.recognition.vocabulary import COLUMN_WORDS, LIKELY, PERHAPS, likeness, table_likeness
from risk_warning.book.schema import TABLES
from risk_warning.book.sources import files
from risk_warning.book.sources.source import Source
from risk_warning.book.sql import statement
from risk_warning.book.staging import Staged
from risk_warning.core.calendar import NEVER

_LARGEST_RATE = 1.0
_HUNDRED = (30.0, 300.0)
"""What falls due of a loan is about its principal; a hundred times that is another unit."""
_MUCH_MORE = 1.5
_LEAST_ROWS = 30
"""Fewer rows show too little of a column as a whole."""


def questions_of(
    con: duckdb.DuckDBPyConnection, staged: Staged, source: Source, max_bad_share: float
) -> list[BookQuestion]:
    """Return the questions and notices of a staged book, in the order of its tables."""
    looker = _Looker(con, staged, max_bad_share)
    return [
        *_unused_files(source),
        *_near_names(staged, source),
        *staged.unclear,
        *looker.rates(),
        *looker.closings(),
        *looker.units(),
        *looker.payments(),
        *looker.before_opening(),
        *looker.incomes(),
    ]


def _unused_files(source: Source) -> Iterator[BookQuestion]:
    """Ask about files that look like a table the book lacks."""
    for name in source.also:
        if name in source.labels.values() or name.removesuffix("/") in source.columns:
            continue
        table = max(TABLES, key=lambda one: table_likeness(name, one))
        if not files.is_readable(Path(name)) or table_likeness(name, table) < LIKELY:
            continue
        missing = table not in source.columns
        yield BookQuestion(
            f"{table}.{name}.not_used",
            "question" if missing else "notice",
            f"{name} is not read, and the book has {'no' if missing else 'another'} table {table}",
            1.0,
        )


def _near_names(staged: Staged, source: Source) -> Iterator[BookQuestion]:
    """Ask about columns that are not used and are named almost as one that the book lacks."""
    for table, ignored in staged.ignored.items():
        for column in TABLES[table].columns:
            if column.name in source.columns[table] or column.name not in COLUMN_WORDS[table]:
                continue
            words = (column.name, *COLUMN_WORDS[table][column.name])
            for name in ignored:
                if likeness(name, words) >= PERHAPS:
                    yield BookQuestion(
                        f"{table}.{column.name}.did_you_mean",
                        "question",
                        f"{source.labels[table]} has no column {column.name}, and {name} is not used: did you mean it",
                        1.0,
                    )
                    break


class _Looker:
    """Statements on the staged tables."""

    def __init__(self, con: duckdb.DuckDBPyConnection, staged: Staged, max_bad_share: float) -> None:
        self._con = con
        self._staged = staged
        self._most = max_bad_share

    def _has(self, table: str, *columns: str) -> bool:
        return bool(self._staged.rows.get(table)) and set(columns) <= self._staged.given.get(table, frozenset())

    def _row(self, sql: str) -> tuple[float | int | None, ...]:
        self._con.execute(sql, {"never": NEVER} if "$never" in sql else {})
        row: tuple[float | int | None, ...] = self._con.fetchall()[0]
        return row

    def _grade(self, n: float, of: float) -> Grade:
        return "question" if n > self._most * of else "notice"

    def _share(self, code: str, table: str, test: str, among: str, text: str) -> Iterator[BookQuestion]:
        """Ask or note that rows of a table pass a test; `text` has {n} and {of} for the numbers of rows."""
        n, of, row = self._row(
            statement(
                "SELECT count_if({test}), count(*), min(row_no) FILTER (WHERE {test}) FROM staged_{table} "
                "WHERE {among}",
                test=test,
                among=among,
                table=table,
            )
        )
        if n and of:
            sentence = text.replace("{n}", f"{n:,}").replace("{of}", f"{of:,}")
            yield BookQuestion(code, self._grade(n, of), sentence, n / of, int(row) if row is not None else None)

    def rates(self) -> Iterator[BookQuestion]:
        """Ask about rates above 1: 16 % is 0.16."""
        if self._has("loans", "annual_rate"):
            yield from self._share(
                "loans.annual_rate.above_one",
                "loans",
                f"annual_rate > {_LARGEST_RATE}",
                "NOT isnan(annual_rate)",
                "{n} of {of} loans have an annual_rate above 1, which is more than 100 %: is it per cent",
            )

    def closings(self) -> Iterator[BookQuestion]:
        """Ask about loans that ended before they began."""
        for column in ("closed_on", "written_off_on"):
            if self._has("loans", column):
                yield from self._share(
                    f"loans.{column}.before_opening",
                    "loans",
                    f"{column} < opened_on",
                    f"{column} <> $never",
                    f"{{n}} of {{of}} loans have {column} before opened_on, and would never have been open",
                )

    def units(self) -> Iterator[BookQuestion]:
        """Ask about instalments in another unit than the principal."""
        if not (self._has("loans", "principal") and self._has("instalments", "due_amount")):
            return
        (ratio,) = self._row(
            "SELECT median(owed / principal) FROM (SELECT loan, sum(due_amount) AS owed FROM (SELECT DISTINCT loan, "
            "instalment_no, scheduled_on, due_amount FROM staged_instalments) GROUP BY loan) JOIN (SELECT loan, "
            "max(principal) AS principal FROM staged_loans GROUP BY loan) USING (loan) WHERE principal > 0"
        )
        if ratio is not None and not 1 / _HUNDRED[0] < ratio < _HUNDRED[0]:
            yield BookQuestion(
                "instalments.due_amount.unit",
                "question",
                f"what falls due of a loan is {ratio:,.3g} times its principal: are due_amount and principal both in "
                "the currency's unit, or one in its minor unit",
                1.0,
            )

    def payments(self) -> Iterator[BookQuestion]:
        """Ask where nobody ever paid, or where more was paid than was due."""
        if not self._has("instalments", "paid_on"):
            return
        paid, due = self._row("SELECT count_if(paid_on <> $never), count(*) FROM staged_instalments")
        if due is not None and due >= _LEAST_ROWS and not paid:
            yield BookQuestion(
                "instalments.paid_on.nobody_paid",
                "question",
                f"paid_on is empty in all {due:,} rows: nobody ever paid, and everybody would be past due",
                1.0,
            )
        elif self._has("instalments", "paid_amount"):
            more, settled = self._row(
                statement(
                    "SELECT count_if(paid > {most} * due AND due > 0), count(*) FROM (SELECT sum(paid_amount) AS paid, "
                    "min(due_amount) AS due FROM staged_instalments GROUP BY loan, instalment_no HAVING "
                    "bool_or(paid_on <> $never))",
                    most=str(_MUCH_MORE),
                )
            )
            if more and settled:
                yield BookQuestion(
                    "instalments.paid_amount.above_due",
                    self._grade(more, settled),
                    f"of {more:,} of {settled:,} instalments far more was paid than was due: are rows repeated",
                    more / settled,
                )

    def before_opening(self) -> Iterator[BookQuestion]:
        """Ask about instalments that fall due or are paid before their loan was opened."""
        if not (self._has("loans", "opened_on") and self._staged.rows.get("instalments")):
            return
        for column in ("due_on", "paid_on"):
            if not self._has("instalments", column):
                continue
            early, rows, row = self._row(
                statement(
                    "SELECT count_if(i.{column} < l.opened_on), count(*), min(i.row_no) FILTER (WHERE i.{column} < "
                    "l.opened_on) FROM staged_instalments AS i JOIN (SELECT loan, min(opened_on) AS opened_on FROM "
                    "staged_loans GROUP BY loan) AS l USING (loan) WHERE i.{column} <> $never",
                    column=column,
                )
            )
            if early and rows:
                yield BookQuestion(
                    f"instalments.{column}.before_opening",
                    self._grade(early, rows),
                    f"{early:,} of {rows:,} instalments have {column} before their loan's opened_on",
                    early / rows,
                    int(row) if row is not None else None,
                )

    def incomes(self) -> Iterator[BookQuestion]:
        """Note that everybody has the same income."""
        if not self._has("borrowers", "monthly_income"):
            return
        known, values = self._row(
            "SELECT count(*), count(DISTINCT monthly_income) FROM staged_borrowers WHERE NOT isnan(monthly_income)"
        )
        if known is not None and known >= _LEAST_ROWS and values == 1:
            yield BookQuestion(
                "borrowers.monthly_income.constant",
                "notice",
                f"all {known:,} incomes are the same, so ratios to income say nothing",
                1.0,
            )
