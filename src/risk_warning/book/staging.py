"""Staging: each table is read once, checked, and stored in DuckDB in the core's own types. DuckDB spills to disk.

A bad row moves from the staged table to the table `quarantine`, with its first fault as the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import duckdb

from risk_warning.book import faults, numbering
from risk_warning.book.cells import Cells, count_cells, may_be_emptied
from risk_warning.book.doubles import KEPT_ONCE, mark_doubles
from risk_warning.book.export_profile import table_profile
from risk_warning.book.faults import Faults
from risk_warning.book.finding import Finder, IdType
from risk_warning.book.flows import STRAY, Stray, reach_of, stray_rows
from risk_warning.book.protected_values import protected_by_value
from risk_warning.book.questions.question import BookQuestion
from risk_warning.book.questions.unclear import unclear_values
from risk_warning.book.reading import Reading
from risk_warning.book.schema import TABLES, Column, check_protected, check_tables
from risk_warning.book.sources.source import Relation, Source, reading_errors
from risk_warning.book.sql import quoted, statement
from risk_warning.core.calendar import NEVER
from risk_warning.core.export_profile import TableCounts
from risk_warning.core.reach import Reach
from risk_warning.errors import BookError
from risk_warning.settings import BookSettings

_OF_LOANS = ("instalments", "statements")
PAID_WITHOUT_DAY = "is empty beside a paid_amount"


@dataclass
class Staged:
    """The result of staging; the rows themselves are in the connection's tables `staged_NAME`."""

    id_type: IdType = "string"
    columns: dict[str, frozenset[str]] = field(default_factory=dict)
    """Table → columns of the contract that are present and not all empty; tables without a row have no entry."""
    given: dict[str, frozenset[str]] = field(default_factory=dict)
    """Table → columns of the contract that are present, empty or not."""
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    """Table → staged column, as in `Rows` → its column in the contract ("" for numbers that staging assigns)."""
    ignored: dict[str, tuple[str, ...]] = field(default_factory=dict)
    kept_out: dict[str, dict[str, str]] = field(default_factory=dict)
    """Table → attribute that no model may see → reason; tables without such an attribute have no entry."""
    categories: dict[str, tuple[str, ...]] = field(default_factory=dict)
    numeric: frozenset[str] = frozenset()
    reach: Reach = field(default_factory=Reach)
    cells: list[Cells] = field(default_factory=list)
    """Cells that count as empty because they cannot be read."""
    unclear: list[BookQuestion] = field(default_factory=list)
    """Questions about values that cannot be read, or whose text has two meanings."""
    profile: dict[str, TableCounts] = field(default_factory=dict)
    """Table → its counts, for the next night; empty if one borrower alone is read."""
    open_questions: tuple[BookQuestion, ...] = ()
    """Questions that nobody has answered; their columns are left out."""
    events_alike: int = 0
    """Number of events that repeat another in every column, counted if no event has a time of day."""
    rows: dict[str, int] = field(default_factory=dict)
    counts: dict[str, dict[tuple[str, str], int]] = field(default_factory=dict)


def stage(con: duckdb.DuckDBPyConnection, source: Source, settings: BookSettings, today: date | None) -> Staged:
    """Stage every table of the source.

    Rows dated after `today` (None: any day is accepted), or so long after the others that the date is implausible, are
    set aside.

    Raises
    ------
    BookError
        A required table or column is missing or empty.
    """
    check_protected(settings.never_modelled)
    check_tables(source.name, source.columns, source.labels, source.also)
    stager = _Stager(con, source, settings, today)
    for table in TABLES:
        if table in source.columns:
            stager.stage(table)
    stager.finish()
    return stager.staged


class _Stager:
    """The state of one staging run."""

    def __init__(
        self, con: duckdb.DuckDBPyConnection, source: Source, settings: BookSettings, today: date | None
    ) -> None:
        self.con = con
        self.today = today
        self.source = source
        self.settings = settings
        self.staged = Staged()
        self.finder = Finder(con, source, settings)
        self.has_loans = "loans" in source.columns
        self.waiting: list[tuple[str, Faults]] = []
        self.filled: dict[str, Mapping[str, int]] = {}
        """Table → column → cells that are not empty."""
        faults.create(con)

    def stage(self, table: str) -> None:
        """Read one table into `staged_TABLE`."""
        spec = TABLES[table]
        present = self.source.columns[table]
        columns = spec.read(present, self.settings.never_modelled)
        if self.has_loans and table in _OF_LOANS:
            columns = tuple(c for c in columns if c.name != "borrower_id")
        with reading_errors(self.source, table, self.settings.memory_limit_mb):
            relation = self.source.relation(self.con, table, [c.name for c in columns])
            by_value = self._protected_by_value(table, relation, columns)
            columns = tuple(column for column in columns if column.name not in by_value)
            readings, too_many = self.finder.readings(table, relation, columns)
            if relation.is_text and not self.source.is_mapped:
                label = self.source.labels[table]
                most = self.settings.max_bad_share
                self.staged.unclear += unclear_values(self.con, table, label, relation, tuple(readings), most)
            self._count_cells(table, relation, readings)
            table_faults = self._write(table, relation, readings)
        not_used = {*spec.unknown(present), *too_many, *self.source.not_mentioned(table)}
        self.staged.ignored[table] = tuple(sorted(not_used))
        known = [name for name in present if spec.column(name) is not None]
        kept_out = self.settings.never_modelled.among(known) | by_value
        if kept_out:
            self.staged.kept_out[table] = kept_out
        self.staged.given[table] = frozenset(c.name for c in readings)
        if relation.is_copy:
            self.con.execute(statement("DROP TABLE {raw}", raw=relation.sql))
        self.staged.rows[table] = self._count(table)
        if not self.staged.rows[table] and table in ("borrowers", "loans") and self.source.only is None:
            raise BookError(
                f"{self.source.labels[table]} in {self.source.name} has no rows; fill it"
                + (", or remove it if the other tables have borrower_id." if table == "loans" else ".")
            )
        if self.has_loans or table not in _OF_LOANS:
            self._settle(table, table_faults)
        else:
            self.waiting.append((table, table_faults))
        if table == "borrowers":
            numbering.number_borrowers(self.con)
        if table == "loans":
            numbering.number_loans(self.con)

    def _protected_by_value(self, table: str, relation: Relation, columns: tuple[Column, ...]) -> dict[str, str]:
        """Return column → reason why its values keep it out; empty for one borrower, whose values show too little."""
        if self.source.only is not None:
            return {}
        looked_at = [column for column in columns if column.name not in self.settings.allowed]
        return protected_by_value(self.con, self.source, table, relation, looked_at)

    def finish(self) -> None:
        """Number the loans of a book without `loans`, then record what each table holds."""
        if not any(self.staged.rows.get(table) for table in _OF_LOANS) and self.source.only is None:
            labels = " and ".join(self.source.labels[t] for t in _OF_LOANS if t in self.source.labels)
            raise BookError(f"{labels} in {self.source.name} have no rows; a book needs instalments or statements.")
        if self.waiting:
            numbering.number_loans_of(self.con, [table for table, _ in self.waiting])
            for table, table_faults in self.waiting:
                self._settle(table, table_faults)
        if self.source.only is None:
            for stray in stray_rows(self.con, self.staged.rows, self.today):
                self._set_stray_aside(stray)
            self.staged.reach = reach_of(self.con, self.staged.rows, self.settings)
        for table, rows in self.staged.rows.items():
            if rows:
                self.staged.columns[table] = self._not_empty(table)
        kinds = self.finder.categories.get("events.kind", ())
        for table, filled in self.filled.items():
            rows, outputs = self.staged.rows[table], self.staged.outputs[table]
            self.staged.profile[table] = table_profile(self.con, table, rows, filled, outputs, kinds)
        self.staged.id_type = self.finder.id_type
        self.staged.categories = self.finder.categories
        self.staged.numeric = frozenset(self.finder.numeric)

    def _write(self, table: str, relation: Relation, readings: Mapping[Column, Reading]) -> Faults:
        """Create `staged_TABLE` with good and bad rows."""
        table_faults = Faults(table)
        position = {column.name: i for i, column in enumerate(readings)}
        inner: list[str] = []
        outputs: dict[str, str] = {}
        whens: list[str] = []
        for column, reading in readings.items():
            i = position[column.name]
            inner += [f"{reading.value} AS v{i}", f"{reading.has} AS h{i}"]
            faulty = [_put(condition, i) for condition, _ in reading.faults]
            staged = _put(reading.staged, i)
            if may_be_emptied(table, column):
                if faulty:
                    bad = " OR ".join(f"COALESCE({fault}, false)" for fault in faulty)
                    staged = reading.staged.replace("{v}", f"CASE WHEN {bad} THEN NULL ELSE v{i} END")
            else:
                for condition, (_, reason) in zip(faulty, reading.faults, strict=True):
                    whens.append(f"WHEN {condition} THEN {table_faults.code(column.name, reason)}")
            if column.kind != "id":
                outputs[column.output] = staged
        if {"paid_on", "paid_amount"} <= set(position):
            contradicts = f"v{position['paid_on']} IS NULL AND v{position['paid_amount']} > 0"
            whens.append(f"WHEN {contradicts} THEN {table_faults.code('paid_on', PAID_WITHOUT_DAY)}")
        join = self._owner(table, position, outputs, whens, table_faults)
        _fill(table, position, outputs, has_loans=self.has_loans)
        if table == "events":
            outputs["second"] = "r.second"
            inner.append(f"{second_of_day(relation, 'occurred_at')} AS second")
        names = {column.output: column.name for column in readings}
        self.staged.outputs[table] = {name: names.get(name, "") for name in outputs}
        self.con.execute(
            statement(
                "CREATE TABLE staged_{table} AS SELECT {outputs}, file, row_no, "
                "CAST(CASE {whens} ELSE 0 END AS USMALLINT) AS fault "
                "FROM (SELECT {inner}, {row} AS row_no, {file} AS file FROM {source}) AS r {join}",
                table=table,
                outputs=", ".join(f"{sql} AS {quoted(name, outputs)}" for name, sql in outputs.items()),
                whens=" ".join(whens),
                inner=", ".join(inner),
                row=relation.row,
                file=relation.file,
                source=relation.sql,
                join=join,
            ),
            self._parameters(relation, inner),
        )
        return table_faults

    def _count_cells(self, table: str, relation: Relation, readings: Mapping[Column, Reading]) -> None:
        """Record how many cells are filled, and those that count as empty because they cannot be read."""
        label = self.source.labels[table]
        place = label, self.source.prefix
        counts = count_cells(self.con, table, place, relation, readings, self.settings.time_zone)
        self.staged.cells += counts.unreadable
        self.staged.unclear += [one.question(label, self.settings.max_bad_share) for one in counts.unreadable]
        if self.source.only is None:
            self.filled[table] = counts.filled

    def _parameters(self, relation: Relation, inner: Iterable[str]) -> dict[str, Any]:
        zone = {"zone": self.settings.time_zone} if any("$zone" in part for part in inner) else {}
        return {**relation.parameters, **zone}

    def _owner(
        self, table: str, position: Mapping[str, int], outputs: dict[str, str], whens: list[str], table_faults: Faults
    ) -> str:
        """Return the join that finds the borrower or loan of a row.

        The join's columns are added to `outputs`, the fault of a row without a match to `whens`.
        """
        if table == "borrowers":
            outputs["id"] = f"v{position['borrower_id']}"
            return ""
        if table in _OF_LOANS and self.has_loans:
            loan = f"v{position['loan_id']}"
            outputs.update(borrower="o.borrower", loan="o.loan", lost_loan=f"CASE WHEN o.loan IS NULL THEN {loan} END")
            whens.append(f"WHEN o.loan IS NULL THEN {table_faults.code('loan_id', 'is not in loans')}")
            return f"LEFT JOIN loan_index AS o ON o.loan_id = r.{loan}"
        outputs["borrower"] = "o.borrower"
        if "loan_id" in position:
            outputs["loan_id"] = f"v{position['loan_id']}"
        whens.append(f"WHEN o.borrower IS NULL THEN {table_faults.code('borrower_id', 'is not in borrowers')}")
        return f"LEFT JOIN borrower_index AS o ON o.id = r.v{position['borrower_id']}"

    def _settle(self, table: str, table_faults: Faults) -> None:
        """Set aside the bad rows of `staged_TABLE`."""
        outputs = self.staged.outputs[table]
        content = tuple(quoted(name, outputs) for name in outputs if name != "lost_loan")
        if not self.has_loans and table in _OF_LOANS:
            content = ("loan", *(name for name in content if name != '"loan_id"'))
        alike = mark_doubles(self.con, table_faults, content)
        self.staged.events_alike = alike if table == "events" else self.staged.events_alike
        if table in _OF_LOANS:
            faults.set_borrowers_aside(self.con, table_faults, through_loans=self.has_loans, harmless=KEPT_ONCE)
        if table == "loans":
            faults.keep_claims(self.con)
        self.staged.counts[table] = faults.set_aside(
            self.con, table_faults, self.source.labels[table], self.source.prefix
        )
        if table == "events":
            self.con.execute("ALTER TABLE staged_events DROP COLUMN second")
        kept = {
            name: origin for name, origin in outputs.items() if name not in ("id", "loan_id", "lost_loan", "second")
        }
        owner = {"borrower": ""} if "borrower" not in kept else {}
        loan = {"loan": ""} if table in ("loans", *_OF_LOANS) and "loan" not in kept else {}
        self.staged.outputs[table] = {**owner, **loan, **kept}

    def _set_stray_aside(self, stray: Stray) -> None:
        """Set aside the rows of a table that are dated after its reach."""
        table, table_faults = stray.table, Faults(stray.table)
        self.con.execute(
            statement(
                "UPDATE staged_{table} SET fault = {code} WHERE {day} > $last AND {day} <> $never",
                table=table,
                code=table_faults.code(stray.column, STRAY),
                day=stray.day,
            ),
            {"last": stray.last, "never": NEVER},
        )
        if table in _OF_LOANS:
            faults.set_borrowers_aside(self.con, table_faults, through_loans=False)
        counts = faults.set_aside(self.con, table_faults, self.source.labels[table], self.source.prefix)
        self.staged.counts[table] = {**self.staged.counts[table], **counts}

    def _count(self, table: str) -> int:
        self.con.execute(statement("SELECT count(*) FROM staged_{table}", table=table))
        return int(self.con.fetchall()[0][0])

    def _not_empty(self, table: str) -> frozenset[str]:
        """Return the contract's columns of the table that are not all empty; required and filled columns never are."""
        tests, tested = [], []
        always = set(self.staged.given[table])
        for output, origin in self.staged.outputs[table].items():
            column = TABLES[table].column(origin) if origin else None
            if column is None or column.required or (table, output) in _FILLED:
                continue
            name = quoted(output, self.staged.outputs[table])
            if column.kind in ("date", "timestamp"):
                tests.append(f"bool_or({name} <> {NEVER})")
            elif column.kind == "flag" or f"{table}.{output}" in self.finder.categories:
                tests.append(f"bool_or({name} >= 0)")
            else:
                tests.append(f"bool_or(NOT isnan({name}))")
            tested.append(origin)
        if tests:
            self.con.execute(statement("SELECT {t} FROM staged_{table}", t=", ".join(tests), table=table))
            always -= {name for name, holds in zip(tested, self.con.fetchall()[0], strict=True) if not holds}
        return frozenset(always)


def second_of_day(relation: Relation, name: str) -> str:
    """Return SQL of a column's second of the day, 0 if it holds only days; it distinguishes two events on one day."""
    moment = f"TRY_CAST({quoted(name, relation.types)} AS TIMESTAMP)"
    return f"COALESCE(CAST(epoch({moment}) AS BIGINT) % 86400, 0)"


_FILLED = {
    ("instalments", "paid_amount"),
    ("instalments", "scheduled_on"),
    ("instalments", "recorded_on"),
    ("statements", "recorded_on"),
    ("events", "recorded_on"),
}


def _put(template: str, i: int) -> str:
    return template.replace("{v}", f"v{i}").replace("{has}", f"h{i}")


def _fill(table: str, position: Mapping[str, int], outputs: dict[str, str], *, has_loans: bool) -> None:
    """Fill in the contract's defaults where a row has no value."""

    def default(output: str, column: str, otherwise: str) -> None:
        outputs[output] = (
            f"CASE WHEN v{position[column]} IS NULL THEN {otherwise} ELSE {outputs[output]} END"
            if column in position
            else otherwise
        )

    if table == "instalments":
        default("scheduled_on", "scheduled_on", "o.opened_on" if has_loans else str(NEVER))
        outputs.setdefault("paid_on", f"CAST({NEVER} AS INTEGER)")
        default("recorded_on", "recorded_on", outputs["paid_on"])
        default("paid_amount", "paid_amount", outputs["due_amount"])
        if "paid_on" in position:
            outputs["paid_amount"] = (
                f"CASE WHEN v{position['paid_on']} IS NULL THEN 0 ELSE {outputs['paid_amount']} END"
            )
        else:
            outputs["paid_amount"] = "0::DOUBLE"
    if table == "statements":
        default("recorded_on", "recorded_on", outputs["statement_on"])
    if table == "events":
        default("recorded_on", "recorded_at", outputs["occurred_on"])
