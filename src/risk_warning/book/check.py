"""The check of a book: its contents, the rows that would be set aside and why, and the features it supports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from risk_warning.book.attributes import AttributeUse
from risk_warning.book.condition import Condition, condition
from risk_warning.book.declared_features import unsupported
from risk_warning.book.location import source_at
from risk_warning.book.quarantine import Quarantine
from risk_warning.book.questions.changes import Expected
from risk_warning.book.questions.explanation import explained
from risk_warning.book.questions.plausibility import questions_of
from risk_warning.book.questions.question import BookQuestion, check_answered
from risk_warning.book.schema import TABLES
from risk_warning.book.sql import quoted, statement
from risk_warning.book.staged import first_date, observed_of, staged_book, staging_connection
from risk_warning.book.staging import Staged, stage
from risk_warning.core import features
from risk_warning.core.calendar import NEVER, to_date
from risk_warning.errors import BookError, BookQualityError, QuestionError, RiskWarningError
from risk_warning.settings import BookSettings

_NEEDS = {
    "delinquency": "instalments, or statements with days_past_due or status",
    "payment timing": "instalments with paid_on",
    "payment amount": "instalments, or statements with due_amount and paid_amount",
    "utilisation and balance": "statements with balance, and credit_limit for utilisation",
    "leverage and new borrowing": "loans; monthly_income of borrowers for ratios to income",
    "behaviour events": "events",
    "tenure and profile": "loans or onboarded_on; attributes of borrowers",
}


@dataclass(frozen=True)
class SetAside:
    """The number of rows of a table set aside for one reason."""

    column: str
    reason: str
    rows: int


@dataclass(frozen=True)
class TableReport:
    """The contents of one table."""

    rows: int
    set_aside: tuple[SetAside, ...]
    first: date | None
    """Earliest date on which something happened or fell due; None if the table has no such date."""
    last: date | None
    ignored: tuple[str, ...]

    @property
    def bad(self) -> int:
        """Number of rows set aside."""
        return sum(part.rows for part in self.set_aside)

    def remarks(self) -> list[str]:
        """Return why rows are set aside, and which columns are ignored, in words."""
        why = [f"{part.rows:,} × {part.column} {part.reason}" for part in self.set_aside]
        return [*why, f"ignored: {', '.join(self.ignored)}"] if self.ignored else why


@dataclass(frozen=True)
class FamilyReport:
    """The number of features of a family that the book supports."""

    family: str
    features: int
    declared: int
    needs: str

    @property
    def count(self) -> str:
        """The number of features in words; attributes of the lender's own may be more than those declared."""
        return f"{self.features} of {self.declared}" if self.features <= self.declared else str(self.features)


@dataclass(frozen=True)
class BookReport:
    """The result of `check`; `problem` is the reason why the book cannot be used, None if it can be used."""

    book: str
    borrowers: int
    loans: int
    first_date: date | None
    data_through: date | None
    ends_first: str | None
    """Name of the table that covers no day after `data_through`; None without payments and statements."""
    tables: Mapping[str, TableReport]
    event_kinds: tuple[str, ...]
    families: tuple[FamilyReport, ...]
    condition: Condition | None
    """None if the book cannot be used."""
    declared: Mapping[str, str]
    """Feature that the lender declares → what it is computed from, in words."""
    lacking: tuple[str, ...]
    """A sentence for every declared feature that the book cannot have, without its full stop."""
    attributes: AttributeUse
    """Attributes of borrowers and loans that a model of this book uses unchanged, and those kept out of it."""
    questions: tuple[BookQuestion, ...]
    """What is readable and hardly true, answered or not, and notices."""
    problem: str | None
    exit_code: int
    """The code with which a run on this book ends; 0 if it can be used."""


def check_book(
    location: str | Path, settings: BookSettings, today: date, expected: Expected | None = None
) -> BookReport:
    """Return a report on the book at `location`, held against what is expected of it; nothing is written.

    If too many rows are bad, `problem` of the report says so.

    Raises
    ------
    BookError
        The tables cannot be read at all.
    """
    with ExitStack() as stack:
        try:
            con = stack.enter_context(staging_connection(settings))
            source = stack.enter_context(closing(source_at(con, location, settings)))
            staged = stage(con, source, settings, today)
        except BookError as error:
            raise explained(error, location, settings) from None
        quarantine = Quarantine(staged.counts, staged.rows, con, staged.cells)
        questions = questions_of(con, staged, source, settings.max_bad_share, today, expected or Expected())
        problem: RiskWarningError | None = None
        try:
            quarantine.check(settings.max_bad_share, source.labels)
            check_answered(questions, {**settings.answers, **source.answers}, today, source.name)
        except (BookQualityError, QuestionError) as error:
            problem = explained(error, location, settings)
        observed = observed_of(con, staged, settings, None)
        end = observed.reach.ends_first()
        given = features.supported(observed, settings.never_modelled)
        return BookReport(
            book=source.name,
            borrowers=_count(con, "borrower_index"),
            loans=_count(con, "loan_index"),
            first_date=first_date(con, staged),
            data_through=to_date(end[1]) if end else None,
            ends_first=end[0] if end else None,
            tables={table: _table(con, staged, table) for table in staged.rows},
            event_kinds=tuple(sorted(observed.event_kinds)),
            families=_families(given),
            declared={feature.name: str(feature) for feature in observed.declared},
            lacking=tuple(unsupported(observed, settings)),
            attributes=AttributeUse.of(given, settings.allowed, staged.kept_out),
            condition=None if problem else condition(staged_book(con, source, staged, settings, quarantine, None)),
            questions=tuple(questions),
            problem=None if problem is None else str(problem),
            exit_code=0 if problem is None else problem.exit_code,
        )


def _count(con: duckdb.DuckDBPyConnection, table: str) -> int:
    con.execute(statement("SELECT count(*) FROM {table}", table=table))
    return int(con.fetchall()[0][0])


HAPPENED = {
    "loans": "opened_on",
    "instalments": "due_on",
    "statements": "statement_on",
    "events": "occurred_on",
    "contacts": "occurred_on",
    "outcomes": "as_of_date",
    "borrowers": "onboarded_on",
}
"""Table → staged column with the date of a row."""


def _table(con: duckdb.DuckDBPyConnection, staged: Staged, table: str) -> TableReport:
    first = last = None
    if HAPPENED[table] in staged.outputs[table]:
        con.execute(
            statement(
                "SELECT min({day}), max({day}) FROM staged_{table} WHERE {day} <> $never",
                day=quoted(HAPPENED[table], staged.outputs[table]),
                table=table,
            ),
            {"never": NEVER},
        )
        first, last = (None if day is None else to_date(day) for day in con.fetchall()[0])
    return TableReport(
        rows=staged.rows[table],
        set_aside=tuple(SetAside(*why, rows) for why, rows in staged.counts[table].items()),
        first=first,
        last=last,
        ignored=staged.ignored[table],
    )


def _families(supported: Sequence[features.Feature]) -> tuple[FamilyReport, ...]:
    given = [feature.family for feature in supported]
    declared = [feature.family for feature in features.registry()]
    return tuple(
        FamilyReport(name, given.count(name), declared.count(name), _NEEDS[name]) for name in features.FAMILIES
    )


def summary(report: BookReport) -> list[str]:
    """Return how much the book holds, how far it reaches, and what is notable about it, as sentences."""
    reach = (
        f"{report.borrowers:,} borrowers, {report.loans:,} loans, from {report.first_date or '–'}, outcomes known "
        f"through {report.data_through or '–'}{f', where {report.ends_first} end' if report.ends_first else ''}."
    )
    return [reach, *(report.condition.lines() if report.condition else ())]


def render(report: BookReport) -> RenderableType:
    """Return the report as tables and text for a terminal."""
    tables = Table("table", "rows", "set aside", "first", "last", "why, and what is ignored", title=report.book)
    for column in tables.columns[1:3]:
        column.justify = "right"
    for name, table in report.tables.items():
        tables.add_row(
            name,
            f"{table.rows:,}",
            Text(f"{table.bad:,}", style="yellow" if table.bad else ""),
            str(table.first or "–"),
            str(table.last or "–"),
            Text("\n".join(table.remarks())),
        )
    families = Table("feature family", "features", "needs", title="What the book supports")
    for part in report.families:
        families.add_row(part.family, Text(part.count, style="" if part.features else "yellow"), part.needs)
    attributes = Table("attribute", "", "why", title="Attributes of borrowers and loans")
    for used in report.attributes.used:
        reason = "" if used.allowed is None else f"allowed: {used.allowed}"
        attributes.add_row(Text(used.column), "used", Text(reason))
    for kept in report.attributes.kept_out:
        attributes.add_row(Text(kept.column), Text("kept out", style="yellow"), kept.why)
    lines = summary(report)
    if report.event_kinds:
        lines.append(f"Kinds of events: {', '.join(report.event_kinds)}.")
    missing = [name for name in TABLES if name not in report.tables]
    if missing:
        lines.append(f"Missing: {', '.join(missing)}.")
    lines += [f"Declared feature {name}: {what}." for name, what in report.declared.items()]
    lines += [
        f"{problem}; train refuses the book until it has it, or the feature is removed." for problem in report.lacking
    ]
    lines += [f"{one.grade.capitalize()} {one.code}: {one.sentence()}." for one in report.questions]
    verdict = Text(report.problem, style="bold red") if report.problem else Text("The book can be used.", style="green")
    return Group(tables, families, attributes, *(Text(line) for line in lines), verdict)
