"""The JSON of the audit trail's verification, and of the API keys."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from risk_warning.audit.api_keys import Key
from risk_warning.audit.verification.findings import Finding
from risk_warning.document import Document


class VerifiedDocument(Document):
    """The result of a verification."""

    database: str = Field(description="its URL without a password")
    whole: bool = Field(description="whether there are no findings")
    rows: Mapping[str, int] = Field(description="table → rows")
    chains: int = Field(description="chains of decisions")
    open_chains: int = Field(description="chains without a clean end: their service is running, or was killed")
    erased: int = Field(description="decisions whose contents were erased, as recorded by an event")
    last_event: tuple[int, str] | None = Field(description="number and hash of the newest event; null without events")
    anchors: int = Field(description="number of events, noted elsewhere before, that were looked for")
    findings: tuple[Finding, ...] = Field(description="the first ones")
    n_findings: int


class KeyDocument(Document):
    """A key as of one moment, without its secret."""

    key_id: str
    name: str
    role: str
    rate_limit: str | None = Field(description='such as "200/second"; null means the service\'s own limit')
    created_at: str = Field(description="UTC, like the other moments")
    expires_at: str | None
    revoked_at: str | None
    valid: bool = Field(description="whether the key may be used")

    @classmethod
    def at(cls, key: Key, now: str) -> KeyDocument:
        """Return the document of a key as of the moment `now`, an ISO text in UTC."""
        return cls(
            key_id=key.key_id,
            name=key.name,
            role=key.role,
            rate_limit=key.rate_limit,
            created_at=key.created_at,
            expires_at=key.expires_at,
            revoked_at=key.revoked_at,
            valid=key.valid(now),
        )
