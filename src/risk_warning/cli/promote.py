"""`risk-warning promote` and `rollback`: which model is the champion, changed on the record."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from risk_warning.cli.progress import progress
from risk_warning.errors import SettingsError
from risk_warning.settings import load_settings

Approver = Annotated[str, typer.Option(metavar="NAME", help="Who answers for it; the audit trail keeps it.")]
Reason = Annotated[str, typer.Option(metavar="TEXT", help="Why; the audit trail keeps it.")]


def promote(
    version: Annotated[str, typer.Argument(metavar="VERSION", help="Its number in the registry, or an @alias.")],
    book: Annotated[
        str | None,
        typer.Argument(metavar="[BOOK]", help="What it is compared with the champion on; default service.book."),
    ] = None,
    *,
    approver: Approver,
    reason: Reason,
    override: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Promote although the gate refuses, for this reason.")
    ] = None,
    nights: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Output of `score`, whose archived features are checked.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the page here, whatever the gate says.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Make a version the champion if the gate lets it: compared with the one in service, checked, on the record.

    The limits are the settings `gate.…`. The old champion is `previous`, for `risk-warning rollback`.
    """
    from risk_warning.studies.promotion.run import Asked
    from risk_warning.studies.promotion.run import promote as promoted

    settings = load_settings()
    location = book or settings.service.book
    if location is None:
        raise SettingsError("Name the BOOK to compare on, or set service.book.")
    asked = Asked(approver=approver, reason=reason, override=override, nights=nights, out=out)
    with progress() as bar:
        done = promoted(version, location, settings, asked, bar)
    if as_json:
        print(json.dumps(done.to_dict(), indent=1, ensure_ascii=False))
        return
    made = done.gated
    title = f"Version {made.number} ({made.model.version}) is the champion"
    table = Table("rule", "met", "figure", "asked", title=title)
    for rule in made.rules:
        table.add_row(rule.name, _MET[rule.outcome], rule.figure, rule.limit)
    table.caption = f"before: {made.before.champion or 'none'}; report sha256 {done.digest[:16]}"
    console = Console()
    console.print(table)
    for line in made.warnings:
        console.print(f"Warning, which does not block: {line}.", style="yellow", highlight=False, soft_wrap=True)
    for line in made.cautions:
        console.print(f"Calibration: {line}", style="yellow", highlight=False, soft_wrap=True)


_MET = {"met": "yes", "NOT MET": "[bold red]no[/]", "warning": "[yellow]warning[/]"}


def rollback(
    *,
    approver: Approver,
    reason: Reason,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a line.")] = False,
) -> None:
    """Make the previous champion the champion again; the two change places."""
    from risk_warning.studies.promotion.run import roll_back

    champion, before = roll_back(load_settings(), approver, reason)
    if as_json:
        print(json.dumps({"champion": champion, "previous": before}))
    else:
        print(f"Version {champion} is the champion again, {before} the previous one.")
