"""`risk-warning backtest`: which recipe would have kept winning."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from risk_warning.cli.progress import progress
from risk_warning.settings import load_settings

_DAY = ["%Y-%m-%d"]


def backtest(
    book: Annotated[
        str, typer.Argument(metavar="BOOK", help="A folder of tables, a DuckDB file or a postgresql:// URL.")
    ],
    *,
    recipes: Annotated[str, typer.Option(metavar="FILE,…", help="Recipes as TOML, as in pipelines/recipes.")],
    first: Annotated[datetime, typer.Option("--from", metavar="DATE", formats=_DAY, help="First date to retrain at.")],
    last: Annotated[
        datetime, typer.Option("--to", metavar="DATE", formats=_DAY, help="Last date, with a known future.")
    ],
    every: Annotated[str, typer.Option(metavar="MONTHS", help="Months from one date to the next, such as 1m.")] = "1m",
    horizon_months: Annotated[int, typer.Option(min=1, max=24, help="Length of the outcome window, months.")] = 3,
    bad_dpd: Annotated[int, typer.Option(min=1, max=365, help="Days past due that make a borrower bad.")] = 30,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a page of HTML here, one file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Retrain each recipe at successive dates as it would have been done then, and say which one lasts.

    What is finished lies under home and is not done again; an interrupted backtest goes on where it was.
    """
    from risk_warning.core.outcomes.target import TargetSpec
    from risk_warning.learning.recipe_file import read_recipes
    from risk_warning.reports import check_writable, write_page
    from risk_warning.studies.backtest.page import backtest_page, table
    from risk_warning.studies.backtest.run import backtest as run

    months = re.fullmatch(r"([1-9][0-9]?)m?", every)
    if months is None:
        raise typer.BadParameter(f"--every {every!r} is no number of months such as 1m")
    named = read_recipes([Path(part.strip()) for part in recipes.split(",") if part.strip()])
    if out is not None:
        check_writable(out)
    spec = TargetSpec(horizon_months, bad_dpd, bad_dpd - 1)
    with progress() as bar:
        found = run(book, load_settings(), spec, named, first.date(), last.date(), int(months[1]), bar)
    if out is not None:
        write_page(out, backtest_page(found))
    print(json.dumps(found.to_dict(), indent=1)) if as_json else Console().print(table(found))
