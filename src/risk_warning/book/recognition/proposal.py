"""The proposal of a mapping, with the evidence for each part of it and what remains a question."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb

from risk_warning.book.mapping.columns import EXCEL
from risk_warning.book.mapping.document import ColumnMapping, Mapping, TableMapping
from risk_warning.book.recognition.formats import DATE_FORMATS, ColumnLook, Dates
from risk_warning.book.recognition.keys import KeyMatch, key_match
from risk_warning.book.recognition.matching import Match, matches_of
from risk_warning.book.recognition.parts import Part, parts_of
from risk_warning.book.recognition.vocabulary import same_level
from risk_warning.book.schema import TABLES, Column
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
_FEW_LEVELS = 200


@dataclass(frozen=True)
class Finding:
    """Something that the export shows about a table or a column."""

    table: str
    column: str | None
    text: str
    is_plain: bool = True
    """Whether a plain book of these files reads it the same way without a mapping."""


@dataclass(frozen=True)
class Choice:
    """A possible answer to a question: in words, and what it sets in the mapping of the column."""

    text: str
    settings: dict[str, Any]


@dataclass(frozen=True)
class Question:
    """Something that only the lender knows."""

    table: str
    column: str | None
    text: str
    choices: tuple[Choice, ...] = ()


@dataclass
class Proposal:
    """A proposed mapping while it grows."""

    source: str
    matches: list[Match]
    unused: list[Part]
    tables: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Table → the content of its mapping, as in the file."""
    findings: list[Finding] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)

    def column(self, table: str, name: str) -> dict[str, Any]:
        """Return the settings of a column's mapping, to be changed."""
        settings: dict[str, Any] = self.tables[table]["columns"][name]
        return settings

    def note(self, table: str, column: str | None, text: str, *, is_plain: bool = False) -> None:
        """Add a finding."""
        self.findings.append(Finding(table, column, text, is_plain))

    def ask(self, table: str, column: str | None, text: str, *choices: Choice) -> None:
        """Add a question."""
        self.questions.append(Question(table, column, text, choices))

    def answer(self, question: Question, choice: Choice) -> None:
        """Take an answer into the mapping."""
        assert question.column is not None
        self.column(question.table, question.column).update(choice.settings)
        self.questions.remove(question)

    def mapping(self) -> Mapping:
        """Return the mapping as it stands."""
        return Mapping.model_validate({"version": 1, "source": self.source, "tables": self.tables})

    def match(self, table: str) -> Match | None:
        """Return the part that is this table; None if there is none."""
        return next((match for match in self.matches if match.table == table), None)


def propose(con: duckdb.DuckDBPyConnection, export: Export, source: str, encoding: str | None = None) -> Proposal:
    """Return the proposal for an export that the mapping will name `source`.

    `encoding` is that of text files that are not UTF-8; None if it has to be found out.

    Raises
    ------
    BookError
        The export cannot be read, or nothing in it is a table of a book.
    """
    parts = list(parts_of(con, export, encoding))
    matches, unused = matches_of(parts)
    if not matches:
        seen = ", ".join(part.name for part in parts) or "nothing"
        raise BookError(f"Nothing in {export.name} looks like a table of a book (found: {seen}).")
    proposal = Proposal(source, matches, unused)
    for match in matches:
        if match.is_derived:
            _keep_what_is_constant(con, match)
        _add_table(proposal, match)
    for match in matches:
        _add_columns(con, proposal, match)
    for table, column, of_table, of_column in _KEYS:
        _write_ids_alike(con, proposal, (table, column), (of_table, of_column))
    _ask_for_what_is_missing(proposal)
    from risk_warning.book.recognition.amounts import look_across

    look_across(con, proposal)
    return proposal


def _add_table(proposal: Proposal, match: Match) -> None:
    part, place = match.part, match.part.place
    layout = place.layout
    content: dict[str, Any] = {"files": list(place.files)} if place.files else {"table": place.table}
    if layout.encoding != "utf-8":
        content["encoding"] = layout.encoding
    if layout.separator != ",":
        content["separator"] = layout.separator
    if layout.skip_lines:
        content["skip_lines"] = layout.skip_lines
    if layout.sheet:
        content["sheet"] = layout.sheet
    markers: dict[str, int] = {}
    for name, look in match.columns.items():
        if _may_be_empty(TABLES[match.table].column(name)):
            for marker, rows in look.markers.items():
                markers[marker] = markers.get(marker, 0) + rows
                proposal.note(match.table, name, f"{rows:,} of {part.rows:,} rows hold '{marker}', read as empty")
    if markers:
        content["empty"] = sorted(markers)
    content["columns"] = {name: {"column": look.name} for name, look in match.columns.items()}
    used = {look.name for look in match.columns.values()}
    if ignored := [name for name in part.columns if name not in used]:
        content["ignored"] = ignored
    if match.is_derived:
        content.pop("ignored", None)
        content["repeats"] = "once"
        proposal.note(match.table, None, f"the export has no file of its own for it, so it is read from {place.label}")
    proposal.tables[match.table] = content
    for note in part.notes:
        proposal.note(match.table, None, note)
    if place.files and place.files[0].split(".")[0] != match.table and not part.notes:
        proposal.note(match.table, None, f"{place.label} is the table {match.table}")


def _keep_what_is_constant(con: duckdb.DuckDBPyConnection, match: Match) -> None:
    """Leave out the columns of a derived table that differ between rows of one id."""
    key = match.columns["loan_id" if match.table == "loans" else "borrower_id"].name
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


def _may_be_empty(column: Column | None) -> bool:
    return column is not None and column.kind != "id"


def _add_columns(con: duckdb.DuckDBPyConnection, proposal: Proposal, match: Match) -> None:
    for name, look in match.columns.items():
        column = TABLES[match.table].column(name)
        assert column is not None
        settings = proposal.column(match.table, name)
        if look.name != name:
            case = ", which differs in upper and lower case" if look.name.casefold() == name.casefold() else ""
            proposal.note(match.table, name, f"the export calls {name} {look.name}{case}")
        if column.kind in ("date", "timestamp"):
            _add_date(proposal, match, name, look, settings, is_moment=column.kind == "timestamp")
        elif column.kind in ("money", "number", "count"):
            _add_number(proposal, match, name, look, settings)
        elif column.kind in ("category", "open"):
            _add_levels(con, proposal, match, name, look, settings)
        if look.wide and column.kind != "category":
            settings["half_width"] = True
            proposal.note(match.table, name, f"{look.wide:,} values have full-width digits")
        if column.kind == "id" and look.padded:
            proposal.note(match.table, name, f"{look.padded:,} ids have a blank before or after them, taken off")


def _add_date(
    proposal: Proposal, match: Match, name: str, look: ColumnLook, settings: dict[str, Any], *, is_moment: bool
) -> None:
    dates = look.dates
    if dates is None:
        numbers = look.numbers
        if numbers is not None and numbers.are_days:
            settings["format"] = EXCEL
            proposal.note(match.table, name, "the values are day numbers of a spreadsheet")
        return
    if dates.form is None:
        if dates.is_zoned and not is_moment:
            proposal.note(match.table, name, "the values are moments with a zone (UTC), read as days in book.time_zone")
        return
    form = dates.form
    if dates.twin is not None:
        form = _voted(proposal, dates) or ""
        if not form:
            ways = [Choice(DATE_FORMATS[way], {"format": way}) for way in sorted((dates.form, dates.twin))]
            text = f"No day is above 12, so {look.name} may be {ways[0].text} or {ways[1].text}. Which is it?"
            proposal.ask(match.table, name, text, *ways)
            return
    settings["format"] = form
    proposal.note(match.table, name, f"the dates are {DATE_FORMATS[form]} ({form})")


def _voted(proposal: Proposal, dates: Dates) -> str | None:
    """Return the one form that unambiguous columns of the export have, of the two that fit; None without one."""
    forms = {
        look.dates.form
        for match in proposal.matches
        for look in match.part.columns.values()
        if look.dates is not None and look.dates.twin is None and look.dates.form in (dates.form, dates.twin)
    }
    return forms.pop() if len(forms) == 1 else None


def _add_number(proposal: Proposal, match: Match, name: str, look: ColumnLook, settings: dict[str, Any]) -> None:
    numbers = look.numbers
    if numbers is None:
        if 0 < look.counts_of == look.filled:
            settings["split"] = {"by": "/", "part": 1}
            proposal.note(match.table, name, "the values are a number of a total, such as 1/12: the first part is read")
        return
    if numbers.is_unclear:
        text = f"{look.name} has three digits after each separator. Is it a separator of thousands or of decimals?"
        character = numbers.thousands or numbers.decimal
        other = "," if character == "." else "."
        proposal.ask(
            match.table,
            name,
            text,
            Choice("thousands", {"thousands": character, "decimal": other}),
            Choice("decimals", {"decimal": character}),
        )
        return
    if numbers.remove:
        settings["remove"] = list(numbers.remove)
        proposal.note(match.table, name, f"{' and '.join(numbers.remove)} is taken out of the values")
    if numbers.thousands is not None:
        settings["thousands"] = numbers.thousands
        proposal.note(match.table, name, f"the thousands are separated by {numbers.thousands!r}")
    if numbers.decimal != ".":
        settings["decimal"] = numbers.decimal
        proposal.note(match.table, name, "the decimal separator is a comma")
    if numbers.is_percent:
        settings["divide"] = 100
        proposal.note(match.table, name, "the values are per cent (%), divided by 100")


def _add_levels(
    con: duckdb.DuckDBPyConnection,
    proposal: Proposal,
    match: Match,
    name: str,
    look: ColumnLook,
    settings: dict[str, Any],
) -> None:
    """Write levels that differ in case or blanks alone as the most frequent of them."""
    if look.distinct > _FEW_LEVELS or (
        look.numbers is not None and TABLES[match.table].takes_extra and name != "status"
    ):
        return
    con.execute(
        statement(
            "SELECT trim(CAST({column} AS VARCHAR)) AS v, count(*) FROM {raw} WHERE {column} IS NOT NULL "
            "GROUP BY v ORDER BY count(*) DESC, v",
            column=quoted(look.name, (look.name,)),
            raw=match.part.raw,
        )
    )
    leading: dict[str, str] = {}
    codes = {}
    for level, _ in con.fetchall():
        if level and level not in look.markers and leading.setdefault(same_level(level), level) != level:
            codes[level] = leading[same_level(level)]
    if codes:
        settings["codes"] = codes
        pairs = ", ".join(f"{one!r} as {other!r}" for one, other in codes.items())
        proposal.note(
            match.table, name, f"values that differ in case, blanks or punctuation alone are read alike: {pairs}"
        )


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
    found = key_match(con, match.part.raw, looks[0].name, other.part.raw, looks[1].name)
    if found.matching == found.plainly:
        if found.share < 1:
            proposal.note(table, name, f"{found.matching:,} of {found.ids:,} ids are in {of_table}", is_plain=True)
        return
    how = _apply(proposal, here, there, found)
    proposal.note(table, name, f"{found.matching:,} of {found.ids:,} ids are in {of_table} {how}")


def _apply(proposal: Proposal, here: tuple[str, str], there: tuple[str, str], found: KeyMatch) -> str:
    """Write the form of the ids into both columns; return it in words."""
    settings = dict(found.form.settings)
    if found.digits is not None:
        # Ids of one length keep their zeros; the shorter ones get them back.
        settings = {"whole": True, "digits": found.digits}
        proposal.column(*here).update(settings)
        return f"once they have leading zeros again ({found.digits} digits)"
    if settings:
        proposal.column(*here).update(settings)
        proposal.column(*there).update(settings)
    return f"once they are written {found.form.name}" + (" (upper and lower case differ)" if "case" in settings else "")


def _ask_for_what_is_missing(proposal: Proposal) -> None:
    for match in proposal.matches:
        free = [name for name in match.part.columns if name in proposal.tables[match.table].get("ignored", ())]
        for name in match.missing:
            text = f"Which column of {match.part.name} is {name}? Not used so far: {', '.join(free) or 'none'}."
            if name in match.part.columns:
                text = f"The values of {name} in {match.part.name} have no known form. What do they mean?"
            proposal.ask(match.table, None, text)
    if proposal.match("borrowers") is None:
        proposal.ask("borrowers", None, "Which part of the export lists the borrowers? None looks like it.")
    if proposal.match("instalments") is None and proposal.match("statements") is None:
        proposal.ask("instalments", None, "Which part of the export has instalments or statements? None looks like it.")


def rows_as_read(
    con: duckdb.DuckDBPyConnection, match: Match, table: TableMapping, names: Sequence[str], limit: int
) -> Iterator[tuple[Any, ...]]:
    """Yield the first rows of a part as the mapping reads them, the columns in the order of `names`."""
    from risk_warning.book.mapping.columns import projection_of
    from risk_warning.book.sources.source import Relation

    types = {look.name: look.kind for look in match.part.columns.values()}
    projection = projection_of(table, Relation(match.part.raw, types), names)
    columns = ", ".join(projection.columns.values())
    con.execute(
        statement(
            "SELECT {columns} FROM {raw} LIMIT {limit}", columns=columns, raw=match.part.raw, limit=str(int(limit))
        ),
        projection.parameters,
    )
    yield from con.fetchall()


def column_mapping(settings: dict[str, Any]) -> ColumnMapping:
    """Return the mapping of a column from its content in the file."""
    return ColumnMapping.model_validate(settings)
