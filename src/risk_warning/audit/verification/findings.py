"""Findings: the problems of an audit trail, and their locations."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import Table

FINDINGS_LISTED = 1_000


@dataclass(frozen=True)
class Finding:
    """One problem, and its location."""

    table: str
    chain: str
    seq: int | None
    subject: str | None
    """The decision's request id or the event's subject; None if the problem has no row."""
    what: str


@dataclass
class Findings:
    """The problems found so far: all are counted, the first `FINDINGS_LISTED` are listed."""

    listed: list[Finding] = field(default_factory=list)
    count: int = 0

    def note(self, table: Table | str, what: str, *, chain: str = "", seq: int | None = None, about: str = "") -> None:
        """Note a problem; `about` is the request id or the subject of its row."""
        self.count += 1
        if len(self.listed) < FINDINGS_LISTED:
            name = table if isinstance(table, str) else table.name
            self.listed.append(Finding(name, chain, seq, about or None, what))
