"""What stands beside the chains and must agree with them: guards, contents, API keys, nights and warnings."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from risk_warning.audit.events import CONTENTS_ERASED, KEY_CREATED, KEY_REVOKED, NIGHT_STORED, NIGHTS_UNDONE
from risk_warning.audit.nights import night_digest
from risk_warning.audit.seal import Seal
from risk_warning.audit.sealed_keys import key_fault
from risk_warning.audit.verification.events import Events, detail_of
from risk_warning.audit.verification.findings import Findings
from risk_warning.database import guards
from risk_warning.database.audit_tables import audit_events, decision_contents, decisions
from risk_warning.database.service_tables import api_keys
from risk_warning.database.tables import observations, runs, warnings

_ENDINGS = ("closed", "handed_over")


def check_others(connection: Connection, findings: Findings, seal: Seal, events: Events) -> None:
    """Check what is no chain."""
    for table, what in guards.faults(connection):
        findings.note(table, what)
    _check_contents(connection, findings)
    _check_keys(connection, findings, seal)
    _check_nights(connection, findings, events)
    _check_warnings(connection, findings)


def _check_contents(connection: Connection, findings: Findings) -> None:
    of_none = select(decision_contents.c.request_id).where(
        decision_contents.c.request_id.not_in(select(decisions.c.request_id))
    )
    for request_id in connection.execute(of_none.execution_options(yield_per=1_000)).scalars():
        findings.note(decision_contents, "contents of no decision", about=request_id)
    erased = select(audit_events.c.seq, audit_events.c.subject).where(
        audit_events.c.kind == CONTENTS_ERASED, audit_events.c.subject.not_in(select(decisions.c.request_id))
    )
    for event in connection.execute(erased).all():
        findings.note(audit_events, "the erasure of no decision", seq=event.seq, about=event.subject)


def _events_by_subject(connection: Connection, *kinds: str) -> dict[str, list[Any]]:
    """Return subject → its events of these kinds, in order."""
    chosen = select(audit_events).where(audit_events.c.kind.in_(kinds)).order_by(audit_events.c.seq)
    by_subject: dict[str, list[Any]] = {}
    for event in connection.execute(chosen).all():
        by_subject.setdefault(event.subject, []).append(event)
    return by_subject


def _check_keys(connection: Connection, findings: Findings, seal: Seal) -> None:
    told = _events_by_subject(connection, KEY_CREATED, KEY_REVOKED)
    for row in connection.execute(select(api_keys)).mappings().all():
        name, of_key = row["name"], told.pop(row["name"], [])
        if (fault := key_fault(row, seal)) is not None:
            findings.note(api_keys, f"the key {fault}", about=name)
        created = [detail_of(event) or {} for event in of_key if event.kind == KEY_CREATED]
        if not any(one.get("key_id") == row["key_id"] and one.get("role") == row["role"] for one in created):
            findings.note(api_keys, "no event created this key", about=name)
        if (row["revoked_at"] is not None) != any(event.kind == KEY_REVOKED for event in of_key):
            is_revoked = row["revoked_at"] is not None
            what = "the key is revoked, and no event says so" if is_revoked else "the key was revoked by an event"
            findings.note(api_keys, what, about=name)
    for name in told:
        findings.note(api_keys, "the key is gone", about=name)


def _check_nights(connection: Connection, findings: Findings, events: Events) -> None:
    """Check that the rows of each night are those that it stored."""
    digests = dict(events.adopted.nights) if events.adopted is not None else {}
    chosen = select(audit_events).where(audit_events.c.kind.in_((NIGHT_STORED, NIGHTS_UNDONE)))
    for event in connection.execute(chosen.order_by(audit_events.c.seq)).all():
        if event.kind == NIGHTS_UNDONE:
            digests = {day: digest for day, digest in digests.items() if day < event.subject}
        else:
            digests[event.subject] = str((detail_of(event) or {}).get("digest"))
    for run in connection.execute(select(runs).order_by(runs.c.as_of_date)).all():
        day = str(run.as_of_date)
        stored = digests.pop(day, None)
        if stored is None:
            findings.note(runs, "no event stored this night", about=day)
        elif stored != night_digest(connection, run.id):
            findings.note(runs, "the warnings or observations of this night are not those that it stored", about=day)
    for day in digests:
        findings.note(runs, "the night is gone", about=day)


def _check_warnings(connection: Connection, findings: Findings) -> None:
    """Check that each warning was opened by a night or a decision, and ended by a night that observed its end."""
    ended = observations.alias()
    query = (
        select(
            warnings.c.id,
            warnings.c.opened_run_id,
            warnings.c.ended_run_id,
            warnings.c.outcome,
            warnings.c.opened_as_of,
            decisions.c.request_id,
            decisions.c.as_of_date,
            runs.c.id.label("opening_run"),
            ended.c.event,
        )
        .outerjoin(decisions, decisions.c.request_id == warnings.c.opened_request_id)
        .outerjoin(runs, runs.c.id == warnings.c.opened_run_id)
        .outerjoin(ended, (ended.c.warning_id == warnings.c.id) & (ended.c.run_id == warnings.c.ended_run_id))
    )
    for row in connection.execute(query.execution_options(yield_per=1_000)):
        about = f"warning {row.id}"
        is_of_decision = row.request_id is not None and row.as_of_date == row.opened_as_of
        if row.opening_run is None and not is_of_decision:
            findings.note(warnings, "no night and no decision opened this warning", about=about)
        if (row.event if row.event in _ENDINGS else None) != (row.outcome if row.ended_run_id is not None else None):
            findings.note(warnings, "no night ended this warning so", about=about)
