"""`risk-warning map`: how a lender's own export becomes a book."""

from __future__ import annotations

import codecs
import os
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.prompt import IntPrompt, Prompt
from rich.table import Table
from rich.text import Text

from risk_warning.cli.terminal import Terminal
from risk_warning.settings import load_settings

if TYPE_CHECKING:
    import duckdb

    from risk_warning.book.recognition.matching import Match
    from risk_warning.book.recognition.proposal import Proposal

_ROWS_SHOWN = 10


def map_export(
    export: Annotated[
        str,
        typer.Argument(
            metavar="EXPORT",
            help="A folder of files, a DuckDB file, a postgresql:// URL, adbc:DRIVER:URI or s3://BUCKET/FOLDER.",
        ),
    ],
    mapping: Annotated[
        Path, typer.Option("--mapping", metavar="FILE", help="The mapping to write; must not exist.")
    ] = Path("book.toml"),
    encoding: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Encoding of text files that are not UTF-8, such as gb18030, if unclear."),
    ] = None,
) -> None:
    """Recognise a lender's own tables and columns, and write the mapping that makes a book of them.

    On a terminal it asks what it cannot know; elsewhere the questions are written into the mapping as comments.
    """
    from risk_warning.book.recognition.tables import propose
    from risk_warning.book.recognition.writing import mapping_text
    from risk_warning.book.sources.export import export_at
    from risk_warning.book.staged import staging_connection
    from risk_warning.errors import OutputError

    if encoding is not None:
        try:
            encoding = codecs.lookup(encoding).name
        except LookupError:
            raise typer.BadParameter(f"{encoding!r} is no encoding such as gb18030") from None
    settings = load_settings().book
    if mapping.exists():
        raise OutputError(f"{mapping} exists; name another with --mapping, or remove it.")
    source = export if ":" in export else os.path.relpath(export, mapping.parent)
    console = Terminal()
    with staging_connection(settings) as con:
        opened = export_at(con, source, mapping.parent, settings.postgres_schema)
        try:
            with Terminal(stderr=True).status("looking at the export"):
                proposal = propose(con, opened, source, encoding)
            for match in proposal.matches:
                _show(console, con, proposal, match)
            if sys.stdin.isatty() and sys.stdout.isatty():
                _ask(console, proposal)
        finally:
            opened.close()
    for part in proposal.unused:
        console.print(Text(f"Not used: {part.name} ({part.rows:,} rows)."))
    for question in proposal.questions:
        where = f"{question.table}.{question.column}" if question.column else question.table
        console.print(Text(f"Question ({where}): {question.text}", style="yellow"))
    try:
        mapping.parent.mkdir(parents=True, exist_ok=True)
        mapping.write_text(mapping_text(proposal), encoding="utf-8")
    except OSError:
        raise OutputError(f"{mapping} cannot be written; name another with --mapping.") from None
    comments = f", {len(proposal.questions)} question(s) stand in it as comments" if proposal.questions else ""
    print(f"{mapping} written{comments}; next: risk-warning check {mapping}")


def _show(console: Console, con: duckdb.DuckDBPyConnection, proposal: Proposal, match: Match) -> None:
    """Show one table: each column with its evidence, and the first rows as they are read."""
    from risk_warning.book.recognition.tables import rows_as_read

    place = match.part.place
    label = f"a query over {match.part.name}" if place.query is not None else place.label
    title = f"{match.table}: {label}, {match.part.rows:,} rows"
    columns = Table("column", "in the export", "evidence", title=Text(title), title_justify="left")
    for name, look in match.columns.items():
        evidence = [one.text for one in proposal.evidence if (one.table, one.column) == (match.table, name)]
        columns.add_row(Text(name), Text(look.name), Text("; ".join(evidence) or "name and values fit"))
    console.print(columns)
    for finding in proposal.evidence:
        if finding.table == match.table and finding.column is None:
            console.print(Text(f"- {finding.text}"))
    elsewhere = {name for one in proposal.matches if one.wide is not None for name in one.wide.origins}
    if ignored := [name for name in proposal.tables[match.table].ignored if name not in elsewhere]:
        console.print(Text(f"- not used: {', '.join(ignored)}"))
    table = proposal.mapping().tables[match.table]
    if table.query is not None:
        console.print(Text(table.query))
    names = [name for name in match.columns if name in table.columns]
    rows = Table(title="as read", title_justify="left")
    for name in names:
        rows.add_column(Text(name))
    for row in rows_as_read(con, match, table, names, _ROWS_SHOWN):
        rows.add_row(*(Text("–" if value is None else str(value)) for value in row))
    console.print(rows)


def _ask(console: Console, proposal: Proposal) -> None:
    """Ask what has choices or is a date; the other questions stay in the file, and so does a date left empty."""
    for question in [one for one in proposal.questions if one.choices]:
        console.print(Text(f"{question.table}.{question.column}: {question.text}"))
        choice = question.choices[0]
        if len(question.choices) > 1:
            for number, one in enumerate(question.choices, start=1):
                console.print(Text(f"  {number}  {one.text}"))
            numbers = [str(number) for number in range(1, len(question.choices) + 1)]
            choice = question.choices[IntPrompt.ask("number", choices=numbers, console=console) - 1]
        day = _day(console) if question.asks_for_date else None
        if day is not None or not question.asks_for_date:
            proposal.answer(question, choice, day)


def _day(console: Console) -> date | None:
    """Ask for a date; None if it is left for the file."""
    while text := Prompt.ask("date, such as 2018-01-01 (empty: answer in the file)", default="", console=console):
        try:
            return date.fromisoformat(text)
        except ValueError:
            console.print(Text("This is not a date."))
    return None
