"""`risk-warning check`: what a book holds, and what is wrong with it."""

from __future__ import annotations

from datetime import date

import typer
from rich.console import Console

from risk_warning.cli.options import BookArgument, Json, book_of
from risk_warning.settings import load_settings


def check(book: BookArgument = None, as_json: Json = False) -> None:
    """Show what a book holds, which rows would be set aside and why, and which features it supports."""
    from risk_warning.book.check import check_book, render
    from risk_warning.document import json_text

    settings = load_settings()
    report = check_book(book_of(book, settings), settings.book, date.today())
    if as_json:
        print(json_text(report))
    else:
        Console().print(render(report))
    if report.problem:
        raise typer.Exit(report.exit_code)
