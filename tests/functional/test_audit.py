"""The audit trail stores each decision durably before its answer is given, and every later change to it is found."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.exc import DBAPIError, OperationalError
from trails import decision
from typer.testing import CliRunner
from waiting import wait_until

from risk_warning.audit import decision_writer
from risk_warning.audit.chain import row_hash
from risk_warning.audit.decision_writer import DecisionWriter
from risk_warning.audit.decisions import Decision, Decisions, StoredAnswer, WrittenDecision, erase
from risk_warning.audit.events import CHAIN_REACHED, append_event, events_about
from risk_warning.audit.verification.run import Verified, verify
from risk_warning.cli.audit import app
from risk_warning.database import audit_tables, guards, service_tables
from risk_warning.database import connection as database
from risk_warning.database.connection import display_url
from risk_warning.database.tables import metadata
from risk_warning.errors import AnsweredAlreadyError, AuditError, DatabaseError, RequestError
from risk_warning.watchlist.open_warnings import OpenWarning, WatchList, read_watch_list


def written(url: str, *decisions: Decision) -> str:
    """Write the decisions, note the end of their chain and return its name."""
    writer = DecisionWriter(url)
    for one in decisions:
        writer.submit(one).result()
    writer.close()
    return writer.chain


def change(url: str, *statements: str, **values: str) -> None:
    """Take the guards away, change rows, and put the guards back, as whoever owns the tables can."""
    engine = create_engine(url)
    with engine.begin() as connection:
        if engine.name == "sqlite":
            named = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all()
            for name in named:
                connection.execute(text(f"DROP TRIGGER {name}"))
        else:
            for table in ("decisions", "audit_events", "decision_contents"):
                connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
        for statement in statements:
            bound = text(statement)
            connection.execute(bound, {name: values[name] for name in bound.compile().params})
        guards.install(connection)
    engine.dispose()


def findings(url: str) -> list[tuple[str, int | None, str | None, str]]:
    return [(f.table, f.seq, f.subject, f.what) for f in verify(url).findings]


def test_the_migrations_end_at_the_tables_the_program_declares(url: str) -> None:
    assert audit_tables.metadata is service_tables.metadata is metadata
    with database.transaction(url) as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata) == []


def test_a_watch_list_of_the_first_version_is_taken_over(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        upgrade = command.upgrade
        patched.setattr(database.command, "upgrade", lambda config, _: upgrade(config, "0001"))
        with database.transaction(url) as connection:
            for statement in (
                "INSERT INTO runs VALUES (1, '2023-10-01', 'b', 'm', 'p', 'integer', 9)",
                "INSERT INTO warnings VALUES (1, '42', 1, NULL, NULL)",
                "INSERT INTO observations VALUES (1, 1, 'opened', 480.5, 'red', NULL, 3, NULL, NULL, '[]')",
            ):
                connection.execute(text(statement))
    seen = OpenWarning(42, "red", 480.5, change=None, not_scored=None, event="opened", reasons=())
    assert read_watch_list(url) == WatchList(date(2023, 10, 1), (seen,))
    engine = create_engine(url)
    with engine.connect() as connection, pytest.raises(DBAPIError):
        if engine.name == "sqlite":
            connection.execute(text("PRAGMA foreign_keys = ON"))
        connection.execute(
            text("INSERT INTO observations SELECT 99, 1, event, 1, band, '', 1, 1, NULL, '[]' FROM observations")
        )
    engine.dispose()


def test_a_decision_is_found_as_it_was_given_once_its_future_is_done(url: str) -> None:
    writer = DecisionWriter(url)
    given = decision("r1", idempotency_key="once")
    assert writer.submit(given).result() == WrittenDecision(given.answer, None)
    stored = Decisions(url)
    row = stored.find("r1")
    assert row is not None
    assert (row.inputs, row.answer, row.as_of_date) == (given.inputs, given.answer, date(2023, 10, 1))
    answered = StoredAnswer("r1", "b" * 64, given.answer)
    assert stored.stored_answer("loan-system", "/score", "once") == answered
    assert stored.stored_answer("loan-system", "/explain", "once") is None
    assert stored.stored_answer("another", "/score", "once") is None
    assert stored.find("r2") is None
    stored.close()
    writer.close()


def test_a_whole_trail_is_called_whole_while_it_is_written_and_after(url: str) -> None:
    writer = DecisionWriter(url)
    with ThreadPoolExecutor(8) as pool:
        futures = list(pool.map(writer.submit, [decision(f"r{k}") for k in range(1_500)]))
    assert all(future.result().outcome is None for future in futures)
    during = verify(url)
    assert (during.whole, during.rows["decisions"], during.open_chains) == (True, 1_500, 1)
    writer.close()
    append_event(url, actor="li", kind="champion_changed", subject="m2", detail={"from": "m1"})
    after = verify(url)
    assert (after.whole, after.chains, after.open_chains) == (True, 1, 0)
    assert after.last_event is not None and after.last_event[0] == after.rows["audit_events"]


@pytest.mark.parametrize("table", ["decisions", "audit_events"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET seq = 9", "DELETE FROM {}"])
def test_the_database_itself_refuses_to_change_or_delete(url: str, table: str, statement: str) -> None:
    written(url, decision("r1"))
    with pytest.raises(DatabaseError), database.transaction(url) as connection:
        connection.execute(text(statement.format(table)))
    assert verify(url).whole


ALTERED = "the row was altered"
OUT_OF_PLACE = "out of place: it does not continue the row before it"


@pytest.mark.parametrize(
    ("done", "expected"),
    [
        ("UPDATE decisions SET role = 'admin' WHERE seq = 2", ("decisions", 2, "r2", ALTERED)),
        ("UPDATE decisions SET as_of_date = NULL WHERE seq = 2", ("decisions", 2, "r2", ALTERED)),
        ("DELETE FROM decisions WHERE seq = 2", ("decisions", 2, None, "row 2 is missing")),
        ("DELETE FROM decisions WHERE seq <= 2", ("decisions", 1, None, "rows 1 to 2 are missing")),
        (
            "DELETE FROM decisions WHERE seq = 4",
            ("decisions", 4, None, "cut short: its writer recorded 4 rows; the last one present is 3"),
        ),
        ("DELETE FROM decisions", ("decisions", None, None, "the chain is missing: its writer recorded 4 rows")),
        (
            "UPDATE decision_contents SET answer = '{\"score\": 700}' WHERE request_id = 'r3'",
            ("decisions", 3, "r3", "the stored answer altered"),
        ),
        (
            "UPDATE decision_contents SET inputs = '{}' WHERE request_id = 'r3'",
            ("decisions", 3, "r3", "the stored inputs altered"),
        ),
        (
            "UPDATE decision_contents SET inputs = NULL WHERE request_id = 'r3'",
            ("decisions", 3, "r3", "the stored inputs gone, and no event says why"),
        ),
        ("UPDATE audit_events SET actor = 'nobody' WHERE seq = 1", ("audit_events", 1, "li", ALTERED)),
        ("DELETE FROM audit_events WHERE seq = 1", ("audit_events", 1, None, "row 1 is missing")),
    ],
)
def test_what_was_changed_by_hand_is_named(
    url: str, done: str, expected: tuple[str, int | None, str | None, str]
) -> None:
    append_event(url, actor="admin", kind="model_promoted", subject="li", detail={"role": "risk"})
    written(url, *(decision(f"r{k}") for k in range(1, 5)))
    assert findings(url) == []
    change(url, done)
    assert [one for one in findings(url) if one[3] != "contents of no decision"] == [expected]


def wait_until_noted(url: str, chain: str) -> None:
    """Wait until the writer notes the end of its chain; it does so after the answer, so that no answer waits for it."""
    wait_until(lambda: bool(events_about(url, CHAIN_REACHED, chain, dict)), seconds=10)


def test_a_row_replaced_with_its_hash_redone_does_not_fit_the_next(url: str) -> None:
    chain = written(url, *(decision(f"r{k}") for k in range(1, 5)))
    elsewhere = DecisionWriter(url)
    elsewhere.submit(decision("x1")).result()
    wait_until_noted(url, elsewhere.chain)
    change(
        url,
        "UPDATE decisions SET chain = 'aside' WHERE chain = :chain AND seq = 1",
        "UPDATE decisions SET chain = :chain WHERE chain = :other AND seq = 1",
        chain=chain,
        other=elsewhere.chain,
    )
    whats = [what for _, _, _, what in findings(url)]
    assert OUT_OF_PLACE in whats
    assert "no event opened this chain" in whats
    assert "the chain is missing: its writer recorded 1 rows" in whats
    elsewhere.close()


def test_the_last_row_replaced_with_its_hash_redone_is_not_the_one_noted(url: str) -> None:
    written(url, decision("r1"), decision("r2"))
    with database.snapshot(url) as connection:
        rows = connection.execute(text("SELECT * FROM decisions ORDER BY seq")).mappings().all()
    columns = {column.name: rows[1][column.name] for column in audit_tables.decisions.c}
    columns |= {"role": "admin", "as_of_date": date(2023, 10, 1), "inputs_kept": True}
    redone = row_hash(rows[0]["hash"], columns)
    change(url, "UPDATE decisions SET role = 'admin', hash = :hash WHERE seq = 2", hash=redone)
    assert findings(url) == [
        ("decisions", 2, "r2", "the row has a false seal"),
        ("decisions", 2, "r2", "the row differs from the one its writer recorded"),
    ]


def test_a_row_added_after_the_end_is_named(url: str) -> None:
    chain = written(url, decision("r1"))
    other = written(url, decision("x1"), decision("x2"))
    change(url, "UPDATE decisions SET chain = :chain WHERE chain = :other AND seq = 2", chain=chain, other=other)
    whats = [(seq, what) for _, seq, _, what in findings(url)]
    assert (2, "goes on after its end at row 1") in whats


def test_erased_contents_leave_the_chain_whole(url: str) -> None:
    written(url, decision("r1"), decision("r2", idempotency_key="once"))
    erase(url, "r2", "li")
    result = verify(url)
    assert (result.whole, result.erased) == (True, 1)
    stored = Decisions(url)
    row = stored.find("r2")
    assert row is not None and row.inputs is None and row.answer is None and len(row.inputs_digest) == 64
    assert stored.stored_answer("loan-system", "/score", "once") == StoredAnswer("r2", "b" * 64, None)
    stored.close()
    with pytest.raises(RequestError, match="No decision has the request id r9"):
        erase(url, "r9", "li")


def test_inputs_kept_as_a_digest_only_are_not_stored(url: str) -> None:
    written(url, decision("r1", keep_inputs=False))
    stored = Decisions(url)
    row = stored.find("r1")
    stored.close()
    assert row is not None and row.inputs is None and row.answer is not None
    assert verify(url).whole


def test_one_key_is_answered_once_and_nobody_else_is_harmed(url: str) -> None:
    """One idempotency key gets one answer, in one process or in two, at the same moment or later."""
    first, second = DecisionWriter(url), DecisionWriter(url)
    futures = [
        writer.submit(decision(f"{name}{k}", idempotency_key="same" if k == 5 else None))
        for k in range(10)
        for name, writer in (("a", first), ("b", second), ("c", second))
    ]
    refused = [future for future in futures if future.exception() is not None]
    assert [type(future.exception()) for future in refused] == [AnsweredAlreadyError] * 2
    with pytest.raises(AnsweredAlreadyError):
        first.submit(decision("a0")).result()
    assert first.healthy and second.healthy
    first.close()
    second.close()
    result = verify(url)
    assert (result.whole, result.rows["decisions"]) == (True, 28)


def test_what_no_database_stores_is_refused_alone(url: str) -> None:
    writer = DecisionWriter(url)
    futures = [writer.submit(decision(f"r{k}", answer="\ud800" if k == 1 else "{}")) for k in range(3)]
    assert [type(future.exception()) for future in futures] == [type(None), DatabaseError, type(None)]
    assert writer.healthy
    writer.close()
    assert verify(url).rows["decisions"] == 2


def test_a_commit_whose_outcome_is_unknown_does_not_fork_the_chain(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = DecisionWriter(url)
    writer.submit(decision("r1")).result()
    append, commit, breaking = decision_writer.append_decisions, DefaultDialect.do_commit, threading.Event()

    def append_and_break_then(*arguments: Any) -> Any:
        breaking.set()
        return append(*arguments)

    def commit_and_break(self: Any, connection: Any) -> None:
        commit(self, connection)
        if breaking.is_set():
            breaking.clear()
            raise OperationalError("COMMIT", {}, ConnectionError("server closed the connection"))

    with monkeypatch.context() as patched:
        patched.setattr(decision_writer, "append_decisions", append_and_break_then)
        patched.setattr(DefaultDialect, "do_commit", commit_and_break)
        assert isinstance(writer.submit(decision("r2")).exception(), DatabaseError)
    writer.submit(decision("r3")).result()
    writer.close()
    result = verify(url)
    assert (result.whole, result.rows["decisions"], result.open_chains) == (True, 3, 0)


def test_a_connection_ended_by_the_server_costs_one_answer_and_not_the_service(url: str) -> None:
    if url.startswith("sqlite"):
        pytest.skip("SQLite has no connection to end")
    writer = DecisionWriter(url)
    writer.submit(decision("r1")).result()
    with database.transaction(url) as connection:
        others = "FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
        connection.execute(text("SELECT pg_terminate_backend(pid) " + others))
    assert isinstance(writer.submit(decision("r2")).exception(), DatabaseError)
    writer.submit(decision("r3")).result()
    assert writer.healthy
    writer.close()
    assert verify(url).whole


def test_a_locked_database_means_no_answer_and_the_writer_recovers_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("risk_warning.audit.decision_writer._WAIT_SECONDS", 0)
    monkeypatch.setattr("risk_warning.audit.decision_writer._RETRY_SECONDS", 0.01)
    url = f"sqlite:///{tmp_path / 'w.db'}"
    writer = DecisionWriter(url)
    writer.submit(decision("r1")).result()
    other = sqlite3.connect(tmp_path / "w.db", isolation_level=None)
    while True:  # the writer may be noting the first row at this moment
        try:
            other.execute("BEGIN IMMEDIATE")
            break
        except sqlite3.OperationalError:
            continue
    with pytest.raises(DatabaseError, match="database is locked"):
        writer.submit(decision("r2")).result()
    assert not writer.healthy
    other.execute("ROLLBACK")
    other.close()
    while not writer.healthy:
        time.sleep(0.005)
    writer.submit(decision("r3")).result()
    writer.close()
    assert verify(url).rows["decisions"] == 2 and verify(url).whole


def test_closing_writes_what_was_submitted_and_takes_no_more(url: str) -> None:
    writer = DecisionWriter(url)
    futures = [writer.submit(decision(f"r{k}")) for k in range(300)]
    writer.close()
    assert all(future.done() and future.exception() is None for future in futures)
    assert isinstance(writer.submit(decision("late")).exception(), DatabaseError)
    assert not writer.healthy
    assert verify(url).rows["decisions"] == 300


@pytest.mark.slow
def test_processes_that_start_at_once_on_an_empty_database_write_whole_chains(url: str) -> None:
    many = (
        "import sys; from test_audit import append_event, decision, written; url, name = sys.argv[1:];"
        "written(url, *(decision(f'{name}{k}') for k in range(50)));"
        "[append_event(url, actor=name, kind='noted', subject=str(k), detail={}) for k in range(20)]"
    )
    paths = os.pathsep.join([str(Path(__file__).parent), str(Path(__file__).parents[1])])
    environment = {**os.environ, "PYTHONPATH": paths}
    processes = [subprocess.Popen([sys.executable, "-c", many, url, name], env=environment) for name in "abcd"]
    assert [process.wait() for process in processes] == [0] * 4
    result = verify(url)
    assert (result.whole, result.chains, result.open_chains, result.rows["decisions"]) == (True, 4, 0, 200)
    # A chain is opened and closed, and its first row is recorded; another writer that starts meanwhile records its end.
    assert result.rows["audit_events"] >= 4 * (3 + 20)


def test_the_verb_prints_the_findings_and_ends_with_its_own_code(url: str) -> None:
    runner = CliRunner()
    written(url, decision("r1"), decision("r2"))
    whole = runner.invoke(app, ["verify", "--db", url])
    assert whole.exit_code == 0
    assert "2 decisions in 1 chains (0 open" in whole.stdout and display_url(url) in whole.stdout
    erased = runner.invoke(app, ["erase", "r1", "--db", url])
    assert erased.exit_code == 0 and verify(url).erased == 1
    change(url, "UPDATE decisions SET role = 'admin' WHERE seq = 2")
    altered = runner.invoke(app, ["verify", "--db", url])
    assert isinstance(altered.exception, AuditError) and altered.exception.exit_code == 15
    assert "r2" in altered.stdout and "the row was altered" in altered.stdout
    as_json = json.loads(runner.invoke(app, ["verify", "--db", url, "--json"]).stdout)
    assert (as_json["whole"], as_json["n_findings"], as_json["findings"][0]["subject"]) == (False, 1, "r2")


def test_where_no_watch_list_is_none_is_made_and_none_is_whole(tmp_path: Path) -> None:
    runner, empty = CliRunner(), f"sqlite:///{tmp_path / 'empty.db'}"
    for arguments in (["verify", "--db", empty], ["erase", "r1", "--db", empty]):
        done = runner.invoke(app, arguments)
        assert isinstance(done.exception, DatabaseError) and "There is no watch list at" in str(done.exception)
    assert not (tmp_path / "empty.db").exists()


def test_many_findings_are_counted_and_the_first_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("risk_warning.audit.verification.findings.FINDINGS_LISTED", 3)
    url = f"sqlite:///{tmp_path / 'w.db'}"
    written(url, *(decision(f"r{k}") for k in range(10)))
    change(url, "UPDATE decisions SET role = 'admin'")
    result: Verified = verify(url)
    assert (len(result.findings), result.n_findings) == (3, 10)
