"""`risk-warning compare`: two models on the same borrowers and dates."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from risk_warning.settings import load_settings

_NAMED = "A model folder, @alias, version number or models:/NAME@alias."


def compare(
    a: Annotated[str, typer.Argument(metavar="A", help=f"The model to hold against. {_NAMED}")],
    b: Annotated[str, typer.Argument(metavar="B", help="The model held against it, named likewise.")],
    book: Annotated[
        str, typer.Argument(metavar="BOOK", help="A folder of tables, a DuckDB file or a postgresql:// URL.")
    ],
    as_of: Annotated[
        list[datetime] | None,
        typer.Option(
            metavar="DATE",
            formats=["%Y-%m-%d"],
            help="A mature as-of date, YYYY-MM-DD; may be repeated. Default: the last from which neither model learnt.",
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a page of HTML here, one file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Say whether B finds more of those who go bad than A, with intervals, and who gains or loses a warning."""
    from risk_warning.jobs.compare import compare_models
    from risk_warning.jobs.compare_table import table

    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not sys.stderr.isatty()) as progress:
        found = compare_models(a, b, book, load_settings(), [day.date() for day in as_of or ()], progress)
    if out is not None:
        from risk_warning.jobs.compare_page import write_page

        write_page(out, found)
    print(json.dumps(found.to_dict(), indent=1)) if as_json else Console().print(table(found))
