"""Questions about what an export lost since the last night, and about values that the model's training book lacked.

Some faults show in no single export. If `loans.closed_on` is empty, every closed loan is open again, and only the
export of the night before tells that the loans were closed.

Nothing that was recorded goes away by itself. An export that grows loses no row and no value from one night to the
next. One that keeps a window of months loses its oldest month and gains a new one; of a window of two years that is 4 %
of the rows even if no new ones come. So a loss is a question if it is surely above `MOST_LOST`, 5 %: if the whole 95 %
interval of the lost share (Wilson) lies above it, and at least `FEWEST_LOST` are lost, for single rows are corrected on
any day. Of 20 borrowers, one who is gone (1 % to 24 %) is no question, and five (11 % to 47 %) are one. A smaller loss
above `NOTED_LOST`, half a per cent, is a notice; it stops nothing, so it need not be sure.

A date of a borrower or a loan stays in its month. So rows that left their month, beyond those that are gone, are a loss
too, of the months that the export still has: a window of months loses its first one.

That more cells are filled is what time does to dates such as `paid_on`, so it is asked only of attributes: if their
filled share rose by `LEAST_RISE`, ten percentage points, and surely so: two independent samples would differ as much
in one case of a thousand (pooled two-proportion test). The exports have most rows in common, so the test is strict.

In 24 monthly nights of simulated lenders nothing was lost, and the filled share of an attribute rose by 1.2 points at
most.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

import duckdb

from risk_warning.book.questions.looker import LEAST_ROWS
from risk_warning.book.questions.question import BookQuestion, Grade
from risk_warning.book.schema import TABLES
from risk_warning.book.sql import quoted, statement
from risk_warning.book.staging import Staged
from risk_warning.core.export_profile import ExportProfile, TableCounts
from risk_warning.stats.rates import two_proportion_z, wilson

MOST_LOST = 0.05
NOTED_LOST = 0.005
FEWEST_LOST = 5
LEAST_RISE = 0.10
_ONE_IN_A_THOUSAND = 3.2905
"""Quantile of the standard normal distribution, both tails together."""
KINDS = ("gone", "fewer", "emptied", "moved", "filled", "stopped")
"""Last parts of the codes of questions about a change; an answer to one is usually for one night."""
_EFFECTS = {
    "loans.closed_on": "these loans count as open again, and what is left of their schedules as owed",
    "loans.written_off_on": "these loans count as open again, and their borrowers as without a write-off",
    "loans.closed_as": "it is unknown how these loans ended",
    "instalments.paid_on": "these payments count as not made, and their borrowers as past due",
    "instalments.paid_amount": "these payments count as paid in full",
    "instalments.scheduled_on": "these instalments count as known since their loan was opened",
    "statements.days_past_due": "it is unknown how late the borrowers of these accounts are",
}
_OTHERWISE = "the features made of it are missing"


@dataclass(frozen=True)
class Expected:
    """What an export is held against: an earlier night's export, and the book that the model was trained on."""

    night: date | None = None
    """As-of date of the earlier night; None if there is none on record."""
    profile: ExportProfile | None = None
    levels: Mapping[str, Collection[str]] = field(default_factory=dict)
    """Category `table.column` → values in the book that the model was trained on."""


def of_changes(
    con: duckdb.DuckDBPyConnection, staged: Staged, expected: Expected, max_bad_share: float
) -> Iterator[BookQuestion]:
    """Yield the questions about what the export lost, and about values that the model does not know."""
    if expected.profile is not None:
        for table, was in expected.profile.tables.items():
            yield from _of_table(table, was, staged.profile.get(table), f"on {expected.night}")
    for place, known in expected.levels.items():
        yield from _unknown_levels(con, staged, place, known, max_bad_share)


def _of_table(table: str, was: TableCounts, now: TableCounts | None, when: str) -> Iterator[BookQuestion]:
    if now is None:
        text = f"{table} had {was.rows:,} rows {when} and is gone: what was known from it would be unknown"
        yield BookQuestion(f"{table}.rows.gone", "question", text, 1.0)
        return
    if grade := _loss(was.rows - now.rows, was.rows):
        text = f"{table} had {was.rows:,} rows {when} and has {now.rows:,}: what the others tell is unknown now"
        yield BookQuestion(f"{table}.rows.fewer", grade, text, 1 - now.rows / was.rows)
    elif grade := _loss(was.owners - now.owners, was.owners):
        key = "loan_id" if TABLES[table].column("loan_id") else "borrower_id"
        text = (
            f"rows of {table} belonged to {was.owners:,} values of {key} {when} and belong to {now.owners:,}: the "
            "others count as without any"
        )
        yield BookQuestion(
            f"{table}.{key}.fewer", grade, text, 1 - now.owners / was.owners, columns=(f"{table}.{key}",)
        )
    for kind, rows in was.kinds.items():
        if rows >= FEWEST_LOST and kind not in now.kinds:
            stopped = sum(k not in now.kinds and n >= FEWEST_LOST for k, n in was.kinds.items())
            text = (
                f"{stopped} of {len(was.kinds)} kinds of {table} {when} have no row: nobody would seem to have had one"
            )
            yield BookQuestion(
                f"{table}.kind.stopped", "question", text, stopped / len(was.kinds), columns=(f"{table}.kind",)
            )
            break
    if now.rows:
        for column in was.filled:
            yield from _of_column(table, column, was, now, when)
        for column, months in was.months.items():
            if now.months.get(column):
                yield from _of_months(f"{table}.{column}", months, now.months[column], when)


def _of_column(table: str, column: str, was: TableCounts, now: TableCounts, when: str) -> Iterator[BookQuestion]:
    place, spec, before = f"{table}.{column}", TABLES[table].column(column), was.filled[column]
    if spec is None or spec.required or not before:
        return
    effect = _EFFECTS.get(place, _OTHERWISE)
    if column not in now.filled:
        text = f"{column} of {table} had {before:,} values {when} and is gone: {effect}"
        yield BookQuestion(f"{place}.gone", "question", text, 1.0, columns=(place,))
        return
    filled = now.filled[column]
    # Rows that are gone took their values with them, which is a question of its own.
    kept = round(before * min(1.0, now.rows / was.rows))
    if grade := _loss(kept - filled, kept):
        text = (
            f"{column} of {table} had {before:,} values in {was.rows:,} rows {when} and has {filled:,} in {now.rows:,}"
        )
        yield BookQuestion(f"{place}.emptied", grade, f"{text}: {effect}", 1 - filled / kept, columns=(place,))
    elif not spec.is_timing and min(was.rows, now.rows) >= LEAST_ROWS:
        rise = filled / now.rows - before / was.rows
        if rise >= LEAST_RISE and two_proportion_z(before, was.rows, filled, now.rows) > _ONE_IN_A_THOUSAND:
            text = (
                f"{column} of {table} was filled in {before / was.rows:.0%} of the rows {when} and is in "
                f"{filled / now.rows:.0%}: did a default take the place of what is not known"
            )
            yield BookQuestion(f"{place}.filled", "question", text, rise, columns=(place,))


def _of_months(place: str, was: Mapping[str, int], now: Mapping[str, int], when: str) -> Iterator[BookQuestion]:
    kept = {month: rows for month, rows in was.items() if month >= min(now)}
    of = sum(kept.values())
    left = sum(max(0, rows - now.get(month, 0)) for month, rows in kept.items())
    moved = left - max(0, of - sum(now.values()))
    if grade := _loss(moved, of):
        table, _, column = place.partition(".")
        text = f"{moved:,} of {of:,} rows of {table} have {column} in another month than {when}: were dates changed"
        yield BookQuestion(f"{place}.moved", grade, text, moved / of, columns=(place,))


def _loss(lost: int, of: int) -> Grade | None:
    """Return how to speak of so many lost ones of `of`; None if an export may lose them from night to night."""
    if lost <= NOTED_LOST * of:
        return None
    if lost >= FEWEST_LOST and wilson(lost, of)[0] > MOST_LOST:
        return "question"
    return "notice"


def _unknown_levels(
    con: duckdb.DuckDBPyConnection, staged: Staged, place: str, known: Collection[str], max_bad_share: float
) -> Iterator[BookQuestion]:
    """Yield the question or notice that the model does not know values of a category; one row alone is a notice."""
    table, _, column = place.partition(".")
    values = staged.categories.get(place, ())
    unknown = [code for code, value in enumerate(values) if value not in known]
    if not unknown or not staged.rows.get(table):
        return
    con.execute(
        statement(
            "SELECT count_if({column} >= 0), count_if(list_contains($unknown, {column})), "
            "min(row_no) FILTER (WHERE list_contains($unknown, {column})) FROM staged_{table}",
            column=quoted(column, staged.outputs[table]),
            table=table,
        ),
        {"unknown": unknown},
    )
    of, n, first = con.fetchall()[0]
    if n:
        is_sure = n > 1 and wilson(n, of)[0] > max_bad_share
        effect = "ignores them" if place == "events.kind" else "reads them as an average value"
        yield BookQuestion(
            f"{place}.unknown_to_model",
            "question" if is_sure else "notice",
            f"{n:,} of {of:,} values of {column} of {table} are none of the book that the model was trained on, and it "
            f"{effect}: is a value named in another way",
            n / of,
            int(first),
            (place,),
        )
