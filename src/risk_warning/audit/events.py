"""Events of the audit trail: who did what to whom, in one chain shared by all processes."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter
from sqlalchemy import Connection, Row, exists, insert, select

from risk_warning.audit.adoption import adopt
from risk_warning.audit.chain import START, row_hash
from risk_warning.audit.seal import Seal, seal_in_use
from risk_warning.core.digest import canonical_json
from risk_warning.database.audit_tables import audit_events
from risk_warning.database.connection import lock, snapshot, transaction
from risk_warning.errors import SettingsError

MAIN = "main"
"""The chain of events. Each decision writer has a chain of its own, and records its progress here."""

CHAIN_OPENED, CHAIN_REACHED, CHAIN_CLOSED = "chain_opened", "chain_reached", "chain_closed"
CHAIN_EVENTS = (CHAIN_OPENED, CHAIN_REACHED, CHAIN_CLOSED)
"""Kinds of events whose subject is a chain of decisions; their detail is the chain's `rows` and `head`, a hash."""
CONTENTS_ERASED = "contents_erased"
TRAIL_ADOPTED = "trail_adopted"
"""Rows without a seal stood before the first sealed one; its detail is what they were."""
SEAL_ROTATED = "seal_rotated"
"""From here on another key seals; its detail is the ids of both."""
NIGHT = "night"
"""The actor of a nightly run."""
NIGHT_STORED, NIGHTS_UNDONE = "night_stored", "nights_undone"
"""The subject is the as-of date, of the first night if several are undone; the detail has the digest of its rows."""
KEY_CREATED, KEY_REVOKED = "key_created", "key_revoked"

Detail = TypeVar("Detail")
Newest = Row[*tuple[Any, ...]]
"""The newest event's `seq`, `hash`, `seal_key` and `seal`."""


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


@dataclass(frozen=True)
class Recorded(Generic[Detail]):
    """An event: who did it, to whom, and its detail."""

    actor: str
    subject: str
    detail: Detail


def newest_of(
    url: str, kinds: Collection[str], detail: type[Detail], subject: str | None = None
) -> Recorded[Detail] | None:
    """Return the newest genuine event of these kinds, about the subject if one is given; None if there is none.

    Events that someone added to the database without the key of the seals are passed over.

    Raises
    ------
    DatabaseError
        As in `snapshot`.
    SettingsError
        The key file cannot be read.
    """
    seal = seal_in_use()
    chosen = select(audit_events).where(audit_events.c.chain == MAIN, audit_events.c.kind.in_(kinds))
    if subject is not None:
        chosen = chosen.where(audit_events.c.subject == subject)
    with snapshot(url) as connection:
        for row in connection.execute(chosen.order_by(audit_events.c.seq.desc())):
            if _is_genuine(connection, seal, row):
                return Recorded(row.actor, row.subject, TypeAdapter(detail).validate_json(row.detail))
    return None


def _is_genuine(connection: Connection, seal: Seal, event: Row[Any]) -> bool:
    """Whether the event carries its seal or, without one, precedes the sealed adoption in an unbroken chain."""
    following = select(audit_events).where(audit_events.c.chain == MAIN, audit_events.c.seq >= event.seq)
    head = event.prev_hash
    for row in connection.execute(following.order_by(audit_events.c.seq)):
        if row.prev_hash != head or row.hash != row_hash(head, dict(row._mapping)):
            return False
        if row.seal is not None:
            return seal.fault(row.hash, row.seal_key, row.seal) is None
        head = row.hash
    return False


def open_chains(connection: Connection) -> list[tuple[str, int]]:
    """Return the chains of decisions that were opened and not closed, each with the rows last recorded of it."""
    closed = audit_events.alias()
    is_closed = exists().where(closed.c.kind == CHAIN_CLOSED, closed.c.subject == audit_events.c.subject)
    opened = select(audit_events.c.subject).where(audit_events.c.kind == CHAIN_OPENED, ~is_closed)
    return [(chain, _noted(connection, chain)) for chain in connection.execute(opened).scalars().all()]


def _noted(connection: Connection, chain: str) -> int:
    of_chain = (audit_events.c.subject == chain) & audit_events.c.kind.in_(CHAIN_EVENTS)
    newest = select(audit_events.c.detail).where(of_chain).order_by(audit_events.c.seq.desc()).limit(1)
    return int(json.loads(connection.execute(newest).scalar_one())["rows"])


def append(connection: Connection, *, actor: str, kind: str, subject: str, detail: Mapping[str, object]) -> None:
    """Append an event as part of the transaction; it is in the trail once the transaction is committed.

    Raises
    ------
    SettingsError
        The trail is sealed with a key that the key file lacks.
    """
    add(connection, begin(connection, actor=actor), actor=actor, kind=kind, subject=subject, detail=detail)


def add(
    connection: Connection, seal: Seal, *, actor: str, kind: str, subject: str, detail: Mapping[str, object]
) -> None:
    """Append an event in a transaction that has begun with `begin`, which returned the seal."""
    event = {"actor": actor, "kind": kind, "subject": subject, "detail": detail}
    _insert(connection, seal, newest_event(connection), event)


def begin(connection: Connection, *, actor: str) -> Seal:
    """Lock the events and return the seal; first adopt what an earlier version left unsealed.

    A transaction that writes rows of its own before its event calls this first, then `add`: its own rows are not what
    an earlier version left.

    Raises
    ------
    SettingsError
        As in `append`.
    """
    # Two processes that read the same last row would both append to it; the lock makes the second one wait.
    lock(connection, audit_events)
    seal = seal_in_use()
    last = newest_event(connection)
    if (last is None or last.seal is None) and (before := adopt(connection, seal)) is not None:
        _insert(
            connection, seal, last, {"actor": actor, "kind": TRAIL_ADOPTED, "subject": MAIN, "detail": asdict(before)}
        )
        last = newest_event(connection)
    _must_have_key(seal, last)
    return seal


def check_seal(url: str) -> None:
    """Check that this process could write to the trail: that the key file has the key with which it is sealed.

    Raises
    ------
    SettingsError
        It has not.
    DatabaseError
        As in `snapshot`.
    """
    with snapshot(url) as connection:
        last = newest_event(connection)
    if last is not None and last.seal is not None:
        _must_have_key(seal_in_use(), last)


def _must_have_key(seal: Seal, last: Newest | None) -> None:
    if last is not None and last.seal_key not in seal.keys:
        raise SettingsError(
            f"The audit trail is sealed with the key {last.seal_key}, which the key file lacks; copy that key from the "
            "machine that wrote the trail, and name its file in audit.key_file."
        )


def newest_event(connection: Connection) -> Newest | None:
    """Return the newest event; None if there is none."""
    columns = audit_events.c.seq, audit_events.c.hash, audit_events.c.seal_key, audit_events.c.seal
    newest = select(*columns).where(audit_events.c.chain == MAIN).order_by(audit_events.c.seq.desc()).limit(1)
    return connection.execute(newest).one_or_none()


def _insert(connection: Connection, seal: Seal, last: Newest | None, event: Mapping[str, object]) -> None:
    seq, prev_hash = (1, START) if last is None else (last.seq + 1, last.hash)
    row = {"chain": MAIN, "seq": seq, "at": stamp(), **event, "detail": canonical_json(event["detail"])}
    head = row_hash(prev_hash, row)
    sealed = {**row, "prev_hash": prev_hash, "hash": head, **asdict(seal.mark(head))}
    connection.execute(insert(audit_events).values(sealed))


def stamp() -> str:
    """Return the current time as the tables of the trail store it: ISO text, UTC, microseconds."""
    return datetime.now(UTC).isoformat(timespec="microseconds")
