"""`risk-warning train`: from a book to a judged and registered model."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import typer

from risk_warning.cli.options import (
    BadDpd,
    BookArgument,
    First,
    HorizonMonths,
    Json,
    Last,
    Report,
    book_of,
    check_range,
    day,
)
from risk_warning.cli.progress import progress
from risk_warning.cli.terminal import Terminal
from risk_warning.settings import load_settings

T = TypeVar("T")


def train(
    book: BookArgument = None,
    *,
    first: First = None,
    last: Last = None,
    as_of: Annotated[
        date | None, typer.Option(metavar="DATE", parser=day, help="A single as-of date, YYYY-MM-DD.")
    ] = None,
    horizon_months: HorizonMonths = None,
    horizons_months: Annotated[
        str, typer.Option(metavar="MONTHS,…", help="Windows to give a PD for beside that one; the policy acts on it.")
    ] = "2,3,6",
    bad_dpd: BadDpd = 30,
    eligible_max_dpd: Annotated[
        str | None, typer.Option(metavar="DAYS|any", help="Who is scored: at most so late; default bad_dpd − 1.")
    ] = None,
    min_history: Annotated[int, typer.Option(min=0, max=24, help="Months with a record a borrower needs.")] = 3,
    folds: Annotated[int | None, typer.Option(min=2, max=20, help="Judge by folds of borrowers, on all dates.")] = None,
    with_openings: Annotated[
        bool, typer.Option("--with-openings", help="Learn from past loan openings too, as at loan review.")
    ] = False,
    tune: Annotated[
        int | None,
        typer.Option(min=1, metavar="TRIALS", help="Search for better parameters; resumes where it stopped."),
    ] = None,
    recipe: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A recipe as TOML, as `backtest` takes; options go before it.")
    ] = None,
    history_months: Annotated[
        int | None, typer.Option(min=1, metavar="MONTHS", help="Learn from so many months of as-of dates; default all.")
    ] = None,
    half_life_months: Annotated[
        float | None, typer.Option(metavar="MONTHS", help="A row so much older than the newest counts half.")
    ] = None,
    good_share: Annotated[
        float | None, typer.Option(metavar="SHARE", help="Share of good rows learnt from, each counting for more.")
    ] = None,
    max_feature_psi: Annotated[
        float | None, typer.Option(metavar="PSI", help="Leave out features that moved more between the dates.")
    ] = None,
    contacted: Annotated[
        Literal["keep", "leave-out", "weigh"] | None,
        typer.Option(
            help="What becomes of rows contacted in their window, by the table contacts; weigh: the hold-out stands "
            "for them. Default keep.",
        ),
    ] = None,
    scorecard: Annotated[
        bool, typer.Option("--scorecard", help="Make the plain logistic scorecard the model, not trees.")
    ] = False,
    threads: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=256,
            help="Threads of each fit, the independent ones side by side; with 1, the default, the same seed gives the "
            "same files.",
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, max=2**31 - 1, help="Seed of everything random. Default: 20240101.")
    ] = None,
    register: Annotated[
        bool, typer.Option("--register/--no-register", help="Record the model in the registry, as a new version.")
    ] = True,
    register_anyway: Annotated[
        bool,
        typer.Option("--register-anyway", help="Register even a model that is surely bad (exit code 18 without)."),
    ] = False,
    reason: Annotated[str | None, typer.Option(metavar="TEXT", help="Why; goes with --register-anyway.")] = None,
    model_out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Also write the model folder here; must not exist.")
    ] = None,
    report: Report = None,
    as_json: Json = False,
) -> None:
    """Train and judge a model, and register it; without dates, on all mature months.

    It is judged on borrowers and months kept apart; the model for service is then fitted to everything mature. A plain
    logistic scorecard is trained on the same rows, as the baseline to beat. Only `promote` makes a champion.
    """
    from risk_warning.core.outcomes.target import TargetSpec
    from risk_warning.document import json_text
    from risk_warning.learning.recipe import SCORECARD, Recipe
    from risk_warning.learning.recipe_file import read_recipes
    from risk_warning.learning.request import DEFAULT_HORIZON_MONTHS, Request
    from risk_warning.model.folder import MODEL_OUT
    from risk_warning.output import check_new
    from risk_warning.reports import check_writable, write_page
    from risk_warning.studies.training.document import TrainingDocument
    from risk_warning.studies.training.run import train_model

    if as_of and (first or last):
        raise typer.BadParameter("give either --as-of or --from and --to")
    check_range(first, last)
    if register_anyway != bool(reason and reason.strip()):
        raise typer.BadParameter("--register-anyway and --reason go together")
    if not register and register_anyway:
        raise typer.BadParameter("--no-register and --register-anyway exclude each other")
    if not register and model_out is None:
        raise typer.BadParameter("--no-register needs --model-out DIR, or the model would be lost")
    settings = load_settings()
    location = book_of(book, settings)
    base = Recipe() if recipe is None else read_recipes([recipe])[0].recipe
    own = replace(
        base,
        history_months=_option_or(history_months, base.history_months),
        half_life_months=_option_or(half_life_months, base.half_life_months),
        good_share=_option_or(good_share, base.good_share),
        max_feature_psi=_option_or(max_feature_psi, base.max_feature_psi),
        contacted=_option_or(contacted, base.contacted),
        learner=SCORECARD if scorecard else base.learner,
        threads=_option_or(threads, base.threads),
        seed=_option_or(seed, base.seed),
    )
    request = Request(
        target=TargetSpec(
            horizon_months or base.horizon_months or DEFAULT_HORIZON_MONTHS,
            bad_dpd,
            _dpd_limit(eligible_max_dpd, bad_dpd),
            min_history,
        ),
        as_of_date=as_of,
        first=first,
        last=last,
        folds=folds,
        with_openings=with_openings,
        horizons_months=_months("--horizons-months", horizons_months),
        recipe=own,
    )
    if report is not None:
        check_writable(report)
    if model_out is not None:
        check_new(model_out, MODEL_OUT)
    with progress() as bar:
        trained = train_model(
            location, settings, request, model_out, bar, trials=tune, register=register, register_anyway=reason
        )
    if report is not None:
        write_page(report, trained.page)
    if as_json:
        print(json_text(TrainingDocument.of(trained)))
        return
    console = Terminal()
    console.print(trained.table())
    for sentence in trained.sentences():
        console.print(sentence)
    if register:
        console.print(
            f"Next: risk-warning promote {trained.registry_version} --book {location} --by NAME --reason TEXT",
            soft_wrap=True,
        )


def _option_or(option: T | None, otherwise: T) -> T:
    """Return the option, or the other value if it was not given."""
    return otherwise if option is None else option


def _months(option: str, text: str) -> tuple[int, ...]:
    parts = text.split(",")
    if not all(part.strip().isdigit() and 1 <= int(part) <= 24 for part in parts):
        raise typer.BadParameter(f"{option} {text!r} is no list of months from 1 to 24 such as 2,3,6")
    return tuple(sorted({int(part) for part in parts}))


def _dpd_limit(text: str | None, bad_dpd: int) -> int | None:
    if text is None:
        return bad_dpd - 1
    if text == "any":
        return None
    if not text.isdigit():
        raise typer.BadParameter(f"--eligible-max-dpd {text!r} is neither a number of days nor 'any'")
    return int(text)
