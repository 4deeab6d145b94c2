"""Tables of the audit trail: decisions, the inputs and the answer of each, and events.

Decisions and events are append-only: triggers reject updates, deletes and replacements. The contents of a decision are
stored in a separate table, so that a borrower's data can be erased without breaking the hash chain. Only rows that an
earlier version wrote have no seal.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Date, Index, Integer, String, Table, Text, UniqueConstraint

from risk_warning.database.tables import metadata

_LONG = BigInteger().with_variant(Integer, "sqlite")

decisions = Table(
    "decisions",
    metadata,
    Column("id", _LONG, primary_key=True),
    Column("chain", String(64), nullable=False),
    Column("seq", _LONG, nullable=False),
    Column("at", String(32), nullable=False),
    Column("request_id", String(64), nullable=False),
    Column("route", String(64), nullable=False),
    Column("key_name", String(64), nullable=False),
    Column("role", String(16), nullable=False),
    Column("as_of_date", Date),
    Column("model_version", String(64), nullable=False),
    Column("policy_version", String(12), nullable=False),
    Column("inputs_digest", String(64), nullable=False),
    Column("inputs_kept", Boolean, nullable=False),
    Column("answer_digest", String(64), nullable=False),
    Column("idempotency_key", String(255)),
    Column("body_digest", String(64), nullable=False),
    Column("prev_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("seal_key", String(16)),
    Column("seal", String(64)),
    Column("model_digest", String(64)),
    UniqueConstraint("chain", "seq"),
    UniqueConstraint("request_id"),
)
_given = decisions.c.idempotency_key.is_not(None)
Index(
    "uq_decisions_idempotency_key",
    decisions.c.key_name,
    decisions.c.route,
    decisions.c.idempotency_key,
    unique=True,
    sqlite_where=_given,
    postgresql_where=_given,
)
decision_contents = Table(
    "decision_contents",
    metadata,
    Column("request_id", String(64), primary_key=True),
    Column("inputs", Text),
    Column("answer", Text),
)
audit_events = Table(
    "audit_events",
    metadata,
    Column("id", _LONG, primary_key=True),
    Column("chain", String(64), nullable=False),
    Column("seq", _LONG, nullable=False),
    Column("at", String(32), nullable=False),
    Column("actor", String(64), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("subject", String(64), nullable=False),
    Column("detail", Text, nullable=False),
    Column("prev_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("seal_key", String(16)),
    Column("seal", String(64)),
    UniqueConstraint("chain", "seq"),
    Index(None, "subject"),
    Index("ix_audit_events_kind", "kind", "subject"),
)
