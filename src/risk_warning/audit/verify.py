"""Verification of the audit trail: every row and every chain, from its opening to its end."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Select, Table, exists, select

from risk_warning.audit.chain import START, row_hash
from risk_warning.audit.events import CHAIN_CLOSED, CHAIN_EVENTS, CONTENTS_ERASED, MAIN
from risk_warning.core.digest import sha256
from risk_warning.database.audit_tables import audit_events, decision_contents, decisions
from risk_warning.database.connection import display_url, snapshot

FINDINGS_LISTED = 1_000
_ROWS_AT_A_TIME = 200  # a decision may carry a megabyte of inputs


@dataclass(frozen=True)
class Finding:
    """One problem, and its location."""

    table: str
    chain: str
    seq: int | None
    subject: str | None
    """The decision's request id or the event's subject; None if the problem has no row."""
    what: str


@dataclass(frozen=True)
class Verified:
    """The result of the verification."""

    database: str
    """Its URL without a password."""
    rows: dict[str, int]
    """Table → rows."""
    chains: int
    open_chains: int
    """Chains of decisions without a clean end: their service is still running, or was killed."""
    erased: int
    """Decisions whose contents were erased, as recorded by an event."""
    last_event: tuple[int, str] | None
    """(seq, hash) of the newest event; a copy kept elsewhere reveals later that the end was cut off."""
    findings: tuple[Finding, ...]
    """The first `FINDINGS_LISTED` problems."""
    n_findings: int

    @property
    def whole(self) -> bool:
        """Whether there are no problems."""
        return self.n_findings == 0


@dataclass
class _Claim:
    """The last state of a chain of decisions that the events record."""

    rows: int = 0
    head: str = START
    closed: bool = False
    seen: bool = False


@dataclass
class _Check:
    """The verification in progress."""

    rows: dict[str, int] = field(default_factory=lambda: {audit_events.name: 0, decisions.name: 0})
    claims: dict[str, _Claim] = field(default_factory=dict)
    erased: int = 0
    last_event: tuple[int, str] | None = None
    findings: list[Finding] = field(default_factory=list)
    n_findings: int = 0

    def note(self, table: Table, chain: str, seq: int | None, subject: str | None, what: str) -> None:
        self.n_findings += 1
        if len(self.findings) < FINDINGS_LISTED:
            self.findings.append(Finding(table.name, chain, seq, subject, what))


def verify(url: str) -> Verified:
    """Verify the audit trail; rows are streamed, so that memory does not grow with their number.

    A row that is altered, missing or out of place breaks its chain. A chain of decisions whose end was cut off, or that
    was deleted, has fewer rows than its writer recorded in the events. Nothing in the database can show that the newest
    events were cut off together with everything they refer to: keep a copy of `last_event` elsewhere to detect that.

    Raises
    ------
    DatabaseError
        The database cannot be read.
    """
    check = _Check()
    with snapshot(url) as connection:
        for chain, rows in _by_chain(connection, select(audit_events), audit_events):
            last = _walk(check, audit_events, chain, rows, _take_claim)
            if chain == MAIN:
                check.last_event = last
        for chain, rows in _by_chain(connection, _decisions_with_contents(), decisions):
            rows_there, _ = _walk(check, decisions, chain, rows, _check_decision)
            _check_end(check, chain, rows_there)
    for chain, claim in check.claims.items():
        if claim.rows and not claim.seen:
            check.note(decisions, chain, None, None, f"the chain is missing: its writer recorded {claim.rows:,} rows")
    return Verified(
        database=display_url(url),
        rows=check.rows,
        chains=len(check.claims),
        open_chains=sum(not claim.closed for claim in check.claims.values()),
        erased=check.erased,
        last_event=check.last_event,
        findings=tuple(check.findings),
        n_findings=check.n_findings,
    )


def _by_chain(connection: Connection, query: Select[Any], table: Table) -> Iterable[tuple[str, Iterable[Any]]]:
    ordered = query.order_by(table.c.chain, table.c.seq).execution_options(yield_per=_ROWS_AT_A_TIME)
    return groupby(connection.execute(ordered), key=lambda row: str(row.chain))


def _decisions_with_contents() -> Select[Any]:
    by_event = exists().where(
        audit_events.c.chain == MAIN,
        audit_events.c.kind == CONTENTS_ERASED,
        audit_events.c.subject == decisions.c.request_id,
    )
    return select(
        decisions,
        decision_contents.c.inputs,
        decision_contents.c.answer,
        by_event.label("erased"),
    ).outerjoin(decision_contents, decision_contents.c.request_id == decisions.c.request_id)


def _walk(
    check: _Check, table: Table, chain: str, rows: Iterable[Any], look: Callable[[_Check, Any], None]
) -> tuple[int, str]:
    """Check every row against its own hash and the previous row; return (seq, hash) of the chain's last row."""
    seq, head = 0, START
    for row in rows:
        check.rows[table.name] += 1
        subject = row.request_id if table is decisions else row.subject
        if row.seq > seq + 1:
            missing = f"row {seq + 1:,} is" if row.seq == seq + 2 else f"rows {seq + 1:,} to {row.seq - 1:,} are"
            check.note(table, chain, seq + 1, None, f"{missing} missing")
        elif row.seq != seq + 1 or row.prev_hash != head:
            check.note(table, chain, row.seq, subject, "out of place: it does not continue the row before it")
        if row.hash != row_hash(row.prev_hash, {column.name: row._mapping[column.name] for column in table.c}):
            check.note(table, chain, row.seq, subject, "the row was altered")
        else:
            look(check, row)
        seq, head = row.seq, row.hash
    return seq, head


def _take_claim(check: _Check, event: Any) -> None:
    if event.chain != MAIN or event.kind not in CHAIN_EVENTS:
        return
    claim = check.claims.setdefault(event.subject, _Claim())
    detail = json.loads(event.detail)
    claim.rows, claim.head = detail["rows"], detail["head"]
    claim.closed = event.kind == CHAIN_CLOSED


def _check_decision(check: _Check, row: Any) -> None:
    claim = check.claims.get(row.chain)
    if claim is not None and row.seq == claim.rows and row.hash != claim.head:
        check.note(decisions, row.chain, row.seq, row.request_id, "the row differs from the one its writer recorded")
    for name, text, expected, kept in (
        ("inputs", row.inputs, row.inputs_digest, row.inputs_kept),
        ("answer", row.answer, row.answer_digest, True),
    ):
        if text is not None and sha256(text) != expected:
            check.note(decisions, row.chain, row.seq, row.request_id, f"the stored {name} altered")
        elif text is None and kept and not row.erased:
            check.note(decisions, row.chain, row.seq, row.request_id, f"the stored {name} gone, and no event says why")
    check.erased += row.answer is None and row.erased


def _check_end(check: _Check, chain: str, rows_there: int) -> None:
    claim = check.claims.get(chain)
    if claim is None:
        check.note(decisions, chain, None, None, "no event opened this chain")
        return
    claim.seen = True
    if rows_there < claim.rows:
        cut = f"cut short: its writer recorded {claim.rows:,} rows; the last one present is {rows_there:,}"
        check.note(decisions, chain, rows_there + 1, None, cut)
    elif claim.closed and rows_there > claim.rows:
        check.note(decisions, chain, claim.rows + 1, None, f"goes on after its end at row {claim.rows:,}")
