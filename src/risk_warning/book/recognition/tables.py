"""A proposal table by table: where each lies, how its ids match, and what is missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import duckdb

from risk_warning.book.mapping.columns import projection_of
from risk_warning.book.mapping.document import ColumnMapping, TableMapping
from risk_warning.book.recognition.amounts import look_across
from risk_warning.book.recognition.applications import read_granted_alone
from risk_warning.book.recognition.arrears_codes import ask_for_arrears
from risk_warning.book.recognition.columns import add_columns, may_be_empty
from risk_warning.book.recognition.counted_dates import ask_for_zeros, counted_columns
from risk_warning.book.recognition.formats import NO_DAY
from risk_warning.book.recognition.keys import KeyMatch, key_match
from risk_warning.book.recognition.matching import Match, flagged_outcome, matches_of
from risk_warning.book.recognition.parts import Part, parts_of
from risk_warning.book.recognition.proposal import ColumnChange, MappingChoice, MappingQuestion, Proposal
from risk_warning.book.recognition.wide import widened
from risk_warning.book.schema import TABLES
from risk_warning.book.sources.export import Export
from risk_warning.book.sql import quoted, statement
from risk_warning.errors import BookError

_KEYS = (
    ("loans", "borrower_id", "borrowers", "borrower_id"),
    ("instalments", "loan_id", "loans", "loan_id"),
    ("statements", "loan_id", "loans", "loan_id"),
    ("instalments", "borrower_id", "borrowers", "borrower_id"),
    ("statements", "borrower_id", "borrowers", "borrower_id"),
    ("events", "borrower_id", "borrowers", "borrower_id"),
    ("contacts", "borrower_id", "borrowers", "borrower_id"),
    ("outcomes", "borrower_id", "borrowers", "borrower_id"),
)
"""(table, its column, table it refers to, column there)."""


def propose(con: duckdb.DuckDBPyConnection, export: Export, source: str, encoding: str | None = None) -> Proposal:
    """Return the proposal for an export that the mapping will name `source`.

    `encoding` is that of text files that are not UTF-8; None if it has to be found out.

    Raises
    ------
    BookError
        The export cannot be read, or nothing in it is a table of a book.
    """
    parts = list(parts_of(con, export, encoding))
    matches, unused = _matched(con, export, parts)
    if not matches:
        seen = ", ".join(part.name for part in parts) or "nothing"
        raise BookError(f"Nothing in {export.name} looks like a table of a book (found: {seen}).")
    proposal = Proposal(source, matches, unused)
    for match in matches:
        if match.is_derived:
            _keep_what_is_constant(con, match)
        _add_table(proposal, match)
    for match in matches:
        add_columns(con, proposal, match)
    for table, column, of_table, of_column in _KEYS:
        _write_ids_alike(con, proposal, (table, column), (of_table, of_column))
    _ask_for_what_is_missing(proposal)
    _ask_for_borrower(proposal)
    ask_for_zeros(proposal)
    ask_for_arrears(con, proposal)
    read_granted_alone(con, proposal)
    look_across(con, proposal)
    return proposal


def _matched(con: duckdb.DuckDBPyConnection, export: Export, parts: list[Part]) -> tuple[list[Match], list[Part]]:
    """Return (the match for each table, parts that are no table), months that stand side by side among them."""
    matches, unused = matches_of(parts)
    long_parts, long = widened(con, export, parts, {match.table for match in matches})
    if long:
        matches, unused = matches_of(long_parts, long)
    if any(match.wide is not None or any(counted_columns(match)) for match in matches):
        # Where dates are counted, an outcome without a date is one as of the end of what was counted.
        outcome = flagged_outcome(matches)
        matches += [] if outcome is None else [outcome]
    return matches, unused


def _add_table(proposal: Proposal, match: Match) -> None:
    part, place = match.part, match.part.place
    layout = place.layout
    markers: dict[str, int] = {}
    for name, look in match.columns.items():
        if may_be_empty(TABLES[match.table].column(name)):
            for marker, rows in look.markers.items():
                if marker in NO_DAY:
                    continue
                markers[marker] = markers.get(marker, 0) + rows
                proposal.note(match.table, name, f"{rows:,} of {part.rows:,} rows hold '{marker}', read as empty")
    used = {look.name for look in match.columns.values()}
    proposal.tables[match.table] = TableMapping(
        files=place.files,
        table=place.table,
        query=place.query,
        sheet=layout.sheet,
        encoding=layout.encoding,
        separator=layout.separator,
        skip_lines=layout.skip_lines,
        empty=tuple(sorted(markers)),
        repeats="once" if match.is_derived else None,
        columns={name: ColumnMapping(column=look.name) for name, look in match.columns.items()},
        ignored=() if match.is_derived else tuple(name for name in part.columns if name not in used),
    )
    if match.is_derived:
        where = part.name if place.query is not None else place.label
        proposal.note(match.table, None, f"the export has no file of its own for it, so it is read from {where}")
    for note in part.notes:
        proposal.note(match.table, None, note)
    if place.files and place.files[0].split(".")[0] != match.table and not part.notes:
        proposal.note(match.table, None, f"{place.label} is the table {match.table}")


def _keep_what_is_constant(con: duckdb.DuckDBPyConnection, match: Match) -> None:
    """Leave out the columns of a derived table that differ between rows of one id."""
    key = match.borrower_is or match.columns["loan_id" if match.table == "loans" else "borrower_id"].name
    names = tuple(match.part.columns)
    for name, look in list(match.columns.items()):
        if look.name == key:
            continue
        con.execute(
            statement(
                "SELECT 1 FROM {raw} GROUP BY {key} HAVING count(DISTINCT COALESCE(CAST({column} AS VARCHAR), '')) > 1 "
                "LIMIT 1",
                raw=match.part.raw,
                key=quoted(key, names),
                column=quoted(look.name, names),
            )
        )
        if con.fetchall():
            del match.columns[name]


def _write_ids_alike(
    con: duckdb.DuckDBPyConnection, proposal: Proposal, here: tuple[str, str], there: tuple[str, str]
) -> None:
    """Make the ids of one table match those of another, and say how many do."""
    (table, name), (of_table, of_name) = here, there
    match, other = proposal.match(table), proposal.match(of_table)
    if match is None or other is None or name not in match.columns or of_name not in other.columns:
        return
    if table != "loans" and name == "borrower_id" and "loan_id" in match.columns and proposal.match("loans"):
        return
    looks = match.columns[name], other.columns[of_name]
    id_match = key_match(con, match.part.raw, looks[0].name, other.part.raw, looks[1].name)
    if id_match.matching == id_match.plainly:
        if id_match.share < 1:
            proposal.note(
                table, name, f"{id_match.matching:,} of {id_match.ids:,} ids are in {of_table}", is_plain=True
            )
        return
    how = _apply(proposal, here, there, id_match)
    proposal.note(table, name, f"{id_match.matching:,} of {id_match.ids:,} ids are in {of_table} {how}")


def _apply(proposal: Proposal, here: tuple[str, str], there: tuple[str, str], id_match: KeyMatch) -> str:
    """Write the form of the ids into both columns; return it in words."""
    settings = dict(id_match.form.settings)
    if id_match.digits is not None:
        # Ids of one length keep their zeros; the shorter ones get them back.
        proposal.set_column(*here, whole=True, digits=id_match.digits)
        return f"once they have leading zeros again ({id_match.digits} digits)"
    if settings:
        proposal.set_column(*here, **settings)
        proposal.set_column(*there, **settings)
    return f"once they are written {id_match.form.name}" + (
        " (upper and lower case differ)" if "case" in settings else ""
    )


def _ask_for_what_is_missing(proposal: Proposal) -> None:
    for match in proposal.matches:
        free = [name for name in match.part.columns if name in proposal.tables[match.table].ignored]
        for name in match.missing:
            text = f"Which column of {match.part.name} is {name}? Not used so far: {', '.join(free) or 'none'}."
            if name in match.part.columns:
                text = f"The values of {name} in {match.part.name} have no known form. What do they mean?"
            proposal.ask_about(match.table, text)
    if proposal.match("borrowers") is None:
        proposal.ask_about("borrowers", "Which part of the export lists the borrowers? None looks like it.")
    if proposal.match("instalments") is None and proposal.match("statements") is None:
        proposal.ask_about("instalments", "Which part of the export has instalments or statements? None looks like it.")


def _ask_for_borrower(proposal: Proposal) -> None:
    """Ask whether each loan is a borrower of its own, where no column names the borrower."""
    matches = [match for match in proposal.matches if match.borrower_is]
    if not matches:
        return
    name = matches[0].borrower_is
    changes = tuple(ColumnChange(match.table, "borrower_id", {"column": name}) for match in matches)
    proposal.questions.append(
        MappingQuestion(
            matches[0].table,
            "borrower_id",
            f"No column of the export names the borrower. Is each {name} a borrower of its own?",
            (
                MappingChoice("yes: a borrower has one loan", changes),
                MappingChoice("no: the export needs a column that names the borrower"),
            ),
        )
    )


def rows_as_read(
    con: duckdb.DuckDBPyConnection, match: Match, table: TableMapping, names: Sequence[str], limit: int
) -> Iterator[tuple[Any, ...]]:
    """Yield the first rows of a part as the mapping reads them, the columns in the order of `names`."""
    if not names:
        return
    projection = projection_of(table, match.part.relation, names)
    columns = ", ".join(projection.columns.values())
    con.execute(
        statement(
            "SELECT {columns} FROM {raw} LIMIT {limit}", columns=columns, raw=match.part.raw, limit=str(int(limit))
        ),
        projection.parameters,
    )
    yield from con.fetchall()
