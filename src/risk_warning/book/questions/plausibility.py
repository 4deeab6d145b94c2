"""The questions that the rows of a book raise, from what is staged."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb

from risk_warning.book.questions.accounts import of_accounts
from risk_warning.book.questions.changes import Expected, of_changes
from risk_warning.book.questions.instalments import of_instalments
from risk_warning.book.questions.looker import Looker
from risk_warning.book.questions.question import BookQuestion, Grade
from risk_warning.book.questions.statements import of_statements
from risk_warning.book.recognition.totals import totals_in
from risk_warning.book.recognition.vocabulary import (
    COLUMN_WORDS,
    LIKELY,
    PERHAPS,
    likeness,
    same_level,
    table_likeness,
)
from risk_warning.book.schema import TABLES
from risk_warning.book.sources import files
from risk_warning.book.sources.source import Source
from risk_warning.book.staging import Staged
from risk_warning.core.reach import TELL_OF_PAYMENT

_FEW_LEVELS = 200


def questions_of(
    con: duckdb.DuckDBPyConnection,
    staged: Staged,
    source: Source,
    max_bad_share: float,
    today: date,
    expected: Expected,
) -> list[BookQuestion]:
    """Return the questions and notices of a staged book: those of its rows, and of what changed in it."""
    look = Looker(con, staged, max_bad_share, today)
    return [
        *_unused_files(source),
        *_empty_tables(staged, source),
        *_empty_columns(staged, source),
        *_near_names(staged, source),
        *_spellings(staged, source),
        *_totals(con, staged),
        *staged.unclear,
        *of_accounts(look),
        *of_statements(look),
        *of_instalments(look),
        *of_changes(con, staged, expected, max_bad_share),
    ]


def _unused_files(source: Source) -> Iterator[BookQuestion]:
    """Ask about files that look like a table the book lacks."""
    for name in source.also:
        if name.startswith(("~", "_")) or name in source.labels.values() or name in source.columns:
            continue
        table = max(TABLES, key=lambda one: table_likeness(name, one))
        if not files.is_readable(Path(name)) or table_likeness(name, table) < LIKELY:
            continue
        missing = table not in source.columns
        # A file that differs from one that is read in digits alone is another month of it.
        months = any(_without_digits(name) == _without_digits(label) for label in source.labels.values())
        yield BookQuestion(
            f"{table}.{name}.not_used",
            "question" if missing or months else "notice",
            f"{name} is not read, and the book has {'no' if missing else 'another'} table {table}",
            1.0,
        )


def _empty_tables(staged: Staged, source: Source) -> Iterator[BookQuestion]:
    """Ask about a table that is there without a row: payments and statements would be as if they had not happened."""
    for table, rows in staged.rows.items():
        if not rows:
            grade: Grade = "question" if table in TELL_OF_PAYMENT else "notice"
            yield BookQuestion(f"{table}.rows.none", grade, f"{source.labels[table]} has no rows", 1.0)


def _empty_columns(staged: Staged, source: Source) -> Iterator[BookQuestion]:
    """Tell of columns of the contract that are there without a value: nothing of them is known."""
    for table, given in staged.given.items():
        # Whether anybody ever paid is a question of its own.
        empty = given - staged.columns.get(table, given) - {"paid_on", "paid_amount"}
        for name in sorted(empty):
            text = f"{source.labels[table]}: {name} is empty in all {staged.rows[table]:,} rows"
            yield BookQuestion(f"{table}.{name}.empty", "notice", text, 1.0, columns=(f"{table}.{name}",))


def _near_names(staged: Staged, source: Source) -> Iterator[BookQuestion]:
    """Ask about columns that are not used and are named almost as one that the book lacks."""
    for table, ignored in staged.ignored.items():
        for column in TABLES[table].columns:
            if column.aside or column.name in source.columns[table] or column.name not in COLUMN_WORDS[table]:
                continue
            words = (column.name, *COLUMN_WORDS[table][column.name])
            for name in ignored:
                if likeness(name, words) >= PERHAPS:
                    yield BookQuestion(
                        f"{table}.{column.name}.did_you_mean",
                        "question",
                        f"{source.labels[table]} has no column {column.name}, and {name} is not used: did you mean it",
                        1.0,
                        columns=(f"{table}.{column.name}",),
                    )
                    break


def _without_digits(name: str) -> str:
    return re.sub(r"[\d*]+", "#", name)


def _totals(con: duckdb.DuckDBPyConnection, staged: Staged) -> Iterator[BookQuestion]:
    """Ask about rows whose id is a word for a total."""
    for table, ids, key in (("borrowers", "borrower_index", "id"), ("loans", "loan_index", "loan_id")):
        column = "borrower_id" if table == "borrowers" else key
        if not staged.rows.get(table):
            continue
        if totals := totals_in(con, ids, key):
            yield BookQuestion(
                f"{table}.{column}.total",
                "question",
                f"a row of {table} has a word for a total as {column}: is it a row of totals",
                len(totals) / staged.rows[table],
            )


def _spellings(staged: Staged, source: Source) -> Iterator[BookQuestion]:
    """Ask about values of a category that differ in case and blanks alone; one of them counts as another level."""
    for place, values in staged.categories.items():
        table, column = place.split(".")
        spelt = Counter(map(same_level, values))
        alike = [value for value in values if spelt[same_level(value)] > 1]
        if alike and len(values) <= _FEW_LEVELS:
            yield BookQuestion(
                f"{table}.{column}.spelling",
                "question",
                f"{source.labels[table]}: {len(alike)} values of {column} differ in case or blanks alone "
                "and would count as several",
                len(alike) / len(values),
                columns=(place,),
            )
