"""The chains of decisions: whole, sealed, opened, as far as their writers recorded, and with the contents they had."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, exists, select

from risk_warning.audit.adoption import unsealed_decisions
from risk_warning.audit.chain import START
from risk_warning.audit.events import CHAIN_CLOSED, CHAIN_EVENTS, CHAIN_OPENED, CONTENTS_ERASED, MAIN
from risk_warning.audit.seal import Seal
from risk_warning.audit.verification.chains import End, by_chain, walk
from risk_warning.audit.verification.events import CLOCKS_APART, Events, detail_of, moment_of
from risk_warning.audit.verification.findings import Findings
from risk_warning.core.digest import sha256
from risk_warning.database.audit_tables import audit_events, decision_contents, decisions


@dataclass
class Decisions:
    """What the walk along the chains of decisions found out."""

    rows: int = 0
    chains: int = 0
    open_chains: int = 0
    erased: int = 0


@dataclass
class _Claims:
    """What the events say of a chain."""

    opened_at: datetime | None = None
    heads: dict[int, str] = field(default_factory=dict)
    """Number of rows → hash of the last of them, for each time its progress was recorded."""
    rows: int = 0
    closed: bool = False


def check_decisions(connection: Connection, findings: Findings, seal: Seal, events: Events) -> Decisions:
    """Check every chain of decisions, from its opening to its end."""
    seen, done = set[str](), Decisions()
    for chain, rows in by_chain(connection, _with_contents(), decisions):
        seen.add(chain)
        claims = _claims(connection, findings, chain)
        end = walk(
            findings,
            decisions,
            rows,
            seal,
            "request_id",
            _Look(findings, claims, done),
            lambda row: events.adopted is not None and row.at <= events.adopted_at,
        )
        done.rows += end.rows
        done.open_chains += not claims.closed
        _check_end(findings, chain, claims, end)
    for chain in _claimed(connection):
        if chain not in seen:
            seen.add(chain)
            claims = _claims(connection, findings, chain)
            done.open_chains += not claims.closed
            if claims.rows:
                what = f"the chain is missing: its writer recorded {claims.rows:,} rows"
                findings.note(decisions, what, chain=chain)
    done.chains = len(seen)
    if events.adopted is not None and events.adopted.decisions != unsealed_decisions(connection):
        findings.note(decisions, "the decisions from before the first seal are not those that were there then")
    return done


def _with_contents() -> Select[Any]:
    by_event = exists().where(
        audit_events.c.chain == MAIN,
        audit_events.c.kind == CONTENTS_ERASED,
        audit_events.c.subject == decisions.c.request_id,
    )
    return select(
        decisions, decision_contents.c.inputs, decision_contents.c.answer, by_event.label("erased")
    ).outerjoin(decision_contents, decision_contents.c.request_id == decisions.c.request_id)


def _claimed(connection: Connection) -> Iterator[str]:
    claimed = select(audit_events.c.subject).where(audit_events.c.kind.in_(CHAIN_EVENTS)).distinct()
    yield from connection.execute(claimed.execution_options(yield_per=1_000)).scalars()


def _claims(connection: Connection, findings: Findings, chain: str) -> _Claims:
    """Return what the events say of a chain: it is opened once, only grows, and nothing follows its closing."""
    about = audit_events.c.kind.in_(CHAIN_EVENTS) & (audit_events.c.subject == chain) & (audit_events.c.chain == MAIN)
    claims = _Claims()
    for event in connection.execute(select(audit_events).where(about).order_by(audit_events.c.seq)).all():
        place = {"chain": MAIN, "seq": event.seq, "about": chain}
        detail = detail_of(event) or {}
        rows, head = detail.get("rows"), detail.get("head")
        if type(rows) is not int or rows < 0 or not isinstance(head, str):
            findings.note(audit_events, "the event does not say how many rows the chain has", **place)
            continue
        if event.kind == CHAIN_OPENED:
            if claims.opened_at is not None or rows:
                findings.note(audit_events, "a chain is opened once, and empty", **place)
            claims.opened_at = moment_of(event.at)
        elif claims.opened_at is None:
            findings.note(audit_events, "the chain was not opened before", **place)
        if claims.closed:
            findings.note(audit_events, "the chain was closed before", **place)
        if rows < claims.rows:
            what = f"the chain had {claims.rows:,} rows before, and {rows:,} by this event"
            findings.note(audit_events, what, **place)
        elif claims.heads.get(rows, head) != head or (not rows and head != START):
            findings.note(audit_events, "the chain had another end with so many rows", **place)
        claims.heads.setdefault(rows, head)
        claims.rows = max(claims.rows, rows)
        claims.closed = claims.closed or event.kind == CHAIN_CLOSED
    return claims


class _Look:
    """The check of a row that was not altered."""

    def __init__(self, findings: Findings, claims: _Claims, done: Decisions) -> None:
        self.findings = findings
        self.claims = claims
        self.done = done

    def __call__(self, row: Any) -> None:
        self._check_claim(row)
        for name, text, expected, kept in (
            ("inputs", row.inputs, row.inputs_digest, row.inputs_kept),
            ("answer", row.answer, row.answer_digest, True),
        ):
            if text is not None and sha256(text) != expected:
                self._note(row, f"the stored {name} altered")
            elif text is not None and row.erased:
                self._note(row, f"an event says that the stored {name} was erased, and it is there")
            elif text is None and kept and not row.erased:
                self._note(row, f"the stored {name} gone, and no event says why")
        self.done.erased += row.answer is None and row.erased

    def _check_claim(self, row: Any) -> None:
        if self.claims.heads.get(row.seq, row.hash) != row.hash:
            self._note(row, "the row differs from the one its writer recorded")
        moment = moment_of(row.at)
        if moment is None:
            self._note(row, "the moment of the decision cannot be read")
        elif self.claims.opened_at is not None and moment < self.claims.opened_at - CLOCKS_APART:
            self._note(row, "the decision is dated long before its chain was opened")

    def _note(self, row: Any, what: str) -> None:
        self.findings.note(decisions, what, chain=row.chain, seq=row.seq, about=row.request_id)


def _check_end(findings: Findings, chain: str, claims: _Claims, end: End) -> None:
    if claims.opened_at is None:
        findings.note(decisions, "no event opened this chain", chain=chain)
    elif end.seq < claims.rows:
        cut = f"cut short: its writer recorded {claims.rows:,} rows; the last one present is {end.seq:,}"
        findings.note(decisions, cut, chain=chain, seq=end.seq + 1)
    elif claims.closed and end.seq > claims.rows:
        findings.note(decisions, f"goes on after its end at row {claims.rows:,}", chain=chain, seq=claims.rows + 1)
