"""`risk-warning target`: the evidence a bad definition and a horizon are chosen by."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from risk_warning.cli.progress import progress
from risk_warning.settings import load_settings

_DAY = ["%Y-%m-%d"]


def target(
    book: Annotated[
        str, typer.Argument(metavar="BOOK", help="A folder of tables, a DuckDB file or a postgresql:// URL.")
    ],
    first: Annotated[
        datetime | None,
        typer.Option("--from", metavar="DATE", formats=_DAY, help="First as-of date; default the first month's."),
    ] = None,
    last: Annotated[
        datetime | None,
        typer.Option("--to", metavar="DATE", formats=_DAY, help="Last as-of date; default the last the data reach."),
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a page of HTML here, one file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Show how loans roll, cure and age, so that bad definition and horizon are chosen with evidence."""
    from risk_warning.studies.target.run import target_evidence
    from risk_warning.studies.target.table import table

    with progress() as bar:
        found = target_evidence(book, load_settings(), first and first.date(), last and last.date(), bar)
    if out is not None:
        from risk_warning.reports import write_page
        from risk_warning.studies.target.page import target_page

        write_page(out, target_page(found))
    print(json.dumps(found.to_dict(), indent=1)) if as_json else Console().print(table(found))
