"""`risk-warning audit`: the trail of decisions and events, checked and anchored; a decision's contents, erased."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from risk_warning.cli.options import Db, Json
from risk_warning.settings import load_settings
from risk_warning.shown import visible

app = typer.Typer(
    help="Check and anchor the audit trail; its keys; erase a decision's inputs and answer.", no_args_is_help=True
)


@app.command()
def verify(
    expect: Annotated[
        list[str] | None,
        typer.Option(metavar="SEQ:HASH", help="An event noted elsewhere, which must be in the trail; may be repeated."),
    ] = None,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Check every row, chain, seal and guard of the audit trail, and name what is wrong.

    The events noted in audit.anchor_file are looked for as well.
    """
    from risk_warning.audit.anchors import kept
    from risk_warning.audit.document import VerifiedDocument
    from risk_warning.audit.verification.run import verify as verified
    from risk_warning.database.connection import must_exist
    from risk_warning.document import json_text
    from risk_warning.errors import AuditError

    settings = load_settings()
    url = db or settings.database_url
    must_exist(url)
    noted = kept(url, settings.audit_anchor_file)
    result = verified(url, expected=[*noted, *map(_event, expect or ())])
    if as_json:
        print(json_text(VerifiedDocument.of(result)))
    else:
        seq, head = result.last_event or (0, "none")
        print(
            f"{result.database}: {result.rows['decisions']:,} decisions in {result.chains:,} chains "
            f"({result.open_chains:,} open: their service is running or was killed), "
            f"{result.erased:,} of them erased, {result.rows['audit_events']:,} events; newest event {seq}:{head}; "
            f"looked for {result.anchors:,} that were noted elsewhere"
        )
    if result.whole:
        return
    if not as_json:
        # A line each, whole however narrow the window: these are searched for, not looked at.
        for finding in result.findings:
            where = f"{finding.table}, chain {finding.chain}, row {finding.seq or '–'}, {finding.subject or '–'}"
            print(visible(f"{where}: {finding.what}"))
    raise AuditError(
        f"The audit trail is not whole: {result.n_findings:,} findings; compare with a backup, and find out who wrote "
        "to the database."
    )


@app.command()
def erase(
    request_id: Annotated[str, typer.Argument(metavar="REQUEST_ID", help="The decision's request id.")],
    db: Db = None,
) -> None:
    """Erase what a decision was asked and answered; that it was made, and by which model, stays."""
    from risk_warning.audit.decisions import erase as erased
    from risk_warning.cli.actor import ADMINS, actor
    from risk_warning.database.connection import must_exist

    url = db or load_settings().database_url
    must_exist(url)
    erased(url, request_id, actor(url, ADMINS))
    print(f"Inputs and answer of {request_id} are erased; the audit trail keeps their digests.")


@app.command()
def anchor(
    file: Annotated[Path | None, typer.Option(help="Add it to this file instead of printing it.")] = None,
    db: Db = None,
) -> None:
    """Print the newest event, to be kept outside the database: on another machine, in a write-once store, in a mail.

    `verify --expect` looks for it later. Each night adds one to audit.anchor_file by itself.
    """
    from risk_warning.audit.anchors import anchor as newest
    from risk_warning.audit.anchors import keep
    from risk_warning.database.connection import must_exist

    url = db or load_settings().database_url
    must_exist(url)
    noted = newest(url)
    if file is None:
        print(noted.line())
    else:
        keep(noted, file)
        print(f"Event {noted.seq}:{noted.hash} is noted in {file}.")


@app.command("new-key")
def new_key(file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that is not there yet.")]) -> None:
    """Make a key file for the seals of the audit trail, readable by its owner alone; name it in audit.key_file."""
    from risk_warning.audit.seal import make_key_file
    from risk_warning.errors import SettingsError

    if file.exists():
        raise SettingsError(f"{file} is there already; to seal with a new key, run risk-warning audit rotate-key.")
    key_id = make_key_file(file)
    print(f"{file} has the key {key_id}. Keep a copy of it away from the database: without it no seal can be verified.")


@app.command("rotate-key")
def rotate_key(db: Db = None) -> None:
    """Seal with a new key from now on; the keys before it stay in the file, to verify the older rows.

    A running service goes on with the key before until it is restarted.
    """
    from risk_warning.audit.rotation import rotate
    from risk_warning.cli.actor import ADMINS, actor
    from risk_warning.database.connection import must_exist

    settings = load_settings()
    url = db or settings.database_url
    must_exist(url)
    before, after = rotate(url, actor=actor(url, ADMINS))
    print(f"{settings.audit_key_file} seals with the key {after} now; before it was {before}. Copy the file again.")


def _event(text: str) -> tuple[int, str]:
    """Return (number, hash) of an event."""
    from risk_warning.errors import RequestError

    seq, _, head = text.partition(":")
    if not (seq.isdigit() and len(head) == 64):
        raise RequestError(f"--expect is SEQ:HASH, as risk-warning audit anchor prints them; {text} is not.")
    return int(seq), head
