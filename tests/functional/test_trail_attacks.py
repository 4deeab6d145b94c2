"""What somebody with the database's password, and even with the key of the seals, does to the trail is named.

Each attack takes the guards away, changes rows, redoes the hashes, and puts the guards back. Without the key it seals
with a key of its own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from counts import FULL
from sqlalchemy import Connection, Table, create_engine, delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError
from trails import NOV, REASON, decision, written
from typer.testing import CliRunner

from risk_warning.audit.anchors import anchor, keep, kept
from risk_warning.audit.api_keys import create, revoke
from risk_warning.audit.chain import START, row_hash
from risk_warning.audit.decision_writer import NOTED_EVERY, DecisionWriter
from risk_warning.audit.decisions import erase
from risk_warning.audit.events import (
    CHAIN_CLOSED,
    CHAIN_OPENED,
    CHAIN_REACHED,
    CONTENTS_ERASED,
    KEY_CREATED,
    MAIN,
    TRAIL_ADOPTED,
    append_event,
    events_about,
    stamp,
)
from risk_warning.audit.key_ring import KeyRing
from risk_warning.audit.seal import Seal, new_key, seal_in_use
from risk_warning.audit.sealed_keys import sealed
from risk_warning.audit.verification.run import verify
from risk_warning.cli.audit import app
from risk_warning.core.digest import canonical_json, sha256
from risk_warning.core.lifecycle import Seen
from risk_warning.core.policy import Policy
from risk_warning.database import guards
from risk_warning.database.audit_tables import audit_events, decision_contents, decisions
from risk_warning.database.service_tables import api_keys
from risk_warning.database.tables import observations, runs, warnings
from risk_warning.errors import AuditError, RiskWarningError, SettingsError
from risk_warning.watchlist.between_nights import WarningToOpen
from risk_warning.watchlist.stored import FirstSeen
from risk_warning.watchlist.watch_list import Run, Sighting, take_in

OCT = date(2023, 10, 1)
POLICY = Policy(threshold=500, red_below=480, yellow_below=550)
WITH_AND_WITHOUT = [True, False] if FULL else [True]
"""Whoever has the key has the harder attacks: without it, a false seal is found as well."""
CLOSED_ROWS, KILLED_ROWS = 120, 70


@dataclass(frozen=True)
class Trail:
    """An honest trail: two keys, a night, a closed chain, a chain whose writer was killed, an erasure, a warning."""

    url: str
    closed: str
    killed: str


@pytest.fixture
def trail(url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Trail]:
    monkeypatch.setattr("risk_warning.audit.decision_writer.NOTED_SECONDS", 0.02)
    create(url, name="loan-system", role="scorer", rate_limit=None, expires_on=None, actor="li")
    create(url, name="old", role="risk", rate_limit=None, expires_on=None, actor="li")
    revoke(url, "old", "li")
    seen = [Sighting(Seen(who, 470.0, None, 0.0), "red", (REASON,)) for who in ("1", "2")]
    take_in(url, Run(OCT, "book", "model", POLICY.version, "integer"), seen, POLICY, 30, force=False)
    answers = {"opened": "{}", "already_open": "{}", "as_of_date_too_old": "{}"}
    opening = WarningToOpen("3", NOV, FirstSeen(470.0, "red", None, (REASON,)), answers)
    closed = written(
        url, decision("w1", as_of_date=NOV, answer=opening), *(decision(f"r{k}") for k in range(1, CLOSED_ROWS))
    )
    closed.close()
    erase(url, "r60", "li")
    killed = written(url, *(decision(f"k{k}") for k in range(KILLED_ROWS)))
    assert verify(url).findings == ()
    yield Trail(url, closed.chain, killed.chain)
    with suppress(RiskWarningError):
        killed.close()


class Attacker:
    """Somebody who owns the tables."""

    def __init__(self, connection: Connection, seal: Seal, trail: Trail) -> None:
        self.connection = connection
        self.seal = seal
        self.trail = trail

    def run(self, statement: Any) -> None:
        self.connection.execute(statement)

    def row(self, table: Table, **values: Any) -> dict[str, Any]:
        chosen = select(table).filter_by(**values)
        return dict(self.connection.execute(chosen).mappings().one())

    def rechain(self, table: Table, chain: str) -> str:
        """Redo numbers, hashes and seals of a chain; return its head."""
        head = START
        rows = self.connection.execute(select(table).where(table.c.chain == chain).order_by(table.c.seq)).mappings()
        for seq, row in enumerate(rows.all(), start=1):
            done = {**row, "seq": seq}
            done = self.sealed(head, done)
            self.run(update(table).where(table.c.id == row["id"]).values(**done))
            head = done["hash"]
        return head

    def sealed(self, prev_hash: str, row: dict[str, Any]) -> dict[str, Any]:
        columns = {name: value for name, value in row.items() if name not in ("prev_hash", "hash", "seal_key", "seal")}
        head = row_hash(prev_hash, columns)
        return {**columns, "prev_hash": prev_hash, "hash": head, **asdict(self.seal.mark(head))}

    def event(self, kind: str, subject: str, detail: Any, at: str | None = None) -> None:
        """Append an event that fits the chain."""
        newest = select(audit_events).order_by(audit_events.c.seq.desc()).limit(1)
        last = self.connection.execute(newest).mappings().one_or_none()
        row = {
            "chain": MAIN,
            "seq": 1 if last is None else last["seq"] + 1,
            "at": at or stamp(),
            "actor": "service",
            "kind": kind,
            "subject": subject,
            "detail": detail if isinstance(detail, str) else canonical_json(detail),
        }
        self.run(insert(audit_events).values(self.sealed(START if last is None else last["hash"], row)))

    def add_decision(self, chain: str, request_id: str, at: str | None = None) -> str:
        """Append a decision that fits its chain; return its hash."""
        last = (
            self.connection.execute(
                select(decisions).where(decisions.c.chain == chain).order_by(decisions.c.seq.desc()).limit(1)
            )
            .mappings()
            .one_or_none()
        )
        model = last or self.connection.execute(select(decisions).limit(1)).mappings().one()
        row = {name: model[name] for name in model if name != "id"}
        row |= {"chain": chain, "seq": last["seq"] + 1 if last else 1, "request_id": request_id, "at": at or stamp()}
        done = self.sealed(last["hash"] if last else START, row)
        self.run(insert(decisions).values(done))
        contents = {"request_id": request_id, "inputs": "{}", "answer": '{"pd":0.4}'}
        self.run(insert(decision_contents).values(contents))
        self.run(
            update(decisions)
            .where(decisions.c.request_id == request_id)
            .values(inputs_digest=sha256("{}"), answer_digest=sha256('{"pd":0.4}'))
        )
        return self.rechain(decisions, chain)


def attacked(trail: Trail, seal: Seal, attack: Callable[[Attacker], None], *, guarded: bool = True) -> None:
    engine = create_engine(trail.url)
    tables = "decisions", "audit_events", "decision_contents"
    with engine.begin() as connection:
        if engine.name == "sqlite":
            for table in tables:
                for verb in ("update", "delete", "replace"):
                    connection.execute(text(f"DROP TRIGGER {table}_no_{verb}"))
        else:
            for table in tables:
                connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
        attack(Attacker(connection, seal, trail))
        if guarded:
            guards.install(connection)
    engine.dispose()


def cut_and_claim_less(a: Attacker) -> None:
    a.run(delete(decisions).where(decisions.c.chain == a.trail.closed, decisions.c.seq > 30))
    head = a.row(decisions, chain=a.trail.closed, seq=30)["hash"]
    a.event(CHAIN_REACHED, a.trail.closed, {"rows": 30, "head": head})


def change_an_answer(a: Attacker) -> None:
    a.run(update(decision_contents).where(decision_contents.c.request_id == "r50").values(answer='{"pd":0.01}'))
    digest = sha256('{"pd":0.01}')
    a.run(update(decisions).where(decisions.c.request_id == "r50").values(answer_digest=digest))
    head = a.rechain(decisions, a.trail.closed)
    a.event(CHAIN_CLOSED, a.trail.closed, {"rows": CLOSED_ROWS, "head": head})


def delete_all_and_claim_none(a: Attacker) -> None:
    a.run(delete(decisions))
    a.run(delete(decision_contents))
    a.event(CHAIN_REACHED, a.trail.closed, {"rows": 0, "head": START})
    a.event(CHAIN_REACHED, a.trail.killed, {"rows": 0, "head": START})


def cut_a_killed_chain(a: Attacker) -> None:
    a.run(delete(decisions).where(decisions.c.chain == a.trail.killed, decisions.c.seq > KILLED_ROWS - 10))


def unreadable_claim(a: Attacker) -> None:
    a.event(CHAIN_REACHED, a.trail.closed, "rows")


def claim_without_rows(a: Attacker) -> None:
    a.event(CHAIN_REACHED, a.trail.closed, {"head": START})


def claim_of_text(a: Attacker) -> None:
    a.event(CHAIN_REACHED, a.trail.killed, {"rows": "70", "head": START})


def claim_below_zero(a: Attacker) -> None:
    a.event(CHAIN_REACHED, a.trail.killed, {"rows": -1, "head": START})


def go_on_after_the_end(a: Attacker) -> None:
    head = a.add_decision(a.trail.closed, "late")
    a.event(CHAIN_REACHED, a.trail.closed, {"rows": CLOSED_ROWS + 1, "head": head})


def back_dated_chain(a: Attacker) -> None:
    a.event(CHAIN_OPENED, "0123456789abcdef", {"rows": 0, "head": START}, at="2023-01-01T00:00:00.000000+00:00")
    a.add_decision("0123456789abcdef", "back", at="2023-01-01T00:00:01.000000+00:00")


def back_dated_decision(a: Attacker) -> None:
    a.add_decision(a.trail.killed, "back", at="2023-01-01T00:00:01.000000+00:00")


def chain_nobody_opened(a: Attacker) -> None:
    a.add_decision("0123456789abcdef", "ghost")


def opened_twice(a: Attacker) -> None:
    a.event(CHAIN_OPENED, a.trail.killed, {"rows": 0, "head": START})


def ghost_key(a: Attacker) -> None:
    row = a.row(api_keys, name="loan-system") | {"key_id": "0badf00d", "name": "ghost", "role": "admin"}
    a.run(insert(api_keys).values(sealed({k: v for k, v in row.items() if k not in ("seal_key", "seal")}, a.seal)))


def raised_role(a: Attacker) -> None:
    row = a.row(api_keys, name="loan-system") | {"role": "admin"}
    plain = {k: v for k, v in row.items() if k not in ("seal_key", "seal")}
    a.run(update(api_keys).where(api_keys.c.name == "loan-system").values(sealed(plain, a.seal)))


def revoked_key_restored(a: Attacker) -> None:
    row = a.row(api_keys, name="old") | {"revoked_at": None}
    plain = {k: v for k, v in row.items() if k not in ("seal_key", "seal")}
    a.run(update(api_keys).where(api_keys.c.name == "old").values(sealed(plain, a.seal)))


def key_deleted(a: Attacker) -> None:
    a.run(delete(api_keys).where(api_keys.c.name == "old"))


def forged_warning(a: Attacker) -> None:
    a.run(insert(warnings).values(id=99, borrower_id="9", opened_request_id="nothing", opened_as_of=NOV))


def forged_warning_of_a_night(a: Attacker) -> None:
    run_id = a.row(runs)["id"]
    a.run(insert(warnings).values(id=99, borrower_id="9", opened_run_id=run_id))


def warning_ended_by_hand(a: Attacker) -> None:
    first = a.connection.execute(select(warnings.c.id).order_by(warnings.c.id).limit(1)).scalar_one()
    a.run(update(warnings).where(warnings.c.id == first).values(ended_run_id=a.row(runs)["id"], outcome="closed"))


def observation_changed(a: Attacker) -> None:
    a.run(update(observations).values(band="green", score=700.0))


def night_gone(a: Attacker) -> None:
    a.run(delete(observations))
    a.run(delete(warnings).where(warnings.c.opened_run_id.is_not(None)))
    a.run(delete(runs))


def night_invented(a: Attacker) -> None:
    a.run(insert(runs).values({**a.row(runs), "id": 7, "as_of_date": NOV}))


def orphan_contents(a: Attacker) -> None:
    a.run(insert(decision_contents).values(request_id="orphan", inputs="{}", answer="{}"))


def forged_erasure(a: Attacker) -> None:
    a.event(CONTENTS_ERASED, "r20", {})


def erasure_of_nothing(a: Attacker) -> None:
    a.event(CONTENTS_ERASED, "nothing", {})


def erased_without_event(a: Attacker) -> None:
    a.run(update(decision_contents).where(decision_contents.c.request_id == "r20").values(answer=None))


def contents_put_back(a: Attacker) -> None:
    answer = decision("r60").answer
    a.run(update(decision_contents).where(decision_contents.c.request_id == "r60").values(answer=answer))


def adopted_again(a: Attacker) -> None:
    a.event(TRAIL_ADOPTED, MAIN, {"rows": {}, "decisions": sha256(""), "nights": {}})


def seals_removed(a: Attacker) -> None:
    a.run(update(decisions).values(seal=None, seal_key=None))
    a.run(update(audit_events).values(seal=None, seal_key=None))


def events_dated_ahead(a: Attacker) -> None:
    a.event("noted", "x", {}, at="2999-01-01T00:00:00.000000+00:00")


def event_at_no_time(a: Attacker) -> None:
    a.event("noted", "x", {}, at="yesterday")


def second_chain_of_events(a: Attacker) -> None:
    row = {**a.row(audit_events, seq=1), "chain": "other"}
    row.pop("id")
    a.run(insert(audit_events).values(a.sealed(START, row)))


def moved_decision(a: Attacker) -> None:
    a.run(update(decisions).where(decisions.c.request_id == "k0").values(chain="aside"))


def answer_key_changed(a: Attacker) -> None:
    a.run(update(decisions).where(decisions.c.request_id == "r9").values(idempotency_key="mine"))


WITH_ANY_KEY: list[tuple[Callable[[Attacker], None], str]] = [
    (cut_and_claim_less, "had 120 rows before, and 30 by this event"),
    (change_an_answer, "the row differs from the one its writer recorded"),
    (delete_all_and_claim_none, "the chain is missing: its writer recorded 120 rows"),
    (cut_a_killed_chain, "cut short: its writer recorded 70 rows; the last one present is 60"),
    (unreadable_claim, "the event's detail cannot be read"),
    (claim_without_rows, "does not say how many rows"),
    (claim_of_text, "does not say how many rows"),
    (claim_below_zero, "does not say how many rows"),
    (go_on_after_the_end, "the chain was closed before"),
    (back_dated_chain, "the event is dated long before the one before it"),
    (back_dated_decision, "the decision is dated long before its chain was opened"),
    (chain_nobody_opened, "no event opened this chain"),
    (opened_twice, "a chain is opened once, and empty"),
    (ghost_key, "no event created this key"),
    (raised_role, "no event created this key"),
    (revoked_key_restored, "the key was revoked by an event"),
    (key_deleted, "the key is gone"),
    (forged_warning, "no night and no decision opened this warning"),
    (forged_warning_of_a_night, "not those that it stored"),
    (warning_ended_by_hand, "no night ended this warning so"),
    (observation_changed, "not those that it stored"),
    (night_gone, "the night is gone"),
    (night_invented, "no event stored this night"),
    (orphan_contents, "contents of no decision"),
    (forged_erasure, "an event says that the stored answer was erased, and it is there"),
    (erasure_of_nothing, "the erasure of no decision"),
    (erased_without_event, "gone, and no event says why"),
    (contents_put_back, "was erased, and it is there"),
    (adopted_again, "the trail was adopted a second time"),
    (seals_removed, "has no seal"),
    (events_dated_ahead, "the event is dated after now"),
    (event_at_no_time, "the moment of the event cannot be read"),
    (second_chain_of_events, "there is one chain of events, and this is another"),
    (moved_decision, "row 1 is missing"),
    (answer_key_changed, "the row was altered"),
]


@pytest.mark.parametrize(("attack", "named"), WITH_ANY_KEY, ids=[attack.__name__ for attack, _ in WITH_ANY_KEY])
@pytest.mark.parametrize("has_key", WITH_AND_WITHOUT, ids=lambda has_key: f"{'with' if has_key else 'without'} the key")
def test_what_is_done_to_the_trail_is_named(
    trail: Trail, attack: Callable[[Attacker], None], named: str, has_key: bool
) -> None:
    key_id, key = new_key()
    attacked(trail, seal_in_use() if has_key else Seal({key_id: key}), attack)
    whats = [finding.what for finding in verify(trail.url).findings]
    assert any(named in what for what in whats), whats


def rewritten(a: Attacker) -> None:
    """Change an answer, and redo every hash and every claim after it: a trail that is whole."""
    a.run(update(decision_contents).where(decision_contents.c.request_id == "r50").values(answer='{"pd":0.01}'))
    digest = sha256('{"pd":0.01}')
    a.run(update(decisions).where(decisions.c.request_id == "r50").values(answer_digest=digest))
    a.rechain(decisions, a.trail.closed)
    hashes = {row.seq: row.hash for row in a.connection.execute(select(decisions).filter_by(chain=a.trail.closed))}
    for event in a.connection.execute(select(audit_events).filter_by(subject=a.trail.closed)).mappings().all():
        detail = json.loads(event["detail"])
        if detail.get("rows"):
            told = canonical_json({**detail, "head": hashes[detail["rows"]]})
            a.run(update(audit_events).where(audit_events.c.id == event["id"]).values(detail=told))
    a.rechain(audit_events, MAIN)


def newest_events_cut(a: Attacker) -> None:
    """Delete the newest event and the decisions of the chain that it is about."""
    last = a.connection.execute(select(audit_events.c.seq).order_by(audit_events.c.seq.desc()).limit(1)).scalar_one()
    a.run(delete(decisions).where(decisions.c.chain == a.trail.killed, decisions.c.seq > NOTED_EVERY))
    a.run(delete(decision_contents).where(decision_contents.c.request_id.like("k%")))
    a.run(delete(audit_events).where(audit_events.c.seq == last))


@pytest.mark.parametrize("attack", [rewritten, newest_events_cut])
def test_a_trail_rewritten_with_its_key_differs_from_what_was_noted_elsewhere(
    trail: Trail, tmp_path: Path, attack: Callable[[Attacker], None]
) -> None:
    file = tmp_path / "anchors.jsonl"
    keep(anchor(trail.url), file)
    attacked(trail, seal_in_use(), attack)
    noted = kept(trail.url, file)
    whats = [finding.what for finding in verify(trail.url, expected=noted).findings]
    assert any("noted elsewhere" in what for what in whats), whats
    runner = CliRunner()
    seq, head = noted[0]
    done = runner.invoke(app, ["verify", "--db", trail.url, "--expect", f"{seq}:{head}"])
    assert isinstance(done.exception, AuditError) and "noted elsewhere" in done.stdout


def test_a_trail_rewritten_without_its_key_has_false_seals(trail: Trail) -> None:
    key_id, key = new_key()
    attacked(trail, Seal({key_id: key}), rewritten)
    assert f"the row is sealed with the key {key_id}, which the key file lacks" in {
        finding.what for finding in verify(trail.url).findings
    }


def test_seals_of_other_rows_are_false(trail: Trail) -> None:
    def copied(a: Attacker) -> None:
        other = a.row(decisions, request_id="r1")
        marks = {"seal": other["seal"], "seal_key": other["seal_key"]}
        a.run(update(decisions).where(decisions.c.request_id == "r2").values(**marks))

    attacked(trail, seal_in_use(), copied)
    assert [(one.subject, one.what) for one in verify(trail.url).findings] == [("r2", "the row has a false seal")]


def test_guards_that_are_gone_or_weakened_are_named(trail: Trail) -> None:
    def weaken(a: Attacker) -> None:
        if a.connection.dialect.name == "sqlite":
            a.run(text("CREATE TRIGGER decisions_no_update BEFORE UPDATE ON decisions BEGIN SELECT 1; END"))
        else:
            a.run(text("CREATE FUNCTION quiet() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NULL; END$$"))
            a.run(text("CREATE TRIGGER quiet BEFORE INSERT ON decisions FOR EACH ROW EXECUTE FUNCTION quiet()"))

    attacked(trail, seal_in_use(), weaken, guarded=False)
    whats = " ".join(finding.what for finding in verify(trail.url).findings)
    assert "changed or switched off" in whats
    if trail.url.startswith("sqlite"):
        assert "the guard decisions_no_delete is gone" in whats
    else:
        assert "the trigger quiet is not one of the program's" in whats


REFUSED = {
    "sqlite": [
        "INSERT OR REPLACE INTO decisions SELECT * FROM decisions WHERE request_id = 'r1'",
        "REPLACE INTO audit_events SELECT * FROM audit_events WHERE seq = 1",
        "INSERT OR REPLACE INTO decision_contents VALUES ('r1', '{}', '{}')",
        "UPDATE OR REPLACE decision_contents SET request_id = 'r2' WHERE request_id = 'r1'",
        "UPDATE OR REPLACE decisions SET seq = 2 WHERE request_id = 'r1'",
    ],
    "postgresql": [
        "INSERT INTO decisions SELECT * FROM decisions WHERE seq = 1 ON CONFLICT (id) DO UPDATE SET role = 'admin'",
        "UPDATE decision_contents SET request_id = 'r2' WHERE request_id = 'r1'",
        "TRUNCATE decision_contents",
        "TRUNCATE decisions",
        "DELETE FROM audit_events",
    ],
}
REFUSED_BY_ALL = [
    "UPDATE decision_contents SET answer = '{}'",
    "DELETE FROM decision_contents",
    "DELETE FROM decisions",
]


def test_the_guards_refuse_every_way_to_replace_a_row(trail: Trail) -> None:
    engine = create_engine(trail.url)
    for statement in [*REFUSED[engine.name], *REFUSED_BY_ALL]:
        with engine.connect() as connection, pytest.raises(DBAPIError, match=r"only (grows|loses contents)"):
            connection.execute(text(statement))
    engine.dispose()
    assert verify(trail.url).whole


@pytest.mark.parametrize("attack", [ghost_key, raised_role, revoked_key_restored])
def test_a_service_takes_no_key_that_it_did_not_seal(trail: Trail, attack: Callable[[Attacker], None]) -> None:
    key_id, key = new_key()
    ring = KeyRing(trail.url)
    attacked(trail, Seal({key_id: key}), attack)
    ring._read_at = 0.0
    ring.refresh()
    assert {one.key.name for one in ring._keys.values() if one.key.revoked_at is None} <= {"loan-system"}
    assert all(one.key.role == "scorer" for one in ring._keys.values() if one.key.name == "loan-system")
    ring.close()


def test_another_key_file_neither_writes_nor_verifies(
    trail: Trail, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = CliRunner()
    other = tmp_path / "other.key"
    assert runner.invoke(app, ["new-key", str(other)]).exit_code == 0
    assert other.stat().st_mode & 0o777 == 0o600
    assert isinstance(runner.invoke(app, ["new-key", str(other)]).exception, SettingsError)
    monkeypatch.setenv("RISK_WARNING_AUDIT__KEY_FILE", str(other))
    with pytest.raises(SettingsError, match="is sealed with the key"):
        append_event(trail.url, actor="li", kind="noted", subject="x", detail={})
    with pytest.raises(SettingsError, match="is sealed with the key"):
        DecisionWriter(trail.url)
    assert any("which the key file lacks" in one.what for one in verify(trail.url).findings)
    monkeypatch.setenv("RISK_WARNING_AUDIT__KEY_FILE", str(tmp_path / "none.key"))
    with pytest.raises(SettingsError, match="which is not a file"):
        verify(trail.url)


def test_a_new_key_seals_and_the_one_before_still_verifies(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RISK_WARNING_AUDIT__KEY_FILE")
    monkeypatch.setenv("RISK_WARNING_HOME", str(tmp_path))
    append_event(url, actor="li", kind="noted", subject="x", detail={})
    before = seal_in_use().key_id
    done = CliRunner().invoke(app, ["rotate-key", "--db", url])
    assert done.exit_code == 0, done.exception
    append_event(url, actor="li", kind="noted", subject="y", detail={})
    assert seal_in_use().key_id != before and list(seal_in_use().keys)[1] == before
    assert events_about(url, "seal_rotated", MAIN, dict) == [{"before": before, "after": seal_in_use().key_id}]
    assert verify(url).whole


def test_where_a_killed_chain_ends_is_recorded_by_the_next_writer(url: str) -> None:
    writer = DecisionWriter(url)
    for k in range(30):
        writer.submit(decision(f"k{k}")).result()
    noted = events_about(url, CHAIN_REACHED, writer.chain, dict)[0]["rows"]
    assert noted < 30
    DecisionWriter(url).close()
    assert events_about(url, CHAIN_REACHED, writer.chain, dict)[0]["rows"] == 30
    writer.close()
    assert verify(url).whole


def test_no_key_passes_for_the_program(url: str) -> None:
    for name in ("no-auth", "Service", "night"):
        with pytest.raises(SettingsError, match="the audit trail calls the program itself so"):
            create(url, name=name, role="admin", rate_limit=None, expires_on=None, actor="li")
    assert events_about(url, KEY_CREATED, "no-auth", dict) == []
