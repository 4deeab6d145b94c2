"""Adoption: what stood in the database before its first sealed row, written down in one sealed event.

An earlier version of the program sealed nothing. The first event that this version appends is the adoption, with the
digests of the decisions and of the nights as they stood; the API keys get their seals at the same moment. From then on
a row without a seal is right only if the adoption covers it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import Connection, func, select

from risk_warning.audit.nights import night_digest
from risk_warning.audit.seal import Seal
from risk_warning.audit.sealed_keys import seal_keys
from risk_warning.database.audit_tables import audit_events, decisions
from risk_warning.database.service_tables import api_keys
from risk_warning.database.tables import runs


@dataclass(frozen=True)
class Adopted:
    """What stood before the first seal: the detail of the event."""

    rows: Mapping[str, int]
    """Table → rows."""
    decisions: str
    """Digest of the decisions."""
    nights: Mapping[str, str]
    """As-of date → digest of the night's rows."""


def adopt(connection: Connection, seal: Seal) -> Adopted | None:
    """Seal the API keys that stand, and return what else stood; None if nothing was there before."""
    tables = (audit_events, decisions, api_keys, runs)
    rows = {table.name: connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables}
    if not any(rows.values()):
        return None
    seal_keys(connection, seal)
    nights = {
        str(run.as_of_date): night_digest(connection, run.id)
        for run in connection.execute(select(runs.c.id, runs.c.as_of_date))
    }
    return Adopted(rows, unsealed_decisions(connection), nights)


def unsealed_decisions(connection: Connection) -> str:
    """Return the digest of the decisions without a seal: of the chain, number and hash of each, in order."""
    digest = sha256()
    for line in _lines(connection):
        digest.update(line.encode())
    return digest.hexdigest()


def _lines(connection: Connection) -> Iterator[str]:
    rows = (
        select(decisions.c.chain, decisions.c.seq, decisions.c.hash)
        .where(decisions.c.seal.is_(None))
        .order_by(decisions.c.chain, decisions.c.seq)
        .execution_options(yield_per=1_000)
    )
    for row in connection.execute(rows):
        yield f"{row.chain} {row.seq} {row.hash}\n"
