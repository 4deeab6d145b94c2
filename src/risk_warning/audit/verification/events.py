"""The chain of events: whole, sealed, in the order of time, and as it was when its end was noted elsewhere."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Connection, select

from risk_warning.audit.adoption import Adopted
from risk_warning.audit.events import MAIN, TRAIL_ADOPTED
from risk_warning.audit.seal import Seal
from risk_warning.audit.verification.chains import End, by_chain, walk
from risk_warning.audit.verification.findings import Findings
from risk_warning.database.audit_tables import audit_events

CLOCKS_APART = timedelta(minutes=10)
"""The clocks of machines that write to one database may differ by so much."""


@dataclass
class Events:
    """What the walk along the events found out."""

    end: End = field(default_factory=End)
    adopted: Adopted | None = None
    """What stood before the first seal; None if nothing did."""
    adopted_at: str = ""


def check_events(
    connection: Connection, findings: Findings, seal: Seal, expected: Collection[tuple[int, str]]
) -> Events:
    """Check the events, and that each expected (number, hash) is in their chain."""
    events, open_ends = Events(), dict(expected)
    first_sealed = _first_sealed(connection)
    newest = ""

    def look(row: Any) -> None:
        nonlocal newest
        detail = detail_of(row)
        place = {"chain": row.chain, "seq": row.seq, "about": row.subject}
        if detail is None:
            findings.note(audit_events, "the event's detail cannot be read", **place)
        if row.kind == TRAIL_ADOPTED and row.seal is not None:
            if row.seq != first_sealed:
                findings.note(audit_events, "the trail was adopted a second time", **place)
            else:
                events.adopted, events.adopted_at = _adopted_by(row), row.at
        if (moment := moment_of(row.at)) is None:
            findings.note(audit_events, "the moment of the event cannot be read", **place)
        elif newest and moment < datetime.fromisoformat(newest) - CLOCKS_APART:
            findings.note(audit_events, "the event is dated long before the one before it", **place)
        elif moment > datetime.now(UTC) + CLOCKS_APART:
            findings.note(audit_events, "the event is dated after now", **place)
        else:
            newest = max(newest, row.at)
        wanted = open_ends.pop(row.seq, None)
        if wanted is not None and wanted != row.hash:
            findings.note(audit_events, "the event is not the one that was noted elsewhere", **place)

    for chain, rows in by_chain(connection, select(audit_events), audit_events):
        if chain != MAIN:
            findings.note(audit_events, "there is one chain of events, and this is another", chain=chain)
        end = walk(
            findings,
            audit_events,
            rows,
            seal,
            "subject",
            look if chain == MAIN else lambda row: None,
            lambda row: first_sealed is not None and row.seq < first_sealed,
        )
        if chain == MAIN:
            events.end = end
    for seq in sorted(open_ends):
        what = f"cut short: event {seq:,} was noted elsewhere, and the last one present is {events.end.seq:,}"
        findings.note(audit_events, what, chain=MAIN, seq=seq)
    return events


def _first_sealed(connection: Connection) -> int | None:
    """Return the number of the first sealed event if it adopts what was there before, else None."""
    sealed = select(audit_events.c.seq, audit_events.c.kind).where(audit_events.c.seal.is_not(None))
    first = connection.execute(sealed.order_by(audit_events.c.seq).limit(1)).one_or_none()
    return first.seq if first is not None and first.kind == TRAIL_ADOPTED else None


def _adopted_by(row: Any) -> Adopted | None:
    """Return what the event adopted; None if its detail does not say."""
    try:
        return TypeAdapter(Adopted).validate_json(row.detail)
    except ValidationError:
        return None


def detail_of(row: Any) -> Mapping[str, object] | None:
    """Return the detail of an event; None if it is no JSON object."""
    try:
        detail = json.loads(row.detail)
    except ValueError:
        return None
    return detail if isinstance(detail, dict) else None


def moment_of(text: str) -> datetime | None:
    """Return the moment of a row; None if it cannot be read."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
