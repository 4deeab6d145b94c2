"""The service's tables: decisions and events in chains, API keys, shadow scores, warnings opened between nights."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_LONG = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_APPEND_ONLY = ("decisions", "audit_events")


def upgrade() -> None:
    op.create_table(
        "decisions",
        sa.Column("id", _LONG, primary_key=True),
        sa.Column("chain", sa.String(64), nullable=False),
        sa.Column("seq", _LONG, nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("request_id", sa.String(64), nullable=False),
        sa.Column("route", sa.String(64), nullable=False),
        sa.Column("key_name", sa.String(64), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("as_of_date", sa.Date),
        sa.Column("model_version", sa.String(64), nullable=False),
        sa.Column("policy_version", sa.String(12), nullable=False),
        sa.Column("inputs_digest", sa.String(64), nullable=False),
        sa.Column("inputs_kept", sa.Boolean, nullable=False),
        sa.Column("answer_digest", sa.String(64), nullable=False),
        sa.Column("idempotency_key", sa.String(255)),
        sa.Column("body_digest", sa.String(64), nullable=False),
        sa.Column("prev_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.UniqueConstraint("chain", "seq", name="uq_decisions_chain"),
        sa.UniqueConstraint("request_id", name="uq_decisions_request_id"),
    )
    given = sa.text("idempotency_key IS NOT NULL")
    op.create_index(
        "uq_decisions_idempotency_key",
        "decisions",
        ["key_name", "route", "idempotency_key"],
        unique=True,
        sqlite_where=given,
        postgresql_where=given,
    )
    op.create_table(
        "decision_contents",
        sa.Column("request_id", sa.String(64), primary_key=True),
        sa.Column("inputs", sa.Text),
        sa.Column("answer", sa.Text),
    )
    op.create_table(
        "audit_events",
        sa.Column("id", _LONG, primary_key=True),
        sa.Column("chain", sa.String(64), nullable=False),
        sa.Column("seq", _LONG, nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("prev_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.UniqueConstraint("chain", "seq", name="uq_audit_events_chain"),
    )
    op.create_index("ix_audit_events_subject", "audit_events", ["subject"])
    op.create_table(
        "api_keys",
        sa.Column("key_id", sa.String(8), primary_key=True),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("secret_digest", sa.String(64), nullable=False),
        sa.Column("rate_limit", sa.String(32)),
        sa.Column("created_at", sa.String(32), nullable=False),
        sa.Column("expires_at", sa.String(32)),
        sa.Column("revoked_at", sa.String(32)),
        sa.UniqueConstraint("name", name="uq_api_keys_name"),
    )
    op.create_table(
        "shadow_scores",
        sa.Column("id", _LONG, primary_key=True),
        sa.Column("request_id", sa.String(64), nullable=False),
        sa.Column("item", sa.Integer, nullable=False),
        sa.Column("model_version", sa.String(64), nullable=False),
        sa.Column("pd", sa.Float),
        sa.Column("score", sa.Float),
        sa.Column("band", sa.String(8)),
        sa.Column("not_scored", sa.String(32)),
        sa.Column("at", sa.String(32), nullable=False),
    )
    op.create_index("ix_shadow_scores_request_id", "shadow_scores", ["request_id"])
    with op.batch_alter_table("warnings") as warnings:
        warnings.alter_column("opened_run_id", existing_type=sa.Integer, nullable=True)
        warnings.add_column(sa.Column("opened_request_id", sa.String(64)))
        warnings.add_column(sa.Column("opened_as_of", sa.Date))
        warnings.add_column(sa.Column("first_seen", sa.JSON))
    _refuse_changes()


def _refuse_changes() -> None:
    """Install the triggers: from here on the database itself refuses to change or delete a row of the audit trail."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    if not sqlite:
        op.execute(
            "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ "
            "BEGIN RAISE EXCEPTION '% only grows: its rows are neither changed nor deleted', TG_TABLE_NAME; END $$"
        )
    for table in _APPEND_ONLY:
        if sqlite:
            for verb in ("update", "delete"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table} BEGIN "
                    f"SELECT RAISE(ABORT, '{table} only grows: its rows are neither changed nor deleted'); END"
                )
        else:
            op.execute(
                f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            )


def downgrade() -> None:
    op.execute("DELETE FROM observations WHERE warning_id IN (SELECT id FROM warnings WHERE opened_run_id IS NULL)")
    op.execute("DELETE FROM warnings WHERE opened_run_id IS NULL")
    with op.batch_alter_table("warnings") as warnings:
        for name in ("first_seen", "opened_as_of", "opened_request_id"):
            warnings.drop_column(name)
        warnings.alter_column("opened_run_id", existing_type=sa.Integer, nullable=False)
    for table in ("shadow_scores", "api_keys", "audit_events", "decision_contents", "decisions"):
        op.drop_table(table)
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION refuse_change")
