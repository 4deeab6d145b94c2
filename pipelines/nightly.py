"""The night job: score the book as of today, publish, update the watch list. Schedule it after the day's load.

    python pipelines/nightly.py [BOOK] --out DIR [--as-of DATE]

Arguments and exit codes mean the same as those of `risk-warning score`. The job may be killed and run again at any
time.
"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from risk_warning.cli.options import BookArgument, book_of, day
from risk_warning.errors import RiskWarningError
from risk_warning.nightly.run import run_night
from risk_warning.settings import load_settings

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command(help="Score the book with the champion, publish the scores, and update the watch list.")
def main(
    book: BookArgument = None,
    *,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Scores are published to DIR/as_of=DATE.")],
    as_of: Annotated[
        date | None, typer.Option(metavar="DATE", parser=day, help="As-of date, YYYY-MM-DD. Default: today.")
    ] = None,
) -> None:
    try:
        settings = load_settings()
        with Progress(disable=not sys.stderr.isatty()) as progress:
            report = run_night(book_of(book, settings), settings, as_of or date.today(), out, progress)
    except RiskWarningError as error:
        print(f"nightly: {error}", file=sys.stderr)
        raise typer.Exit(error.exit_code) from None
    print(report.line())


if __name__ == "__main__":
    app()
