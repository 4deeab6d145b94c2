"""Tables of the service besides its audit trail: API keys, and the scores of a challenger model."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, Index, Integer, String, Table, UniqueConstraint

from risk_warning.database.tables import metadata

api_keys = Table(
    "api_keys",
    metadata,
    Column("key_id", String(8), primary_key=True),
    Column("name", String(64), nullable=False),
    Column("role", String(16), nullable=False),
    Column("secret_digest", String(64), nullable=False),
    Column("rate_limit", String(32)),
    Column("created_at", String(32), nullable=False),
    Column("expires_at", String(32)),
    Column("revoked_at", String(32)),
    Column("seal_key", String(16)),
    Column("seal", String(64)),
    UniqueConstraint("name"),
)
shadow_scores = Table(
    "shadow_scores",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("request_id", String(64), nullable=False),
    Column("item", Integer, nullable=False),
    Column("model_version", String(64), nullable=False),
    Column("pd", Float),
    Column("score", Float),
    Column("band", String(8)),
    Column("not_scored", String(32)),
    Column("at", String(32), nullable=False),
    Index(None, "request_id"),
)
