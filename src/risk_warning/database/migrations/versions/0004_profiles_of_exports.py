"""Profiles of the exports that the nights were run on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("runs", sa.Column("profile", sa.JSON))


def downgrade() -> None:
    op.drop_column("runs", "profile")
