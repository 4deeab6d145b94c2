"""Columns that a night left out because of an open question."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("runs", sa.Column("left_out", sa.JSON, nullable=False, server_default="[]"))


def downgrade() -> None:
    op.drop_column("runs", "left_out")
