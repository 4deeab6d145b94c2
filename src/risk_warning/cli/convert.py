"""`risk-warning convert`: a book as one DuckDB file, for the service."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from risk_warning.cli.options import book_of
from risk_warning.cli.terminal import Terminal
from risk_warning.settings import load_settings


def convert(
    book: Annotated[str, typer.Argument(metavar="BOOK", help="A folder of tables, a mapping or another book.")],
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The DuckDB file; an older one is replaced in one step.")
    ],
) -> None:
    """Write a book to one DuckDB file with indexes, from which the service answers about single borrowers."""
    from risk_warning.book.convert import convert_book

    settings = load_settings()
    with Terminal(stderr=True).status("reading the book") as status:
        rows = convert_book(
            book_of(book, settings), file, settings.book, lambda table: status.update(f"writing {table}")
        )
    counts = ", ".join(f"{table} {count:,}" for table, count in rows.items())
    print(f"{file} written ({counts} rows); next: set service.book to it")
