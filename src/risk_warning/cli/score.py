"""`risk-warning score`: the night."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from risk_warning.cli.options import AsOf, BookArgument, Db, Json, ModelOption, Report, book_of, with_db
from risk_warning.cli.progress import progress
from risk_warning.settings import load_settings


def score(
    book: BookArgument = None,
    *,
    as_of: AsOf,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Scores are published to DIR/as_of=DATE.")],
    model: ModelOption = "champion",
    reasons: Annotated[
        Literal["below", "all"],
        typer.Option(help="Give reasons for borrowers below the threshold, or for all."),
    ] = "below",
    db: Db = None,
    force: Annotated[
        bool, typer.Option("--force", help="Undo this run and all later ones first, then run again.")
    ] = False,
    report: Report = None,
    as_json: Json = False,
) -> None:
    """Score the whole book, publish it, and bring the watch list up to date: the nightly job."""
    from risk_warning.document import json_text
    from risk_warning.nightly.document import NightDocument
    from risk_warning.nightly.page import night_page
    from risk_warning.nightly.run import run_night
    from risk_warning.reports import check_writable, write_page

    settings = with_db(load_settings(), db)
    location = book_of(book, settings)
    if report is not None:
        check_writable(report)
    with progress() as bar:
        night = run_night(location, settings, as_of, out, bar, model=model, all_reasons=reasons == "all", force=force)
        if report is not None:
            bar.add_task("writing the page", total=None)
            write_page(report, night_page(night, settings))
    print(json_text(NightDocument.of(night)) if as_json else night.line())
