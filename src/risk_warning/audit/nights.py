"""What the audit trail keeps of a night: a digest of its run, the warnings it opened and its observations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, select

from risk_warning.core.digest import canonical_json
from risk_warning.database.tables import observations, runs, warnings


def night_digest(connection: Connection, run_id: int) -> str:
    """Return the sha256, in hex, of the rows of a run in the watch list; it changes if one of them does."""
    digest = sha256()
    for row in _rows(connection, run_id):
        digest.update(canonical_json(dict(row)).encode() + b"\n")
    return digest.hexdigest()


def _rows(connection: Connection, run_id: int) -> Iterator[Mapping[Any, Any]]:
    opened = (warnings.c.id, warnings.c.borrower_id)
    for query in (
        select(runs).where(runs.c.id == run_id),
        select(*opened).where(warnings.c.opened_run_id == run_id).order_by(warnings.c.id),
        select(observations).where(observations.c.run_id == run_id).order_by(observations.c.warning_id),
    ):
        yield from connection.execute(query.execution_options(yield_per=1_000)).mappings()
