"""`risk-warning keys`: who may ask the service."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Annotated

import typer

from risk_warning.cli.options import Db, Json
from risk_warning.cli.terminal import Terminal
from risk_warning.settings import load_settings

app = typer.Typer(help="Create, list and revoke the service's API keys.", no_args_is_help=True)


@app.command()
def create(
    name: Annotated[str, typer.Option(help="What the audit trail will call the key, such as loan-system.")],
    role: Annotated[str, typer.Option(metavar="scorer|reviewer|risk|admin", help="What the key may ask.")],
    rate_limit: Annotated[str | None, typer.Option(help="Requests allowed, such as 200/second.")] = None,
    expires: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="DATE", help="Last day, UTC; default never.")
    ] = None,
    db: Db = None,
) -> None:
    """Make a key and print it: the only time it is shown."""
    from risk_warning.audit.api_keys import create as make_key
    from risk_warning.cli.actor import ADMINS, actor

    url = db or load_settings().database_url
    text = make_key(
        url,
        name=name,
        role=role,
        rate_limit=rate_limit,
        expires_on=expires.date() if expires is not None else None,
        actor=actor(url, ADMINS),
    )
    print(text)
    print("Store it now: only its digest is kept, and it cannot be shown again.", file=sys.stderr)


@app.command("list")
def list_keys(db: Db = None, as_json: Json = False) -> None:
    """List every key: name, role, limit, and until when it was or is good."""
    from rich.table import Table

    from risk_warning.audit.api_keys import listed
    from risk_warning.audit.document import KeyDocument
    from risk_warning.audit.events import stamp
    from risk_warning.document import json_text

    keys, now = listed(db or load_settings().database_url), stamp()
    if as_json:
        print(json_text([KeyDocument.at(key, now) for key in keys]))
        return
    table = Table("name", "role", "id", "rate limit", "created", "state")
    for key in keys:
        if key.revoked_at is not None:
            state = f"revoked {key.revoked_at[:10]}"
        elif key.valid(now):
            state = "good" if key.expires_at is None else f"valid until {key.expires_at[:19]} UTC"
        else:
            state = "expired"
        table.add_row(key.name, key.role, key.key_id, key.rate_limit or "–", key.created_at[:10], state)
    Terminal().print(table)


@app.command()
def revoke(name: Annotated[str, typer.Argument(help="The key's name.")], db: Db = None) -> None:
    """Revoke a key: within five seconds no service takes it any more."""
    from risk_warning.audit.api_keys import revoke as revoked
    from risk_warning.cli.actor import ADMINS, actor

    url = db or load_settings().database_url
    revoked(url, name, actor(url, ADMINS))
    print(f"{name} is revoked.")
