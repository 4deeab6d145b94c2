"""`risk-warning compare`: two models, or one and a family, on the same borrowers and dates."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from risk_warning.cli.options import (
    MODEL_HELP,
    BookOption,
    CallAgainDays,
    ContactCost,
    CreditConversion,
    Effect,
    Json,
    LossGivenDefault,
    MatureDates,
    Report,
    assumptions_of_options,
    book_of,
    day,
    every,
)
from risk_warning.cli.progress import progress
from risk_warning.cli.terminal import Terminal
from risk_warning.document import json_text
from risk_warning.settings import load_settings
from risk_warning.studies.compare.options import AGENT_DAYS

_FOR_A_FAMILY = {"a", "b", "book", "as_of", "report", "as_json"}


def compare(
    context: typer.Context,
    a: Annotated[str, typer.Argument(metavar="A", help=f"The model to compare with. {MODEL_HELP}.")],
    b: Annotated[
        str,
        typer.Argument(
            metavar="B",
            help="The model compared with it, named likewise, or a family: models:/NAME (all its versions) or a folder "
            "of model folders, ranked by who finds more; it takes --book, --as-of, --report and --json.",
        ),
    ],
    book: BookOption = None,
    as_of: MatureDates = None,
    first_night: Annotated[
        date | None,
        typer.Option(
            "--from",
            metavar="DATE",
            parser=day,
            help="First night of the lead time. Default: the first from which neither model learnt, at most nine "
            "months before the end of the data.",
        ),
    ] = None,
    step: Annotated[
        str, typer.Option("--every", metavar="DAYS", help="Days from one night to the next, such as 7d.")
    ] = "7d",
    agent_days: Annotated[
        int, typer.Option(metavar="DAYS", help="Days an agent needs to reach somebody and agree on help.")
    ] = AGENT_DAYS,
    contact_cost: ContactCost = None,
    loss_given_default: LossGivenDefault = None,
    credit_conversion: CreditConversion = None,
    effect: Effect = None,
    call_again_days: CallAgainDays = None,
    report: Report = None,
    as_json: Json = False,
) -> None:
    """Say whether B finds more of those who go bad than A, with intervals, how long before, and at what price.

    If B is in the registry, the comparison is also logged to its MLflow run.
    """
    from risk_warning.registry.family import members
    from risk_warning.reports import check_writable, write_page
    from risk_warning.studies.compare.document import TimedComparisonDocument
    from risk_warning.studies.compare.family import compare_family
    from risk_warning.studies.compare.family_document import FamilyDocument
    from risk_warning.studies.compare.family_page import family_page, family_table
    from risk_warning.studies.compare.log import log_comparison, log_family
    from risk_warning.studies.compare.options import Options
    from risk_warning.studies.compare.page import compare_page
    from risk_warning.studies.compare.run import compare_models
    from risk_warning.studies.compare.table import table

    settings, dates = load_settings(), list(as_of or ())
    location = book_of(book, settings)
    options = Options(
        nights_from=first_night,
        nights_every_days=every(step, "d"),
        agent_days=agent_days,
        assumptions=assumptions_of_options(
            settings.economics,
            contact_cost=contact_cost,
            loss_given_default=loss_given_default,
            credit_conversion=credit_conversion,
            effect=effect,
            call_again_days=call_again_days,
        ),
    )
    if report is not None:
        check_writable(report)
    family = members(b, settings)
    if family is not None:
        _check_options_of_family(context)
        with progress() as bar:
            ranking = compare_family(a, family, location, settings, dates, bar)
            bar.add_task("logging to the registry", total=None)
            run_ids = log_family(ranking, settings)
        if report is not None:
            write_page(report, family_page(ranking))
        if as_json:
            content = FamilyDocument.of(ranking).model_dump(mode="json")
            print(json_text(content | {"logged_to_runs": run_ids}))
        else:
            Terminal().print(family_table(ranking))
        return
    with progress() as bar:
        comparison = compare_models(a, b, location, settings, dates, bar, options)
        bar.add_task("logging to the registry", total=None)
        run_id = log_comparison(b, comparison, settings)
    if report is not None:
        write_page(report, compare_page(comparison))
    if as_json:
        content = TimedComparisonDocument.of(comparison).model_dump(mode="json")
        print(json_text(content | {"logged_to_run": run_id}))
    else:
        Terminal().print(table(comparison))


def _check_options_of_family(context: typer.Context) -> None:
    """Refuse options that the comparison of a family cannot use.

    Raises
    ------
    typer.BadParameter
        One of them is given.
    """
    for parameter in context.command.params:
        name = parameter.name or ""
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE" and name not in _FOR_A_FAMILY:
            raise typer.BadParameter(
                f"{parameter.opts[0]} is for two models; a family takes --book, --as-of, --report and --json"
            )
