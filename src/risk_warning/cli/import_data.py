"""`risk-warning import`: public data sets as books."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from risk_warning.cli.terminal import Terminal

app = typer.Typer(help="Turn a public data set into a book.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    pass


@app.command("uci-credit-card")
def uci_credit_card(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for the book; must not exist or be empty.")],
    file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The data as CSV, also gzipped. Default: it is downloaded.")
    ] = None,
) -> None:
    """UCI "Default of credit card clients" (Taiwan, 2005; 30,000 cards × 6 months)."""
    from risk_warning.datasets.uci import import_uci

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Terminal(stderr=True)) as bar:
        cards = import_uci(file, out, bar)
    print(f"{cards:,} cards written to {out}; next: risk-warning check {out}")
