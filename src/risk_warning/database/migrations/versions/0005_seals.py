"""Seals of the audit trail's rows and of the API keys, and guards against replaced rows and changed contents."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from risk_warning.database.guards import install

revision = "0005"
down_revision = "0004"

_SEALED = ("decisions", "audit_events", "api_keys")


def upgrade() -> None:
    for table in _SEALED:
        op.add_column(table, sa.Column("seal_key", sa.String(16)))
        op.add_column(table, sa.Column("seal", sa.String(64)))
    op.create_index("ix_audit_events_kind", "audit_events", ["kind", "subject"])
    install(op.get_bind())


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name in ("decisions_no_replace", "audit_events_no_replace"):
            op.execute(f"DROP TRIGGER {name}")
        for verb in ("update", "delete", "replace"):
            op.execute(f"DROP TRIGGER decision_contents_no_{verb}")
    else:
        for verb in ("update", "delete"):
            op.execute(f"DROP TRIGGER decision_contents_no_{verb} ON decision_contents")
        op.execute("DROP FUNCTION refuse_other_contents")
    op.drop_index("ix_audit_events_kind", "audit_events")
    for table in _SEALED:
        op.drop_column(table, "seal")
        op.drop_column(table, "seal_key")
