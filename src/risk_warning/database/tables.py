"""Tables of the watch list: runs, warnings, and each run's observation of each open warning.

The state of a warning is its latest observation, so that undoing a run means deleting its rows. A warning that the
service opened between nights has no opening run; until a run observes it, its state is the `first_seen` in its own row.
"""

from __future__ import annotations

from sqlalchemy import JSON, Column, Date, Float, ForeignKey, Index, Integer, MetaData, String, Table, UniqueConstraint

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

runs = Table(
    "runs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("as_of_date", Date, nullable=False),
    Column("book_digest", String(64), nullable=False),
    Column("model_version", String(64), nullable=False),
    Column("policy_version", String(12), nullable=False),
    Column("id_type", String(8), nullable=False),
    Column("scored", Integer, nullable=False),
    Column("left_out", JSON, nullable=False, server_default="[]"),
    Column("profile", JSON(none_as_null=True)),
    UniqueConstraint("as_of_date"),
)
warnings = Table(
    "warnings",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("borrower_id", String, nullable=False),
    Column("opened_run_id", ForeignKey("runs.id")),
    Column("ended_run_id", ForeignKey("runs.id")),
    Column("outcome", String(16)),
    Column("opened_request_id", String(64)),
    Column("opened_as_of", Date),
    Column("first_seen", JSON),
    Index(None, "borrower_id"),
)
observations = Table(
    "observations",
    metadata,
    Column("run_id", ForeignKey("runs.id"), primary_key=True),
    Column("warning_id", ForeignKey("warnings.id"), primary_key=True),
    Column("event", String(16), nullable=False),
    Column("score", Float),
    Column("band", String(8)),
    Column("not_scored", String(32)),
    Column("days_past_due", Float),
    Column("change", Float),
    Column("safe_since", Date),
    Column("reasons", JSON, nullable=False),
)
