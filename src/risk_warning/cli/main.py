"""The verbs of `risk-warning`: parse → one call → print.

Imports stand inside the verbs: a verb loads what it needs, so that `--help` answers at once.
"""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from risk_warning.cli import audit, keys
from risk_warning.cli.backtest import backtest
from risk_warning.cli.compare import compare
from risk_warning.cli.progress import progress
from risk_warning.cli.promote import promote, rollback
from risk_warning.cli.replay import replay
from risk_warning.cli.target import target
from risk_warning.cli.threshold import threshold
from risk_warning.cli.train import train
from risk_warning.errors import RiskWarningError, exit_codes
from risk_warning.settings import Settings, load_settings

_EXITS = "\n\n".join(f"{code}  {meaning}" for code, meaning in exit_codes().items())
app = typer.Typer(
    name="risk-warning",
    help="Early warning of overdue payments: a lender's tables in, a watch list with reasons out.",
    epilog=f"Exit codes: 0 success, 2 a wrong command line;\n\n{_EXITS}",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
importing = typer.Typer(help="Turn a public data set into a book.", no_args_is_help=True)
app.add_typer(importing, name="import")
app.add_typer(keys.app, name="keys")
app.add_typer(audit.app, name="audit")
app.command()(replay)
app.command()(compare)
app.command()(target)
app.command()(threshold)
app.command()(train)
app.command()(backtest)
app.command()(promote)
app.command()(rollback)

Book = Annotated[str, typer.Argument(metavar="BOOK", help="A folder of tables, a DuckDB file or a postgresql:// URL.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def main() -> None:
    """Nothing comes back; runs the verb and ends the process with its exit code."""
    try:
        app()
    except RiskWarningError as error:
        Console(stderr=True, soft_wrap=True).print(f"risk-warning: {error}", style="red", markup=False, highlight=False)
        sys.exit(error.exit_code)


@app.command()
def check(book: Book, as_json: Json = False) -> None:
    """Show what a book holds, what would be set aside and why, and which features it supports."""
    from risk_warning.book.check import check_book, render
    from risk_warning.errors import BookQualityError

    report = check_book(book, load_settings().book, date.today())
    if as_json:
        print(report.to_json())
    else:
        Console().print(render(report))
    if report.problem:
        raise typer.Exit(BookQualityError.exit_code)


@app.command()
def features(as_json: Json = False) -> None:
    """List every feature: name, unit, what null means, monotone direction, reason code, words."""
    from risk_warning.cli.features import as_rows, table

    if as_json:
        print(json.dumps(as_rows(), ensure_ascii=False, indent=1))
        return
    console = Console()
    console.print(table(console.width))


@app.command()
def simulate(
    out: Annotated[Path, typer.Option(help="Folder to write the book to; must not exist or be empty.")],
    borrowers: Annotated[int, typer.Option(min=1, max=50_000_000, help="Number of borrowers.")] = 20_000,
    months: Annotated[int, typer.Option(min=6, max=120, help="Months of history, from 2022-01 on.")] = 24,
    seed: Annotated[int, typer.Option(min=0, help="The same seed makes the same book.")] = 1,
    downturn_month: Annotated[
        int | None, typer.Option(min=0, help="A macro downturn from this month on (0 = the first).")
    ] = None,
) -> None:
    """Write the book of a simulated lender, with the truth behind it in truth.parquet."""
    from risk_warning.datasets.simulation.lender import simulate as write

    with progress() as bar:
        task = bar.add_task("simulating borrowers", total=borrowers)
        write(borrowers, months, seed, out, downturn_month=downturn_month, advance=lambda n: bar.advance(task, n))
    print(f"{borrowers:,} borrowers × {months} months written to {out}; next: risk-warning check {out}")


@app.command()
def score(
    book: Book,
    as_of: Annotated[str, typer.Option(metavar="DATE", help="As-of date, YYYY-MM-DD: the start of that day.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Scores are published to DIR/as_of=DATE.")],
    model: Annotated[str, typer.Option(help="A model folder, @alias or version number.")] = "champion",
    reasons: Annotated[str, typer.Option(metavar="below|all", help="Whom to give reasons for.")] = "below",
    db: Annotated[str | None, typer.Option(metavar="URL", help="The watch list's database; default SQLite.")] = None,
    force: Annotated[bool, typer.Option(help="Take back this and later runs first, and run again.")] = False,
    as_json: Json = False,
) -> None:
    """Score the whole book, publish it, and bring the watch list up to date: the nightly job."""
    from risk_warning.nightly.run import run_night

    if reasons not in ("below", "all"):
        raise typer.BadParameter("--reasons is 'below' or 'all'")
    day = _date("--as-of", as_of)
    assert day is not None
    settings = _with_db(load_settings(), db)
    with progress() as bar:
        report = run_night(book, settings, day, out, bar, model=model, all_reasons=reasons == "all", force=force)
    print(json.dumps(report.to_dict(), indent=1, ensure_ascii=False) if as_json else report.line())


@app.command()
def watchlist(
    band: Annotated[str | None, typer.Option(metavar="red|orange|yellow|green", help="Only this band.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Rows to show; JSON has all.")] = 30,
    db: Annotated[str | None, typer.Option(metavar="URL", help="The watch list's database; default SQLite.")] = None,
    as_json: Json = False,
) -> None:
    """Show who needs a call and why: score, change since the last run, reasons in words."""
    from risk_warning.core.policy import BANDS
    from risk_warning.watchlist.listing import as_rows, table
    from risk_warning.watchlist.watch_list import listed

    if band is not None and band not in BANDS:
        raise typer.BadParameter(f"--band is one of {', '.join(BANDS)}")
    as_of_date, rows = listed(_with_db(load_settings(), db).database_url, band)
    if as_json:
        shown = {"as_of_date": as_of_date and as_of_date.isoformat(), "warnings": as_rows(rows)}
        print(json.dumps(shown, indent=1, ensure_ascii=False))
    elif as_of_date is None and not rows:
        print("No run yet; next: risk-warning score BOOK --as-of DATE --out DIR")
    else:
        Console().print(table(as_of_date, rows, limit))


@app.command()
def demo(
    borrowers: Annotated[int, typer.Option(min=5000, help="Number of simulated borrowers.")] = 20_000,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Everything the demo makes goes here.")] = Path("demo"),
) -> None:
    """Simulate a lender, check, train, score two nights, and show the watch list."""
    from risk_warning.cli.demo import run_demo

    with progress() as bar:
        run_demo(out, borrowers, load_settings(), bar.console if sys.stdout.isatty() else Console(), bar)


def _with_db(settings: Settings, db: str | None) -> Settings:
    return settings.model_copy(update={"db": db}) if db else settings


def _date(option: str, text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{option} {text!r} is not a date such as 2024-01-31") from None


@importing.command("uci-credit-card")
def import_uci_credit_card(
    out: Annotated[Path, typer.Option(help="Folder to write the book to; must not exist or be empty.")],
    file: Annotated[Path | None, typer.Option(help="The data as CSV, also gzipped; left out, it is fetched.")] = None,
) -> None:
    """UCI "Default of credit card clients" (Taiwan, 2005; 30,000 cards × 6 months)."""
    from risk_warning.datasets.uci import import_uci

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        cards = import_uci(file, out, bar)
    print(f"{cards:,} cards written to {out}; next: risk-warning check {out}")
