"""`risk-warning propose`, `promote` and `rollback`: which model is the champion, changed on the record."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from risk_warning.cli.actor import actor
from risk_warning.cli.options import BookOption, By, Db, Json, Reason, Report, book_of, with_db
from risk_warning.cli.progress import progress
from risk_warning.cli.terminal import Terminal
from risk_warning.document import json_text
from risk_warning.errors import GateError
from risk_warning.settings import load_settings

if TYPE_CHECKING:
    from risk_warning.studies.promotion.gate import Gated

Version = Annotated[str, typer.Argument(metavar="VERSION", help="Its number in the registry, or an @alias.")]
Nights = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Output of `score`, whose archived features are checked.")
]


def propose(
    version: Version,
    book: BookOption = None,
    *,
    nights: Nights = None,
    as_json: Json = False,
) -> None:
    """Make a version the challenger if the gate lets it: it is scored in the service's shadow, and never answers.

    The limits are the settings `gate.…`; exit code 17 if a rule is not met.
    """
    from risk_warning.studies.promotion.document import GatedDocument
    from risk_warning.studies.promotion.gate import gate
    from risk_warning.studies.promotion.gate import propose as proposed

    settings = load_settings()
    location, who = book_of(book, settings), actor(settings.database_url)
    with progress() as bar:
        gated = gate(version, location, settings, nights, bar)
    if not as_json:
        _print_rules(f"Version {gated.number} ({gated.model.version}) against the gate", gated, "")
    if not gated.passed:
        raise GateError(f"The gate refuses version {gated.number}: {gated.failed}. Nothing was changed.")
    sentence = proposed(gated, settings, who)
    print(json_text(GatedDocument.of(gated)) if as_json else sentence)


def promote(
    version: Version,
    book: BookOption = None,
    *,
    by: By,
    reason: Reason,
    override: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Promote although the gate refuses, for this reason.")
    ] = None,
    nights: Nights = None,
    report: Report = None,
    as_json: Json = False,
) -> None:
    """Make a version the champion if the gate lets it: compared with the one in service, checked, on the record.

    The limits are the settings `gate.…`. The old champion is `previous`, for `risk-warning rollback`.
    """
    from risk_warning.studies.promotion.document import PromotionDocument
    from risk_warning.studies.promotion.run import PromotionRequest
    from risk_warning.studies.promotion.run import promote as promoted

    settings = load_settings()
    user = actor(settings.database_url)
    request = PromotionRequest(by=by, user=user, reason=reason, override=override, nights=nights, report=report)
    with progress() as bar:
        promotion = promoted(version, book_of(book, settings), settings, request, bar)
    if as_json:
        print(json_text(PromotionDocument.of(promotion)))
        return
    gated = promotion.gated
    _print_rules(
        f"Version {gated.number} ({gated.model.version}) is the champion",
        gated,
        f"before: {gated.before.champion or 'none'}; report sha256 {promotion.digest[:16]}",
    )


def rollback(*, by: By, reason: Reason, as_json: Json = False) -> None:
    """Make the previous champion the champion again; the two change places."""
    from risk_warning.studies.promotion.run import roll_back

    settings = load_settings()
    champion, previous = roll_back(settings, by=by, user=actor(settings.database_url), reason=reason)
    if as_json:
        print(json.dumps({"champion": champion, "previous": previous}))
    else:
        print(f"Version {champion} is the champion again, {previous} the previous one.")


def adopt(version: Version, *, by: By, reason: Reason, db: Db = None) -> None:
    """Record the version that the registry calls champion already, such as one from before there was such a record.

    A champion that is not on record is not used, since whoever can write to the registry can move its alias.
    """
    from risk_warning.studies.promotion.run import adopt as adopted

    settings = with_db(load_settings(), db)
    number = adopted(version, settings, by=by, user=actor(settings.database_url), reason=reason)
    print(f"Version {number} is on record as the champion.")


_MET = {"met": Text("yes"), "NOT MET": Text("no", style="bold red"), "warning": Text("warning", style="yellow")}


def _print_rules(title: str, gated: Gated, caption: str) -> None:
    table = Table("rule", "met", "figure", "limit", title=title, caption=caption or None)
    for rule in gated.rules:
        table.add_row(rule.name, _MET[rule.outcome], rule.figure, rule.limit)
    console = Terminal()
    console.print(table)
    for line in gated.warnings:
        console.print(f"Warning, which does not block: {line}.", style="yellow", soft_wrap=True)
    for line in gated.cautions:
        console.print(f"Calibration: {line}", style="yellow", soft_wrap=True)
