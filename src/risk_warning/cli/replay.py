"""`risk-warning replay`: stored decisions, computed once more."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from pydantic_core import to_json

from risk_warning.cli.options import Db, Json
from risk_warning.cli.terminal import Terminal
from risk_warning.settings import load_settings


def replay(
    request_ids: Annotated[
        list[str], typer.Argument(metavar="REQUEST_ID...", help="Request ids, as the answers give them.")
    ],
    model: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder of the model that answered. Default: looked up by its version."),
    ] = None,
    inputs: Annotated[
        Path | None, typer.Option(metavar="FILE", help="File with the inputs, if the audit keeps only their digest.")
    ] = None,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Compute decisions again, with the model and policy of then, and say whether they are equal."""
    from risk_warning.database.connection import must_exist
    from risk_warning.errors import AuditError
    from risk_warning.service.replay import replay as replayed

    settings = load_settings()
    if db is not None:
        settings = settings.model_copy(update={"db": db})
    must_exist(settings.database_url)
    text = None if inputs is None else inputs.read_text(encoding="utf-8")
    different = 0
    for answer in replayed(request_ids, settings, model=model, inputs=text):
        different += not answer.equal
        if as_json:
            print(to_json(answer).decode())  # a line each, so that a reader need not wait for the last
        else:
            verdict = "equal" if answer.equal else f"DIFFERENT in {', '.join(answer.differs) or 'its text'}"
            line = f"{answer.request_id}: {verdict} ({answer.route}, {answer.at}, model {answer.model_version})"
            Terminal(soft_wrap=True).print(line)
    if different:
        raise AuditError(f"{different:,} of {len(request_ids):,} answers differ; the trail or a model has changed.")
