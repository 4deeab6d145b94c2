"""API keys are shown once, stored as a digest, accepted at once and refused within seconds after they are revoked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from risk_warning.audit import key_ring
from risk_warning.audit.api_keys import create, listed, revoke
from risk_warning.audit.key_ring import KeyRing
from risk_warning.audit.verification.run import verify
from risk_warning.cli.keys import app
from risk_warning.database.connection import snapshot, transaction
from risk_warning.errors import SettingsError


@pytest.fixture
def ring(url: str) -> Iterator[KeyRing]:
    made = KeyRing(url)
    yield made
    made.close()


def made(url: str, name: str, **other: Any) -> str:
    given: dict[str, Any] = {"role": "scorer", "rate_limit": None, "expires_on": None, "actor": "li"}
    return create(url, name=name, **given | other)


def time_passes(monkeypatch: pytest.MonkeyPatch, *, now: str | None = None) -> None:
    """Let enough time pass for the next reading of the keys; with `now`, set the clock of the expiry to that moment."""
    monkeypatch.setattr(key_ring, "UNKNOWN_SECONDS", 0.0)
    if now is not None:
        monkeypatch.setattr(key_ring, "stamp", lambda: now)


def test_only_the_digest_of_a_key_is_stored(url: str) -> None:
    secret = made(url, "loan-system").split("_", 2)[2]
    with snapshot(url) as connection:
        row = connection.execute(text("SELECT * FROM api_keys")).one()
        events = connection.execute(text("SELECT actor, kind, subject, detail FROM audit_events")).one()
    assert not any(secret in str(value) for value in (*row, *events))
    assert tuple(events)[:3] == ("li", "key_created", "loan-system")
    assert len(row.secret_digest) == 64


def test_a_key_is_known_by_its_whole_text_only(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = made(url, "desk", role="reviewer", rate_limit="20/second")
    other = made(url, "another")
    ring = KeyRing(url)
    key = ring.find(whole)
    assert key is not None and (key.name, key.role, key.rate_limit) == ("desk", "reviewer", "20/second")
    mixed = "_".join([*whole.split("_", 2)[:2], other.split("_", 2)[2]])
    for wrong in (
        "",
        "rw_",
        whole[:-1],
        whole + "A",
        whole.upper(),
        mixed,
        f" {whole}",
        "rw_00000000_" + "A" * 43,
        "密",
    ):
        assert ring.find(wrong) is None
    ring.close()


def test_a_new_key_works_after_one_look(url: str, ring: KeyRing, monkeypatch: pytest.MonkeyPatch) -> None:
    new = made(url, "new")
    assert ring.find(new) is None
    time_passes(monkeypatch)
    assert ring.worth_a_look(new)
    ring.refresh()
    assert ring.find(new) is not None
    assert not ring.worth_a_look(new)


def test_a_flood_of_unknown_keys_does_not_reach_the_database(
    url: str, ring: KeyRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    readings = []
    read = KeyRing._read
    monkeypatch.setattr(KeyRing, "_read", lambda self: readings.append(1) or read(self))
    monkeypatch.setattr(key_ring, "UNKNOWN_SECONDS", 3600.0)
    for k in range(1_000):
        unknown = f"rw_{k:08x}_" + "A" * 43
        assert ring.find(unknown) is None
        assert not ring.worth_a_look(unknown)
        ring.refresh()
    assert readings == []
    time_passes(monkeypatch)
    assert not ring.worth_a_look("rw_not-a-key")
    assert ring.worth_a_look("rw_00000000_" + "A" * 43)


def test_a_revoked_key_is_refused_after_the_next_reading_and_its_name_stays_taken(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone, kept = made(url, "gone"), made(url, "kept")
    ring = KeyRing(url)
    revoke(url, "gone", "li")
    time_passes(monkeypatch)
    ring.refresh()
    assert ring.find(gone) is None
    assert ring.find(kept) is not None
    ring.close()
    with pytest.raises(SettingsError, match="no key named gone in use"):
        revoke(url, "gone", "li")
    with pytest.raises(SettingsError, match="There is a key named gone already"):
        made(url, "gone")
    assert verify(url).rows["audit_events"] == 3


def test_a_key_is_good_to_the_end_of_its_last_day(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lasting = made(url, "temporary", expires_on=date(2099, 1, 31))
    ring = KeyRing(url)
    time_passes(monkeypatch, now="2099-01-31T23:59:59.999999+00:00")
    assert ring.find(lasting) is not None
    time_passes(monkeypatch, now="2099-02-01T00:00:00.000000+00:00")
    assert ring.find(lasting) is None
    ring.close()


def test_known_keys_keep_working_while_the_database_cannot_be_read(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    known = made(url, "known")
    ring = KeyRing(url)
    with transaction(url) as connection:
        connection.execute(text("ALTER TABLE api_keys RENAME TO elsewhere"))
    time_passes(monkeypatch)
    ring.refresh()
    assert ring.find(known) is not None
    ring.close()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"name": "a name"}, "name is 1 to 64"),
        ({"name": ""}, "name is 1 to 64"),
        ({"role": "king"}, "one of scorer, reviewer, risk, admin"),
        ({"rate_limit": "fast"}, "give one such as 200/second"),
        ({"expires_on": date(2020, 1, 1)}, "which is past"),
    ],
)
def test_what_is_no_key_is_refused(url: str, wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        made(url, **{"name": "n"} | wrong)
    assert listed(url) == []


def test_the_verbs(url: str) -> None:
    runner = CliRunner()
    options = ["--name", "loan-system", "--role", "scorer", "--rate-limit", "200/second", "--expires", "2099-01-31"]
    created = runner.invoke(app, ["create", *options, "--db", url])
    assert created.exit_code == 0
    ring = KeyRing(url)
    assert ring.find(created.stdout.strip()) is not None
    ring.close()
    listing = runner.invoke(app, ["list", "--db", url], env={"COLUMNS": "200"})
    assert "loan-system" in listing.stdout and "valid until 2099-02-01" in listing.stdout
    assert runner.invoke(app, ["revoke", "loan-system", "--db", url]).exit_code == 0
    as_json = json.loads(runner.invoke(app, ["list", "--json", "--db", url]).stdout)
    assert [(key["name"], key["rate_limit"], key["valid"]) for key in as_json] == [("loan-system", "200/second", False)]
