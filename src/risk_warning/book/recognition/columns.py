"""A proposal column by column: the form of dates, numbers, levels and ids, from what the columns hold."""

from __future__ import annotations

import duckdb

from risk_warning.book.mapping.columns import EXCEL
from risk_warning.book.mapping.document import TextPart
from risk_warning.book.recognition.formats import DATE_FORMATS, ColumnLook, Dates
from risk_warning.book.recognition.matching import Match
from risk_warning.book.recognition.proposal import Proposal
from risk_warning.book.recognition.totals import totals_in
from risk_warning.book.recognition.vocabulary import MONTH_OF_QUERY, ROW_OF_FILE, divisor_in, same_level
from risk_warning.book.schema import TABLES, Column
from risk_warning.book.sql import quoted, statement

_FEW_LEVELS = 200


def may_be_empty(column: Column | None) -> bool:
    """Whether a marker of an empty cell in the column is read as one: ids are never empty."""
    return column is not None and column.kind != "id"


def add_columns(con: duckdb.DuckDBPyConnection, proposal: Proposal, match: Match) -> None:
    """Add the form of each column of a table to the proposal, with its evidence and what is unclear."""
    for name, look in match.columns.items():
        column = TABLES[match.table].column(name)
        assert column is not None
        if look.name not in (name, ROW_OF_FILE, MONTH_OF_QUERY):
            case = ", which differs in upper and lower case" if look.name.casefold() == name.casefold() else ""
            proposal.note(match.table, name, f"the export calls {name} {look.name}{case}")
        if column.kind in ("date", "timestamp"):
            _add_date(proposal, match, name, look, is_moment=column.kind == "timestamp")
        elif column.kind in ("money", "number", "count"):
            _add_number(proposal, match, name, look)
            if column.kind == "money":
                _add_unit(proposal, match, name, look)
        elif column.kind in ("category", "open"):
            _add_levels(con, proposal, match, name, look)
        if look.wide and column.kind != "category":
            proposal.set_column(match.table, name, half_width=True)
            proposal.note(match.table, name, f"{look.wide:,} values have full-width digits")
        if column.kind == "id":
            _add_totals(con, proposal, match, name, look)
        if column.kind == "id" and look.padded:
            proposal.note(match.table, name, f"{look.padded:,} ids have a blank before or after them, taken off")


def _add_date(proposal: Proposal, match: Match, name: str, look: ColumnLook, *, is_moment: bool) -> None:
    dates = look.dates
    if dates is None:
        numbers = look.numbers
        if numbers is not None and numbers.are_days:
            # Smaller numbers are counted from a date of their own, which one question for all of them asks for.
            proposal.set_column(match.table, name, format=EXCEL)
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
            ways = [(DATE_FORMATS[way], {"format": way}) for way in sorted((dates.form, dates.twin))]
            text = f"No day is above 12, so {look.name} may be {ways[0][0]} or {ways[1][0]}. Which is it?"
            proposal.ask(match.table, name, text, *ways)
            return
    proposal.set_column(match.table, name, format=form)
    proposal.note(match.table, name, f"the dates are {DATE_FORMATS[form]} ({form})")
    if name == "statement_on" and "%d" not in form:
        # A statement of a month is known when the month is over.
        proposal.set_column(match.table, name, month_end=True)
        proposal.note(match.table, name, "a month is read as its last day")


def _voted(proposal: Proposal, dates: Dates) -> str | None:
    """Return the one form that unambiguous columns of the export have, of the two that fit; None without one."""
    forms = {
        look.dates.form
        for match in proposal.matches
        for look in match.part.columns.values()
        if look.dates is not None and look.dates.twin is None and look.dates.form in (dates.form, dates.twin)
    }
    return forms.pop() if len(forms) == 1 else None


def _add_number(proposal: Proposal, match: Match, name: str, look: ColumnLook) -> None:
    numbers = look.numbers
    if numbers is None:
        if 0 < look.counts_of == look.filled:
            proposal.set_column(match.table, name, split=TextPart(by="/", part=1))
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
            ("thousands", {"thousands": character, "decimal": other}),
            ("decimals", {"decimal": character}),
        )
        return
    if numbers.remove:
        proposal.set_column(match.table, name, remove=numbers.remove)
        proposal.note(match.table, name, f"{' and '.join(numbers.remove)} is taken out of the values")
    if numbers.thousands is not None:
        proposal.set_column(match.table, name, thousands=numbers.thousands)
        proposal.note(match.table, name, f"the thousands are separated by {numbers.thousands!r}")
    if numbers.decimal != ".":
        proposal.set_column(match.table, name, decimal=numbers.decimal)
        proposal.note(match.table, name, "the decimal separator is a comma")
    if numbers.is_percent:
        proposal.set_column(match.table, name, divide=100)
        proposal.note(match.table, name, "the values are per cent (%), divided by 100")


def _add_unit(proposal: Proposal, match: Match, name: str, look: ColumnLook) -> None:
    """Read amounts in the currency's unit where the column's name says that they are in another."""
    divisor = divisor_in(look.name)
    if divisor > 1:
        proposal.set_column(match.table, name, divide=divisor)
        proposal.note(match.table, name, f"by its name it is in minor units, divided by {divisor:g}")
    elif divisor < 1:
        proposal.set_column(match.table, name, multiply=1 / divisor)
        proposal.note(match.table, name, f"by its name it is in units of {1 / divisor:,.0f}, multiplied by them")


def _add_totals(con: duckdb.DuckDBPyConnection, proposal: Proposal, match: Match, name: str, look: ColumnLook) -> None:
    """Leave out rows of totals, which have a word in place of an id."""
    totals = totals_in(con, match.part.raw, look.name)
    if totals:
        proposal.set_table(match.table, without={look.name: tuple(totals)})
        proposal.note(match.table, name, f"rows with {' and '.join(map(repr, totals))} are totals and left out")


def _add_levels(
    con: duckdb.DuckDBPyConnection,
    proposal: Proposal,
    match: Match,
    name: str,
    look: ColumnLook,
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
        proposal.set_column(match.table, name, codes=codes)
        pairs = ", ".join(f"{one!r} as {other!r}" for one, other in codes.items())
        proposal.note(match.table, name, f"values that differ in case or blanks alone are read alike: {pairs}")
