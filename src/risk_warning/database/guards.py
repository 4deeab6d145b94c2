"""Guards: the triggers by which the database itself refuses to change the audit trail.

Whoever owns the tables can drop them, so that the verification of the trail checks that they are there as installed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, text

_GROWS = "only grows: its rows are neither changed nor deleted"
_ERASES = "only loses contents: they are erased, never changed"
_SAME_ROW = {
    "decisions": "id = NEW.id OR (chain = NEW.chain AND seq = NEW.seq) OR request_id = NEW.request_id OR "
    "(NEW.idempotency_key IS NOT NULL AND key_name = NEW.key_name AND route = NEW.route AND "
    "idempotency_key = NEW.idempotency_key)",
    "audit_events": "id = NEW.id OR (chain = NEW.chain AND seq = NEW.seq)",
    "decision_contents": "request_id = NEW.request_id",
}
"""Table → SQL of an older row that a new one would replace: SQLite's INSERT OR REPLACE fires no trigger of DELETE."""
_ERASED = (
    "NEW.request_id {same} OLD.request_id AND (NEW.inputs IS NULL OR NEW.inputs {same} OLD.inputs) AND "
    "(NEW.answer IS NULL OR NEW.answer {same} OLD.answer)"
)


def _sqlite() -> Iterator[tuple[str, str]]:
    for table, same_row in _SAME_ROW.items():
        words = _ERASES if table == "decision_contents" else _GROWS
        refusal = f"BEGIN SELECT RAISE(ABORT, '{table} {words}'); END"
        replaces = f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same_row})"  # noqa: S608  (fixed text)
        changes = f"WHEN NOT ({_ERASED.format(same='IS')}) " if table == "decision_contents" else ""
        yield f"{table}_no_update", f"BEFORE UPDATE ON {table} {changes}{refusal}"
        yield f"{table}_no_delete", f"BEFORE DELETE ON {table} {refusal}"
        yield f"{table}_no_replace", f"BEFORE INSERT ON {table} {replaces} {refusal}"


_SQLITE = {name: f"CREATE TRIGGER {name} {body}" for name, body in _sqlite()}

_FUNCTIONS = {
    "refuse_change": f"BEGIN RAISE EXCEPTION '% {_GROWS}', TG_TABLE_NAME; END",
    "refuse_other_contents": f"BEGIN IF {_ERASED.format(same='IS NOT DISTINCT FROM')} THEN RETURN NEW; END IF; "
    f"RAISE EXCEPTION '% {_ERASES}', TG_TABLE_NAME; END",
}


@dataclass(frozen=True)
class _Trigger:
    """A trigger of PostgreSQL."""

    table: str
    when: str
    each: str
    function: str
    kind: int
    """`tgtype`: 1 for each row, 2 before, 8 delete, 16 update, 32 truncate."""


_POSTGRES = {
    "decisions_no_change": _Trigger("decisions", "UPDATE OR DELETE OR TRUNCATE", "STATEMENT", "refuse_change", 58),
    "audit_events_no_change": _Trigger(
        "audit_events", "UPDATE OR DELETE OR TRUNCATE", "STATEMENT", "refuse_change", 58
    ),
    "decision_contents_no_delete": _Trigger(
        "decision_contents", "DELETE OR TRUNCATE", "STATEMENT", "refuse_change", 42
    ),
    "decision_contents_no_update": _Trigger("decision_contents", "UPDATE", "ROW", "refuse_other_contents", 19),
}


def install(connection: Connection) -> None:
    """Create the guards, in place of those that an earlier version created."""
    if connection.dialect.name == "sqlite":
        for name, sql in _SQLITE.items():
            connection.execute(text(f"DROP TRIGGER IF EXISTS {name}"))
            connection.execute(text(sql))
        return
    for name, body in _FUNCTIONS.items():
        connection.execute(text(f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $${body}$$"))
    for name, trigger in _POSTGRES.items():
        connection.execute(text(f"DROP TRIGGER IF EXISTS {name} ON {trigger.table}"))
        connection.execute(
            text(
                f"CREATE TRIGGER {name} BEFORE {trigger.when} ON {trigger.table} FOR EACH {trigger.each} "
                f"EXECUTE FUNCTION {trigger.function}()"
            )
        )


def faults(connection: Connection) -> Iterator[tuple[str, str]]:
    """Yield (table, what is wrong with its guards)."""
    if connection.dialect.name == "sqlite":
        rows = connection.execute(text("SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'"))
        there: dict[str, tuple[object, ...]] = {
            row.name: (row.tbl_name, row.sql) for row in rows if row.tbl_name in _SAME_ROW
        }
        expected: Mapping[str, object] = {name: (name.rsplit("_no_", 1)[0], sql) for name, sql in _SQLITE.items()}
    else:
        rows = connection.execute(
            text(
                "SELECT t.tgname, c.relname, t.tgtype, t.tgenabled, p.proname, p.prosrc FROM pg_trigger AS t "
                "JOIN pg_class AS c ON c.oid = t.tgrelid JOIN pg_proc AS p ON p.oid = t.tgfoid "
                "WHERE NOT t.tgisinternal AND pg_table_is_visible(c.oid)"
            )
        )
        there = {
            row.tgname: (row.relname, row.tgtype, _text(row.tgenabled), row.proname, row.prosrc)
            for row in rows
            if row.relname in _SAME_ROW
        }
        expected = {
            name: (one.table, one.kind, "O", one.function, _FUNCTIONS[one.function]) for name, one in _POSTGRES.items()
        }
    for name, guard in expected.items():
        if there.get(name) != guard:
            table = name.rsplit("_no_", 1)[0]
            yield table, f"the guard {name} is {'changed or switched off' if name in there else 'gone'}"
    for name in there.keys() - expected.keys():
        yield str(there[name][0]), f"the trigger {name} is not one of the program's"


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value
