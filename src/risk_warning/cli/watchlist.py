"""`risk-warning watchlist`: the open warnings."""

from __future__ import annotations

import json
from typing import Annotated, Literal

import typer
from rich.console import Console

from risk_warning.cli.options import Db, Json, with_db
from risk_warning.settings import load_settings


def watchlist(
    band: Annotated[
        Literal["red", "orange", "yellow", "green"] | None, typer.Option(help="Show only this band.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Rows to show; JSON has all.")] = 30,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Show who needs a call and why: score, change since the last run, reasons in words."""
    from risk_warning.watchlist.listing import as_rows, table
    from risk_warning.watchlist.watch_list import listed

    as_of_date, rows = listed(with_db(load_settings(), db).database_url, band)
    if as_json:
        listing = {"as_of_date": as_of_date and as_of_date.isoformat(), "warnings": as_rows(rows)}
        print(json.dumps(listing, indent=1, ensure_ascii=False))
    elif as_of_date is None and not rows:
        print("No run yet; next: risk-warning score BOOK --as-of DATE --out DIR")
    else:
        Console().print(table(as_of_date, rows, limit))
