"""`risk-warning check`: what a book holds, and what is wrong with it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from risk_warning.cli.options import BookArgument, Json, Report, book_of
from risk_warning.cli.progress import progress
from risk_warning.cli.terminal import Terminal
from risk_warning.errors import BookError, DatabaseError, QuestionError
from risk_warning.settings import BookSettings, Settings, load_settings

if TYPE_CHECKING:
    from risk_warning.book.check import BookReport
    from risk_warning.book.profile.page import Refused
    from risk_warning.book.questions.changes import Expected


def check(book: BookArgument = None, *, report: Report = None, as_json: Json = False) -> None:
    """Show what a book holds, which rows would be set aside and why, and which features it supports.

    Hold it against the export of the last night, if there is one on record. The page of --report shows the tables by
    month, what is missing, and how values spread; it is written for a book that cannot be used too.
    """
    from risk_warning.book.check import check_book, render
    from risk_warning.book.profile.page import Refused
    from risk_warning.document import json_text
    from risk_warning.reports import check_writable

    settings = load_settings()
    location = book_of(book, settings)
    today = date.today()
    if report is not None:
        check_writable(report)
    try:
        result = check_book(location, settings.book, today, _earlier_night(settings))
    except (BookError, QuestionError) as error:
        if report is not None:
            _write(report, location, settings.book, Refused(str(error)), today)
        raise
    if as_json:
        print(json_text(result))
    else:
        Terminal().print(render(result))
    if report is not None:
        _write(report, location, settings.book, result, today)
    if result.problem:
        raise typer.Exit(result.exit_code)


def _earlier_night(settings: Settings) -> Expected | None:
    """Return what the last night read; None if there is none, or, with a message, if the database is out of reach."""
    from risk_warning.watchlist.earlier_night import earlier_night

    try:
        return earlier_night(settings.database_url)
    except DatabaseError as error:
        message = f"The book is not held against the last night: {error}"
        Terminal(stderr=True, soft_wrap=True).print(message, style="yellow")
        return None


def _write(report: Path, location: str, settings: BookSettings, checked: BookReport | Refused, today: date) -> None:
    """Write the page of the book, and say where it is if the book cannot be used."""
    from risk_warning.book.profile.page import profile_page
    from risk_warning.book.profile.run import profile_book
    from risk_warning.reports import write_page

    with progress() as bar:
        bar.add_task("writing the page", total=None)
        write_page(report, profile_page(profile_book(location, settings), checked, today))
    if checked.problem is not None:
        Terminal(stderr=True, soft_wrap=True).print(f"{report} shows the book's tables, as far as they can be read.")
