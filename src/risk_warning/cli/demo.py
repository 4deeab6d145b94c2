"""`risk-warning demo`: a lender, a model, two nights and a watch list, in one go."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from risk_warning.cli.progress import progress
from risk_warning.cli.terminal import Terminal
from risk_warning.output import check_new
from risk_warning.settings import Settings, load_settings

MONTHS = 30
NIGHTS = (date(2024, 6, 1), date(2024, 6, 15))


def demo(
    borrowers: Annotated[int, typer.Option(min=5000, help="Number of simulated borrowers.")] = 20_000,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for everything the demo writes.")] = Path("demo"),
) -> None:
    """Simulate a lender, check, train, score two nights, and show the watch list."""
    with progress() as bar:
        run_demo(out, borrowers, load_settings(), bar.console if sys.stdout.isatty() else Terminal(), bar)


def run_demo(out: Path, borrowers: int, settings: Settings, console: Console, progress: Progress) -> Path:
    """Run the demo and return its page; registry and watch list lie under `out` too."""
    from risk_warning.book.check import check_book, render
    from risk_warning.core.outcomes.target import TargetSpec
    from risk_warning.datasets.simulation.lender import simulate
    from risk_warning.learning.request import Request
    from risk_warning.nightly.page import night_page
    from risk_warning.nightly.run import run_night
    from risk_warning.reports import write_page
    from risk_warning.studies.promotion.run import PromotionRequest, promote
    from risk_warning.studies.training.run import train_model
    from risk_warning.watchlist.listing import table
    from risk_warning.watchlist.open_warnings import read_watch_list

    check_new(out, "--out")
    book = out / "book"
    settings = settings.model_copy(update={"home": out / "home", "db": None, "policy": None})
    console.rule("1 · A lender's book")
    task = progress.add_task("simulating borrowers", total=borrowers)
    simulate(borrowers, MONTHS, 1, book, advance=lambda n: progress.advance(task, n))
    progress.remove_task(task)
    console.print(render(check_book(book, settings.book, date.today())))
    console.rule("2 · A model of it, judged on borrowers and months it never saw")
    trained = train_model(book, settings, Request(target=TargetSpec()), out / "model", progress)
    console.print(trained.table())
    for sentence in trained.sentences():
        console.print(sentence)
    console.rule("3 · The first champion")
    request = PromotionRequest(by="demo", reason="the demo approves its own model; a lender's is approved by a person")
    promotion = promote(str(trained.registry_version), book, settings, request, progress)
    for rule in promotion.gated.rules:
        console.print(rule.in_words())
    console.print(f"{request.by}: {request.reason}.")
    console.rule("4 · Two nights")
    for as_of_date in NIGHTS:
        night = run_night(book, settings, as_of_date, out / "scores", progress)
        console.print(night.line(), soft_wrap=True)
    console.rule("5 · Who needs a call")
    console.print(table(read_watch_list(settings.database_url), 6))
    page = out / "report.html"
    write_page(page, night_page(night, settings))
    console.rule("Where to look next")
    console.print(
        f"The report:      {page.resolve().as_uri()}\n"
        f"The model card:  {out / 'model' / 'MODEL_CARD.md'}\n"
        f"Every training:  .venv/bin/mlflow ui --backend-store-uri sqlite:///{settings.home / 'mlflow.db'}\n"
        f"The watch list:  .venv/bin/risk-warning watchlist --db {settings.database_url}\n"
        f"Your own book:   .venv/bin/risk-warning check BOOK",
        soft_wrap=True,
        highlight=False,
    )
    return page
