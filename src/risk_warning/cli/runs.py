"""`risk-warning runs`: the nights on record."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from risk_warning.cli.options import Db, Json, with_db
from risk_warning.cli.terminal import Terminal
from risk_warning.settings import load_settings


def runs(
    limit: Annotated[int, typer.Option(min=1, help="Number of latest nights to show; JSON has all.")] = 30,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """List the nights: date, model, policy, borrowers scored, and what became of the warnings."""
    from risk_warning.core.left_out import in_words
    from risk_warning.document import json_text
    from risk_warning.watchlist.history import nights

    past = nights(with_db(load_settings(), db).database_url)
    if as_json:
        print(json_text(past))
        return
    if not past:
        print("No run yet; next: risk-warning score BOOK --as-of DATE --out DIR")
        return
    table = Table("as of", "scored", "new", "kept", "closed", "handed over", "model", "policy")
    table.columns[0].no_wrap = True
    for column in table.columns[1:6]:
        column.justify = "right"
    recent = past[-limit:]
    if any(night.left_out for night in recent):
        table.add_column("scored without")
    for column in table.columns[6:]:
        column.overflow = "fold"
    for night in recent:
        table.add_row(
            night.as_of_date.isoformat(),
            *(f"{count:,}" for count in (night.scored, night.opened, night.kept, night.closed, night.handed_over)),
            night.model_version,
            night.policy_version,
            in_words(night.left_out),
        )
    if len(past) > limit:
        table.caption = f"the latest {limit:,} of {len(past):,}; --limit shows more, --json all"
    Terminal().print(table)
