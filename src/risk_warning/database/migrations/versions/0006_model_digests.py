"""The digest of the model that decided, in each decision."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("decisions", sa.Column("model_digest", sa.String(64)))


def downgrade() -> None:
    op.drop_column("decisions", "model_digest")
