"""`risk-warning compare`: two models, or one and a family, on the same borrowers and dates."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from risk_warning.cli.economics_options import (
    CallAgainDays,
    ContactCost,
    CreditConversion,
    LossGivenDefault,
    TreatmentEffect,
    check_finite,
    effects_of,
)
from risk_warning.cli.progress import progress
from risk_warning.economics.assumptions import assumptions_of
from risk_warning.settings import load_settings
from risk_warning.studies.compare.options import AGENT_DAYS, Options

_NAMED = "A model folder, @alias, version number or models:/NAME@alias."


def compare(
    a: Annotated[str, typer.Argument(metavar="A", help=f"The model to hold against. {_NAMED}")],
    b: Annotated[
        str,
        typer.Argument(
            metavar="B",
            help="The model held against it, named likewise, or a family: models:/NAME (all its versions) or a folder "
            "of model folders, ranked by who finds more; of the options it takes --as-of, --out and --json.",
        ),
    ],
    book: Annotated[
        str, typer.Argument(metavar="BOOK", help="A folder of tables, a DuckDB file or a postgresql:// URL.")
    ],
    as_of: Annotated[
        list[datetime] | None,
        typer.Option(
            metavar="DATE",
            formats=["%Y-%m-%d"],
            help="A mature as-of date, YYYY-MM-DD; may be repeated. Default: the last from which neither model learnt.",
        ),
    ] = None,
    nights_from: Annotated[
        datetime | None,
        typer.Option(
            metavar="DATE",
            formats=["%Y-%m-%d"],
            help="First night lead time is followed from. Default: the first from which neither model learnt, at most "
            "nine months before the end of the data.",
        ),
    ] = None,
    nights_every: Annotated[int, typer.Option(metavar="DAYS", help="Days from one night to the next.")] = 7,
    agent_days: Annotated[
        int, typer.Option(metavar="DAYS", help="Days an agent needs to reach somebody and agree on help.")
    ] = AGENT_DAYS,
    contact_cost: ContactCost = None,
    loss_given_default: LossGivenDefault = None,
    credit_conversion: CreditConversion = None,
    treatment_effect: TreatmentEffect = None,
    call_again_days: CallAgainDays = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a page of HTML here, one file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Say whether B finds more of those who go bad than A, with intervals, how long before, and at what price.

    Where B is in the registry, the comparison is also logged to its MLflow run.
    """
    from risk_warning.registry.family import members
    from risk_warning.reports import check_writable, write_page
    from risk_warning.studies.compare.family import compare_family
    from risk_warning.studies.compare.family_page import family_page, family_table
    from risk_warning.studies.compare.log import log_comparison, log_family
    from risk_warning.studies.compare.page import compare_page
    from risk_warning.studies.compare.run import compare_models
    from risk_warning.studies.compare.table import table

    check_finite(contact_cost=contact_cost, loss_given_default=loss_given_default, credit_conversion=credit_conversion)
    settings, dates = load_settings(), [day.date() for day in as_of or ()]
    options = Options(
        nights_from=nights_from and nights_from.date(),
        nights_every_days=nights_every,
        agent_days=agent_days,
        assumptions=assumptions_of(
            settings.economics,
            contact_cost_amount=contact_cost,
            loss_given_default_ratio=loss_given_default,
            credit_conversion_ratio=credit_conversion,
            treatment_effects=effects_of(treatment_effect),
            call_again_days=call_again_days,
        ),
    )
    if out is not None:
        check_writable(out)
    family = members(b, settings)
    if family is not None:
        with progress() as bar:
            ranked = compare_family(a, family, book, settings, dates, bar)
            bar.add_task("logging to the registry", total=None)
            run_ids = log_family(ranked, settings)
        if out is not None:
            write_page(out, family_page(ranked))
        if as_json:
            print(json.dumps(ranked.to_dict() | {"logged_to_runs": run_ids}, indent=1))
        else:
            Console().print(family_table(ranked))
        return
    with progress() as bar:
        found = compare_models(a, b, book, settings, dates, bar, options)
        bar.add_task("logging to the registry", total=None)
        run_id = log_comparison(b, found, settings)
    if out is not None:
        write_page(out, compare_page(found))
    if as_json:
        print(json.dumps(found.to_dict() | {"speed": found.speed(), "logged_to_run": run_id}, indent=1))
    else:
        Console().print(table(found))
