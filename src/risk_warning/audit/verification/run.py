"""The verification of an audit trail as a whole."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from risk_warning.audit.seal import seal_in_use
from risk_warning.audit.verification.decisions import check_decisions
from risk_warning.audit.verification.events import check_events
from risk_warning.audit.verification.findings import Finding, Findings
from risk_warning.audit.verification.others import check_others
from risk_warning.database.audit_tables import audit_events, decisions
from risk_warning.database.connection import display_url, snapshot


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
    anchors: int
    """Number of events, noted elsewhere before, that were looked for."""
    findings: tuple[Finding, ...]
    """The first problems."""
    n_findings: int

    @property
    def whole(self) -> bool:
        """Whether there are no problems."""
        return self.n_findings == 0


def verify(url: str, *, expected: Collection[tuple[int, str]] = ()) -> Verified:
    """Verify the audit trail; its rows are streamed, so that memory does not grow with them.

    A row that is altered, missing or out of place breaks its chain, and one that was written without the key has no
    genuine seal. A chain of decisions whose end was cut off, or that was deleted, has fewer rows than its writer
    recorded in the events. Nothing in the database can show that the newest events were cut off together with all that
    they refer to: `expected` are (number, hash) of events that were noted elsewhere, and each must be in the chain.

    Raises
    ------
    DatabaseError
        The database cannot be read.
    SettingsError
        The key file cannot be read.
    """
    findings, seal = Findings(), seal_in_use()
    with snapshot(url) as connection:
        events = check_events(connection, findings, seal, expected)
        done = check_decisions(connection, findings, seal, events)
        check_others(connection, findings, seal, events)
    return Verified(
        database=display_url(url),
        rows={audit_events.name: events.end.rows, decisions.name: done.rows},
        chains=done.chains,
        open_chains=done.open_chains,
        erased=done.erased,
        last_event=(events.end.seq, events.end.head) if events.end.rows else None,
        anchors=len(expected),
        findings=tuple(findings.listed),
        n_findings=findings.count,
    )
