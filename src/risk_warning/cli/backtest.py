"""`risk-warning backtest`: which recipe would have kept winning."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from risk_warning.cli.options import (
    BadDpd,
    BookArgument,
    HorizonMonths,
    Json,
    Report,
    book_of,
    check_range,
    day,
    every,
)
from risk_warning.cli.progress import progress
from risk_warning.cli.terminal import Terminal
from risk_warning.document import json_text
from risk_warning.settings import load_settings


def backtest(
    book: BookArgument = None,
    *,
    recipes: Annotated[str, typer.Option(metavar="FILE,…", help="Recipes as TOML, as in pipelines/recipes.")],
    first: Annotated[date, typer.Option("--from", metavar="DATE", parser=day, help="First date to retrain at.")],
    last: Annotated[
        date, typer.Option("--to", metavar="DATE", parser=day, help="Last retraining date; its outcomes must be known.")
    ],
    step: Annotated[
        str, typer.Option("--every", metavar="MONTHS", help="Months from one date to the next, such as 1m.")
    ] = "1m",
    horizon_months: HorizonMonths = None,
    bad_dpd: BadDpd = 30,
    report: Report = None,
    as_json: Json = False,
) -> None:
    """Retrain each recipe at successive dates as it would have been done then, and say which one lasts.

    What is finished is kept under home and not done again; an interrupted backtest resumes.
    """
    from risk_warning.core.outcomes.target import TargetSpec
    from risk_warning.learning.recipe_file import read_recipes
    from risk_warning.learning.request import DEFAULT_HORIZON_MONTHS
    from risk_warning.reports import check_writable, write_page
    from risk_warning.studies.backtest.document import BacktestDocument
    from risk_warning.studies.backtest.page import backtest_page, table
    from risk_warning.studies.backtest.run import backtest as run

    check_range(first, last)
    months = every(step, "m")
    settings = load_settings()
    location = book_of(book, settings)
    named = read_recipes([Path(part.strip()) for part in recipes.split(",") if part.strip()])
    if report is not None:
        check_writable(report)
    spec = TargetSpec(horizon_months or DEFAULT_HORIZON_MONTHS, bad_dpd, bad_dpd - 1)
    with progress() as bar:
        result = run(location, settings, spec, named, first, last, months, bar)
    if report is not None:
        write_page(report, backtest_page(result))
    print(json_text(BacktestDocument.of(result))) if as_json else Terminal().print(table(result))
