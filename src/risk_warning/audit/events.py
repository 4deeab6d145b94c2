"""Events of the audit trail: who did what to whom, in one chain shared by all processes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TypeVar

from pydantic import TypeAdapter
from sqlalchemy import Connection, insert, select

from risk_warning.audit.chain import START, row_hash
from risk_warning.core.digest import canonical_json
from risk_warning.database.audit_tables import audit_events
from risk_warning.database.connection import lock, snapshot, transaction

MAIN = "main"
"""The chain of events. Each decision writer has a chain of its own, and records its progress here."""

CHAIN_OPENED, CHAIN_REACHED, CHAIN_CLOSED = "chain_opened", "chain_reached", "chain_closed"
CHAIN_EVENTS = (CHAIN_OPENED, CHAIN_REACHED, CHAIN_CLOSED)
"""Kinds of events whose subject is a chain of decisions; their detail is the chain's `rows` and `head`, a hash."""
CONTENTS_ERASED = "contents_erased"
KEY_CREATED, KEY_REVOKED = "key_created", "key_revoked"

Detail = TypeVar("Detail")


def append_event(url: str, *, actor: str, kind: str, subject: str, detail: Mapping[str, object]) -> None:
    """Append an event durably to the end of the chain, in a transaction of its own.

    Raises
    ------
    DatabaseError
        The event cannot be written.
    """
    with transaction(url) as connection:
        append(connection, actor=actor, kind=kind, subject=subject, detail=detail)


def events_about(url: str, kind: str, subject: str, detail: type[Detail]) -> list[Detail]:
    """Return the details of the events of this kind about the subject, newest first, each read as the type `detail`.

    A detail is JSON whose names depend on the kind; names that the type does not have are ignored.

    Raises
    ------
    DatabaseError
        As in `snapshot`.
    """
    about = (audit_events.c.kind == kind) & (audit_events.c.subject == subject)
    with snapshot(url) as connection:
        rows = connection.execute(select(audit_events.c.detail).where(about).order_by(audit_events.c.id.desc()))
        type_of_detail = TypeAdapter(detail)
        return [type_of_detail.validate_json(text) for text in rows.scalars()]


def append(connection: Connection, *, actor: str, kind: str, subject: str, detail: Mapping[str, object]) -> None:
    """Append an event as part of the transaction; it is in the trail once the transaction is committed."""
    # Two processes that read the same last row would both append to it; the lock makes the second one wait.
    lock(connection, audit_events)
    newest = select(audit_events.c.seq, audit_events.c.hash).where(audit_events.c.chain == MAIN)
    last = connection.execute(newest.order_by(audit_events.c.seq.desc()).limit(1)).one_or_none()
    seq, prev_hash = (1, START) if last is None else (last.seq + 1, last.hash)
    row = {
        "chain": MAIN,
        "seq": seq,
        "at": stamp(),
        "actor": actor,
        "kind": kind,
        "subject": subject,
        "detail": canonical_json(detail),
    }
    hashes = {"prev_hash": prev_hash, "hash": row_hash(prev_hash, row)}
    connection.execute(insert(audit_events).values(**row, **hashes))


def stamp() -> str:
    """Return the current time as the tables of the trail store it: ISO text, UTC, microseconds."""
    return datetime.now(UTC).isoformat(timespec="microseconds")
