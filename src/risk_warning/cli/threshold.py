"""`risk-warning threshold`: three ways to a threshold, and a new version of the policy."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from risk_warning.cli.actor import actor
from risk_warning.cli.options import (
    BookArgument,
    CallAgainDays,
    ContactCost,
    CreditConversion,
    Effect,
    Json,
    LossGivenDefault,
    MatureDates,
    ModelOption,
    Report,
    assumptions_of_options,
    book_of,
    check_finite,
)
from risk_warning.cli.progress import progress
from risk_warning.cli.terminal import Terminal
from risk_warning.document import json_text
from risk_warning.settings import load_settings


class Choice(StrEnum):
    """The ways to choose."""

    fixed = "fixed"
    capacity = "capacity"
    benefit = "benefit"


def threshold(
    book: BookArgument = None,
    *,
    model: ModelOption = "champion",
    as_of: MatureDates = None,
    score: Annotated[float | None, typer.Option(metavar="POINTS", help="A fixed threshold, points.")] = None,
    capacity_per_day: Annotated[
        float | None, typer.Option(min=0.001, metavar="PEOPLE", help="People the team can call a calendar day.")
    ] = None,
    call_again_days: CallAgainDays = None,
    contact_cost: ContactCost = None,
    loss_given_default: LossGivenDefault = None,
    credit_conversion: CreditConversion = None,
    effect: Effect = None,
    choose: Annotated[
        Choice | None, typer.Option(help="Write a new version of the policy with the threshold of this way.")
    ] = None,
    policy: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The policy.toml to write. Default: the setting policy.")
    ] = None,
    reason: Annotated[str | None, typer.Option(metavar="TEXT", help="Why; needed with --choose.")] = None,
    by: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Who is responsible, beside your user name. Default: your user name."),
    ] = None,
    report: Report = None,
    as_json: Json = False,
) -> None:
    """Show the work and the benefit of each threshold, and choose one: by score, capacity or benefit."""
    from risk_warning.reports import check_writable, write_page
    from risk_warning.studies.threshold.choice import choose as write
    from risk_warning.studies.threshold.choice import in_words
    from risk_warning.studies.threshold.document import ThresholdsDocument, WrittenPolicyDocument
    from risk_warning.studies.threshold.page import threshold_page
    from risk_warning.studies.threshold.result import ThresholdRequest
    from risk_warning.studies.threshold.run import threshold_evidence
    from risk_warning.studies.threshold.table import table

    check_finite(score=score, capacity_per_day=capacity_per_day)
    settings = load_settings()
    location = book_of(book, settings)
    target = policy or settings.policy
    if choose is not None:
        _check(choose, target, reason, score, capacity_per_day)
    elif reason is not None or by is not None or policy is not None:
        raise typer.BadParameter("--policy, --reason and --by go with --choose")
    if report is not None:
        check_writable(report)
    request = ThresholdRequest(
        assumptions=assumptions_of_options(
            settings.economics,
            contact_cost=contact_cost,
            loss_given_default=loss_given_default,
            credit_conversion=credit_conversion,
            effect=effect,
            call_again_days=call_again_days,
        ),
        score=score,
        capacity_per_day=capacity_per_day,
        dates=tuple(as_of or ()),
    )
    console = Terminal(stderr=True)
    with progress() as bar:
        thresholds = threshold_evidence(model, location, settings, request, bar)
    if report is not None:
        write_page(report, threshold_page(thresholds))
    content = ThresholdsDocument.of(thresholds).model_dump(mode="json")
    if choose is not None and target is not None and reason is not None:
        user = actor(settings.database_url)
        written = write(thresholds, choose.value, target, settings, by=by or user, user=user, reason=reason)
        content["written"] = None if written is None else WrittenPolicyDocument.of(written)
        console.print(in_words(written, target, settings), soft_wrap=True)
    print(json_text(content)) if as_json else Terminal().print(table(thresholds))


def _check(
    choose: Choice, target: Path | None, reason: str | None, score: float | None, capacity_per_day: float | None
) -> None:
    """Refuse a command line that lacks what the choice needs.

    Raises
    ------
    typer.BadParameter
        An option is missing.
    """
    if target is None:
        raise typer.BadParameter("--choose needs --policy FILE, or the setting policy")
    if not (reason and reason.strip()):
        raise typer.BadParameter("--choose needs --reason TEXT: the policy's file and the audit trail keep it")
    if choose is Choice.fixed and score is None:
        raise typer.BadParameter("--choose fixed needs --score POINTS")
    if choose is Choice.capacity and capacity_per_day is None:
        raise typer.BadParameter("--choose capacity needs --capacity-per-day PEOPLE")
