"""`risk-warning watchlist`: the open warnings."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from risk_warning.cli.options import Db, Json, with_db
from risk_warning.cli.terminal import Terminal
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
    from risk_warning.document import json_text
    from risk_warning.watchlist.document import WatchListDocument
    from risk_warning.watchlist.listing import table
    from risk_warning.watchlist.open_warnings import read_watch_list

    watch_list = read_watch_list(with_db(load_settings(), db).database_url, band)
    if as_json:
        print(json_text(WatchListDocument.of(watch_list)))
    elif watch_list.as_of_date is None and not watch_list.warnings:
        print("No run yet; next: risk-warning score BOOK --as-of DATE --out DIR")
    else:
        Terminal().print(table(watch_list, limit))
