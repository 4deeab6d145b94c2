"""The demo: a lender, a model, two nights and a watch list, in one go."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from risk_warning.book.check import check_book, render
from risk_warning.core.outcomes.target import TargetSpec
from risk_warning.datasets.simulation.lender import simulate
from risk_warning.errors import OutputError
from risk_warning.learning.request import Request
from risk_warning.model.policy_in_force import policy_of
from risk_warning.nightly.page import write_report
from risk_warning.nightly.run import run_night
from risk_warning.settings import Settings
from risk_warning.studies.promotion.run import Asked, promote
from risk_warning.studies.training.run import train_model
from risk_warning.watchlist.listing import table
from risk_warning.watchlist.watch_list import listed

MONTHS = 30
NIGHTS = (date(2024, 6, 1), date(2024, 6, 15))


def run_demo(out: Path, borrowers: int, settings: Settings, console: Console, progress: Progress) -> Path:
    """The page to look at; everything the demo makes lies under `out`, its registry and watch list too."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise OutputError(f"{out} exists and is not an empty folder; remove it, or name another with --out.")
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
        console.print(sentence, markup=False, highlight=False)
    console.rule("3 · The first champion")
    asked = Asked(approver="demo", reason="the demo approves its own model; a lender's is approved by a person")
    promoted = promote(str(trained.registry_version), book, settings, asked, progress)
    for rule in promoted.gated.rules:
        console.print(f"{rule.outcome}: {rule.name}: {rule.figure}; asked: {rule.limit}", highlight=False)
    console.print(f"{asked.approver}: {asked.reason}.", highlight=False)
    console.rule("4 · Two nights")
    for as_of_date in NIGHTS:
        night = run_night(book, settings, as_of_date, out / "scores", progress)
        console.print(night.line(), soft_wrap=True, highlight=False)
    console.rule("5 · Who needs a call")
    as_of, rows = listed(settings.database_url)
    assert as_of is not None
    console.print(table(as_of, rows, 6))
    page = out / "report.html"
    judged = trained.model.about["evaluation"]
    write_report(page, night, rows, judged, policy_of(trained.model, settings))
    console.rule("Where to look next")
    console.print(
        f"The report:      {page.resolve().as_uri()}\n"
        f"The model card:  {out / 'model' / 'MODEL_CARD.md'}\n"
        f"Every training:  mlflow ui --backend-store-uri sqlite:///{settings.home / 'mlflow.db'}\n"
        f"The watch list:  risk-warning watchlist --db {settings.database_url}\n"
        f"Your own book:   risk-warning check BOOK",
        soft_wrap=True,
        highlight=False,
    )
    return page
