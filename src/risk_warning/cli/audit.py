"""`risk-warning audit`: the trail of decisions and events, checked; a decision's contents, erased."""

from __future__ import annotations

from typing import Annotated

import typer

from risk_warning.cli.options import Db, Json
from risk_warning.settings import load_settings

app = typer.Typer(help="Check the audit trail; erase the inputs and the answer of a decision.", no_args_is_help=True)


@app.command()
def verify(db: Db = None, as_json: Json = False) -> None:
    """Check every row and every chain of the audit trail, and name what is wrong."""
    from risk_warning.audit.document import VerifiedDocument
    from risk_warning.audit.verify import verify as verified
    from risk_warning.database.connection import must_exist
    from risk_warning.document import json_text
    from risk_warning.errors import AuditError

    url = db or load_settings().database_url
    must_exist(url)
    result = verified(url)
    if as_json:
        print(json_text(VerifiedDocument.of(result)))
    else:
        seq, head = result.last_event or (0, "none")
        print(
            f"{result.database}: {result.rows['decisions']:,} decisions in {result.chains:,} chains "
            f"({result.open_chains:,} open: their service is running or was killed), "
            f"{result.erased:,} of them erased, {result.rows['audit_events']:,} events; newest event {seq:,} {head}"
        )
    if result.whole:
        return
    if not as_json:
        # A line each, whole however narrow the window: these are searched for, not looked at.
        for finding in result.findings:
            where = f"{finding.table}, chain {finding.chain}, row {finding.seq or '–'}, {finding.subject or '–'}"
            print(f"{where}: {finding.what}")
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
    from risk_warning.cli.os_user import os_user
    from risk_warning.database.connection import must_exist

    url = db or load_settings().database_url
    must_exist(url)
    erased(url, request_id, os_user())
    print(f"Inputs and answer of {request_id} are erased; the audit trail keeps their digests.")
