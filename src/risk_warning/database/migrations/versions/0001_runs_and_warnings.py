"""Runs, warnings, and what each run saw of each open warning."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "runs",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("as_of_date", sa.Date, nullable=False),
        sa.Column("book_digest", sa.String(64), nullable=False),
        sa.Column("model_version", sa.String(64), nullable=False),
        sa.Column("policy_version", sa.String(12), nullable=False),
        sa.Column("id_type", sa.String(8), nullable=False),
        sa.Column("scored", sa.Integer, nullable=False),
        sa.UniqueConstraint("as_of_date", name="uq_runs_as_of_date"),
    )
    op.create_table(
        "warnings",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("borrower_id", sa.String, nullable=False),
        sa.Column("opened_run_id", sa.Integer, sa.ForeignKey("runs.id"), nullable=False),
        sa.Column("ended_run_id", sa.Integer, sa.ForeignKey("runs.id")),
        sa.Column("outcome", sa.String(16)),
    )
    op.create_index("ix_warnings_borrower_id", "warnings", ["borrower_id"])
    op.create_table(
        "observations",
        sa.Column("run_id", sa.Integer, sa.ForeignKey("runs.id"), primary_key=True),
        sa.Column("warning_id", sa.Integer, sa.ForeignKey("warnings.id"), primary_key=True),
        sa.Column("event", sa.String(16), nullable=False),
        sa.Column("score", sa.Float),
        sa.Column("band", sa.String(8)),
        sa.Column("not_scored", sa.String(32)),
        sa.Column("days_past_due", sa.Float),
        sa.Column("change", sa.Float),
        sa.Column("safe_since", sa.Date),
        sa.Column("reasons", sa.JSON, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("observations")
    op.drop_table("warnings")
    op.drop_table("runs")
