"""The staged book: a lender's rows, checked and numbered, readable for any range of borrowers."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import duckdb
import numpy as np
from numpy.typing import NDArray

from risk_warning.book.declared_features import declared_features
from risk_warning.book.finding import IdType
from risk_warning.book.location import source_at
from risk_warning.book.quarantine import Quarantine
from risk_warning.book.questions.changes import Expected
from risk_warning.book.questions.explanation import explained
from risk_warning.book.questions.leaving_out import leave_out, left_out_by, may_be_left_out
from risk_warning.book.questions.plausibility import questions_of
from risk_warning.book.questions.question import BookQuestion, check_answered, unanswered
from risk_warning.book.sources.source import Source
from risk_warning.book.sql import quoted, statement
from risk_warning.book.staging import Staged, stage
from risk_warning.core.calendar import NEVER, to_date, to_day
from risk_warning.core.export_profile import ExportProfile
from risk_warning.core.history.closings import MAX_DOUBTFUL_SHARE
from risk_warning.core.history.history import History
from risk_warning.core.left_out import LeftOut
from risk_warning.core.observed import Observed
from risk_warning.core.rows import Rows
from risk_warning.errors import BookError, BookQualityError, QuestionError
from risk_warning.settings import BookSettings

MOST_CODES = 30
"""Most text codes that a statements column may have to count months per code; with more, only the latest is used."""
_READ = ("borrowers", "loans", "instalments", "statements", "events", "contacts", "outcomes")


_CLOSINGS_CHUNK = 10_000


@dataclass(frozen=True)
class Closings:
    """Numbers of loans that were closed, not written off."""

    closed: int
    doubtful: int
    """Loans closed past due without a payment near the closing, closed as another loan opened, or sold."""

    @property
    def are_doubtful(self) -> bool:
        """Whether there are so many doubtful closings that the outcome of these loans is unknown."""
        return self.doubtful > MAX_DOUBTFUL_SHARE * self.closed


@dataclass(frozen=True)
class StagedBook:
    """A book that can be read in chunks inside the `with` block of `open_book`."""

    n_borrowers: int
    id_type: IdType
    digest: str
    """sha256 (hex) of the content read."""
    data_through: date
    """Outcomes are known through the end of this day: the reach of the slowest table that records payments."""
    first_date: date
    """The earliest due date or statement."""
    observed: Observed
    """Non-empty columns of each table; first day of each event kind; open columns that hold numbers."""
    given: Mapping[str, frozenset[str]]
    """The contract's columns that are present, empty or not, per table."""
    events_alike: int
    """Number of events that repeat another in every column, counted if no event has a time of day."""
    ignored: Mapping[str, tuple[str, ...]]
    """Columns that the contract does not know, and text columns with too many values for a category."""
    kept_out: Mapping[str, Mapping[str, str]]
    """Table → attribute that no model may see → reason, a fixed text without a value; never in `observed`."""
    categories: Mapping[str, tuple[str, ...]]
    quarantine: Quarantine
    con: duckdb.DuckDBPyConnection
    outputs: Mapping[str, tuple[str, ...]]
    profile: ExportProfile
    open_questions: tuple[BookQuestion, ...] = ()
    """Questions that nobody has answered; the columns that they are about are left out."""

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """The columns that are left out, and why."""
        return left_out_by(self.open_questions)

    @cached_property
    def closings(self) -> Closings:
        """How many loans were closed, and for how many of them the outcome is doubtful."""
        closed = doubtful = 0
        doubting = replace(self.observed, closings_are_doubtful=True)
        for rows in self.chunks(_CLOSINGS_CHUNK) if "loans" in self.outputs else ():
            truth = History.of(rows, doubting).truth()
            ended = truth.lives.ended_on != NEVER
            closed += int((ended & (truth.lives.written_off_on == NEVER)).sum())
            doubtful += int(truth.doubtful.sum())
        return Closings(closed, doubtful)

    def history(self, rows: Rows, dpd_tolerance_ratio: float) -> History:
        """Return the history of some of the book's rows, which also gives their outcomes."""
        observed = replace(self.observed, closings_are_doubtful=self.closings.are_doubtful)
        return History.of(rows, observed, dpd_tolerance_ratio=dpd_tolerance_ratio)

    @property
    def columns(self) -> Mapping[str, frozenset[str]]:
        """The contract's columns that are present and not all empty, per table, without protected columns."""
        return self.observed.columns

    @property
    def event_kinds(self) -> Mapping[str, int]:
        """Kind of event → first day (from 1970-01-01) on which one was known."""
        return self.observed.event_kinds

    @property
    def outcome_dates(self) -> tuple[date, ...]:
        """As-of dates that have rows in `outcomes`; empty if outcomes must be derived."""
        if "outcomes" not in self.outputs:
            return ()
        cursor = self.con.cursor()
        cursor.execute("SELECT DISTINCT as_of_date FROM staged_outcomes ORDER BY 1")
        return tuple(to_date(row[0]) for row in cursor.fetchall())

    def loans_opened(self, first: date, last: date) -> int:
        """Return the number of loans opened from `first` to `last`, both included."""
        con = self.con.cursor()
        con.execute(
            "SELECT count(DISTINCT loan) FROM staged_loans WHERE opened_on BETWEEN $first AND $last",
            {"first": to_day(first), "last": to_day(last)},
        )
        return int(con.fetchall()[0][0])

    def chunks(self, borrowers_per_chunk: int) -> Iterator[Rows]:
        """Yield the rows of all borrowers in order of their ids, at most `borrowers_per_chunk` borrowers at a time."""
        for low in range(0, self.n_borrowers, borrowers_per_chunk):
            yield self.rows(low, min(low + borrowers_per_chunk, self.n_borrowers))

    def rows(self, low: int, high: int) -> Rows:
        """Return the rows of borrowers `low` … `high` − 1 in order of their ids; numbers start at 0 in each result."""
        return rows_between(self.con, self.outputs, self.categories, low, high)


def rows_between(
    con: duckdb.DuckDBPyConnection,
    outputs: Mapping[str, Collection[str]],
    categories: Mapping[str, tuple[str, ...]],
    low: int,
    high: int,
) -> Rows:
    """Return the staged rows of borrowers `low` … `high` − 1 in order of their ids; numbers start at 0."""
    con = con.cursor()
    span = {"low": low, "high": high - 1}
    ids = con.sql(
        "SELECT id FROM borrower_index WHERE borrower BETWEEN $low AND $high ORDER BY borrower", params=span
    ).to_arrow_table()
    con.execute("SELECT COALESCE(min(loan), 0), count(*) FROM loan_index WHERE borrower BETWEEN $low AND $high", span)
    first_loan, n_loans = con.fetchall()[0]
    con.execute("SELECT DISTINCT borrower FROM set_aside WHERE borrower BETWEEN $low AND $high", span)
    aside = np.zeros(high - low, np.bool_)
    aside[[row[0] - low for row in con.fetchall()]] = True
    tables = {
        name: _table(con, name, tuple(outputs[name]), low, high - 1, first_loan) for name in _READ if name in outputs
    }
    return Rows(
        borrower_id=ids.column(0).to_numpy(),
        n_loans=n_loans,
        borrowers=tables.pop("borrowers"),
        **tables,
        categories=categories,
        set_aside=aside,
    )


def _table(
    con: duckdb.DuckDBPyConnection, table: str, names: tuple[str, ...], low: int, high: int, first_loan: int
) -> dict[str, NDArray[Any]]:
    columns = []
    for name in names:
        base = {"borrower": low, "loan": first_loan}.get(name)
        column = quoted(name, names)
        columns.append(column if base is None else f"CAST({column} - {int(base)} AS INTEGER) AS {name}")
    rows = con.sql(
        statement(
            "SELECT {columns} FROM staged_{table} WHERE borrower BETWEEN $low AND $high",
            columns=", ".join(columns),
            table=table,
        ),
        params={"low": low, "high": high},
    ).to_arrow_table()
    return {name: rows.column(i).to_numpy() for i, name in enumerate(names)}


@contextmanager
def open_book(
    location: str | Path,
    settings: BookSettings,
    *,
    data_through: date | None = None,
    today: date | None = None,
    on_question: Literal["stop", "publish"] = "stop",
    expected: Callable[[], Expected] = Expected,
) -> Iterator[StagedBook]:
    """Open the book at `location`, check it and stage it; memory use does not grow with its size.

    `location` is a folder, a DuckDB file or a `postgresql://` URL. Every table is complete through the end of
    `data_through`; if it is left out, the reach of each table is derived from its rows. Rows dated after `today` are
    set aside; None keeps them, for example to score a past night from a current book. With `on_question="publish"`,
    columns that make no arrears are left out if an open question is about them. `expected` returns what the book is
    held against, and is called once the book is staged.

    Raises
    ------
    BookError
        The location, a table or a required column is missing, empty or unreadable.
    QuestionError
        The book is readable and hardly true, and nobody has answered for it.
    BookQualityError
        More than `settings.max_bad_share` of a table's rows are bad. Nothing has been written in that case.
    """
    with ExitStack() as stack:
        try:
            con = stack.enter_context(staging_connection(settings))
            source = stack.enter_context(closing(source_at(con, location, settings)))
            staged = stage(con, source, settings, today)
            quarantine = Quarantine(staged.counts, staged.rows, con, staged.cells)
            quarantine.check(settings.max_bad_share, source.labels)
        except (BookError, BookQualityError) as error:
            raise explained(error, location, settings) from None
        now = today or date.today()
        questions = questions_of(con, staged, source, settings.max_bad_share, now, expected())
        answers = {**settings.answers, **source.answers}
        open_ones = unanswered(questions, answers, now)
        if on_question == "publish" and may_be_left_out(open_ones):
            leave_out(staged, open_ones)
        try:
            check_answered([one for one in questions if one not in staged.open_questions], answers, now, source.name)
        except QuestionError as error:
            raise explained(error, location, settings) from None
        book = staged_book(con, source, staged, settings, quarantine, data_through)
        source.close()
        yield book


@contextmanager
def staging_connection(settings: BookSettings) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open an in-memory DuckDB database that spills to a folder beyond `memory_limit_mb`; both end with the `with`."""
    with tempfile.TemporaryDirectory(prefix="risk-warning-") as folder:
        con = duckdb.connect(
            ":memory:",
            config={
                "memory_limit": f"{settings.memory_limit_mb}MB",
                "threads": os.cpu_count() or 1,
                "temp_directory": folder,
                "preserve_insertion_order": False,
                "autoinstall_known_extensions": False,
            },
        )
        try:
            yield con
        finally:
            con.close()


def staged_book(
    con: duckdb.DuckDBPyConnection,
    source: Source,
    staged: Staged,
    settings: BookSettings,
    quarantine: Quarantine,
    data_through: date | None,
) -> StagedBook:
    """Return the book from the result of staging.

    Raises
    ------
    BookError
        The book has no usable borrower, or records no payment.
    """
    con.execute("SELECT count(*) FROM borrower_index")
    n_borrowers = int(con.fetchall()[0][0])
    first = first_date(con, staged)
    if not n_borrowers or first is None:
        raise BookError(f"{source.name} has no borrower with a usable row; correct the rows in quarantine.")
    observed = observed_of(con, staged, settings, data_through)
    through = observed.reach.outcomes_through()
    if through is None:
        raise BookError(
            f"{source.name} has neither payments nor statements, so the end of its data is unknown; set data_through."
        )
    return StagedBook(
        n_borrowers=n_borrowers,
        id_type=staged.id_type,
        digest=source.digest(con),
        data_through=to_date(through),
        first_date=first,
        observed=observed,
        given={table: names for table, names in staged.given.items() if staged.rows[table]},
        events_alike=staged.events_alike,
        ignored=staged.ignored,
        kept_out=staged.kept_out,
        categories=staged.categories,
        quarantine=quarantine,
        con=con,
        outputs={table: tuple(names) for table, names in staged.outputs.items() if staged.rows[table]},
        profile=ExportProfile(staged.profile),
        open_questions=staged.open_questions,
    )


def observed_of(
    con: duckdb.DuckDBPyConnection, staged: Staged, settings: BookSettings, data_through: date | None
) -> Observed:
    """Return what the staged book can show; if `data_through` is given, every table is complete through it."""
    reach = staged.reach
    if data_through is not None:
        reach = replace(reach, given={**dict.fromkeys(reach.flows, to_day(data_through)), **reach.given})
    return Observed(
        columns=staged.columns,
        event_kinds=event_kinds(con, staged),
        numeric=staged.numeric,
        codes=_codes(staged),
        status_rises_with_risk=settings.status_rises_with_risk,
        reach=reach,
        declared=declared_features(settings),
    )


def _codes(staged: Staged) -> dict[str, tuple[str, ...]]:
    """Return the codes of each text column of statements; none for a column with more than `MOST_CODES`."""
    return {
        source: values if len(values) <= MOST_CODES else ()
        for source, values in staged.categories.items()
        if source.startswith("statements.") and source.split(".")[1] in staged.columns.get("statements", ())
    }


def first_date(con: duckdb.DuckDBPyConnection, staged: Staged) -> date | None:
    """Return the earliest due date or statement; None if there is none."""
    earliest = []
    for table, start in (("instalments", "due_on"), ("statements", "statement_on")):
        if staged.rows.get(table):
            con.execute(statement("SELECT min({start}) FROM staged_{table}", start=start, table=table))
            earliest.append(con.fetchall()[0][0])
    days = [day for day in earliest if day is not None]
    return to_date(min(days)) if days else None


def event_kinds(con: duckdb.DuckDBPyConnection, staged: Staged) -> dict[str, int]:
    """Return kind of event → first day on which one had happened and was recorded."""
    if not staged.rows.get("events"):
        return {}
    con.execute("SELECT kind, min(greatest(occurred_on, recorded_on)) FROM staged_events GROUP BY kind ORDER BY kind")
    return {staged.categories["events.kind"][code]: day for code, day in con.fetchall()}
