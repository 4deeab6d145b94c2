"""The walk along a chain: each row against its own hash, its seal and the row before it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Select, Table

from risk_warning.audit.chain import START, row_hash
from risk_warning.audit.seal import Seal
from risk_warning.audit.verification.findings import Findings

_ROWS_AT_A_TIME = 200  # a decision may carry a megabyte of inputs


@dataclass(frozen=True)
class End:
    """The end of a chain."""

    seq: int = 0
    """Number of its last row."""
    head: str = START
    rows: int = 0
    """Rows that are there."""


def by_chain(connection: Connection, query: Select[Any], table: Table) -> Iterable[tuple[str, Iterable[Any]]]:
    """Return (chain, its rows in order) for each chain of the query's rows; they are streamed."""
    ordered = query.order_by(table.c.chain, table.c.seq).execution_options(yield_per=_ROWS_AT_A_TIME)
    return groupby(connection.execute(ordered), key=lambda row: str(row.chain))


def walk(
    findings: Findings,
    table: Table,
    rows: Iterable[Any],
    seal: Seal,
    subject: str,
    look: Callable[[Any], None],
    may_lack_seal: Callable[[Any], bool],
) -> End:
    """Check each row, call `look` on those that were not altered, and return the chain's end.

    `subject` is the column that findings name; `may_lack_seal` says whether a row without a seal is from before there
    were any.
    """
    seq, head, count = 0, START, 0
    for row in rows:
        place = {"chain": row.chain, "seq": row.seq, "about": getattr(row, subject)}
        if row.seq > seq + 1:
            missing = f"row {seq + 1:,} is" if row.seq == seq + 2 else f"rows {seq + 1:,} to {row.seq - 1:,} are"
            findings.note(table, f"{missing} missing", chain=row.chain, seq=seq + 1)
        elif row.seq != seq + 1 or row.prev_hash != head:
            findings.note(table, "out of place: it does not continue the row before it", **place)
        if row.hash != row_hash(row.prev_hash, {column.name: row._mapping[column.name] for column in table.c}):
            findings.note(table, "the row was altered", **place)
        else:
            fault = seal.fault(row.hash, row.seal_key, row.seal)
            if fault is not None and not (row.seal is None and may_lack_seal(row)):
                findings.note(table, f"the row {fault}", **place)
            look(row)
        seq, head, count = row.seq, row.hash, count + 1
    return End(seq, head, count)
