"""Private by default: what the program writes is its user's alone; who acts is known; no setting is ignored."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from risk_warning.audit import api_keys
from risk_warning.cli.actor import ADMINS, actor
from risk_warning.errors import SettingsError
from risk_warning.settings import load_settings

VERB = str(Path(sys.executable).parent / "risk-warning")


def run(home: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a verb as its user would, with the key of the seals under home."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("RISK_WARNING_")}
    environment = {**own, "RISK_WARNING_HOME": str(home), **variables}
    return subprocess.run([VERB, *arguments], env=environment, capture_output=True, text=True, check=False, umask=0o022)


def test_nothing_that_a_verb_writes_can_be_read_by_others(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert run(home, "keys", "create", "--name", "desk", "--role", "scorer").returncode == 0
    assert run(home, "audit", "anchor", "--file", str(home / "out" / "anchors.jsonl")).returncode == 0
    assert run(home, "sign", "--new-key", str(home / "signing.key")).returncode == 0
    written = [home, *home.rglob("*")]
    assert len(written) >= 6
    assert [path.name for path in written if path.stat().st_mode & 0o077] == []
    home.chmod(0o755)
    assert "other users of this machine can read" in run(home, "status").stdout


def test_a_variable_that_is_no_setting_is_named(tmp_path: Path) -> None:
    for name, said in {
        "RISK_WARNING_HOEM": "there is no hoem; at the top there are home, db",
        "RISK_WARNING_SERVICE__RATE_LIMITS": "there is no service.rate_limits; under [service] there are book",
        "RISK_WARNING_AUDIT_KEY_FILE": "there is no audit_key_file",
    }.items():
        done = run(tmp_path, "status", **{name: "x"})
        assert done.returncode == 3 and said in " ".join(done.stderr.split()), done.stderr


@pytest.mark.parametrize("value", ["1/second;" * 50, "9" * 5_000 + "/second", "many", ""])
def test_a_rate_limit_that_is_none_is_a_sentence(tmp_path: Path, value: str) -> None:
    done = run(tmp_path, "status", RISK_WARNING_SERVICE__RATE_LIMIT=value)
    assert done.returncode == 3 and "Traceback" not in done.stderr
    assert "service.rate_limit" in done.stderr


def test_who_acts_is_the_user_or_the_key_whatever_is_claimed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RISK_WARNING_HOME", str(tmp_path))
    url = load_settings().database_url
    keys = {
        role: api_keys.create(url, name=f"the-{role}", role=role, rate_limit=None, expires_on=None, actor="tests")
        for role in ("scorer", "risk", "admin")
    }
    file = tmp_path / "key"

    def with_key(content: str) -> None:
        file.write_text(content)
        monkeypatch.setenv("RISK_WARNING_KEY_FILE", str(file))

    with_key(keys["risk"] + "\n")
    assert actor(url) == "key:the-risk"
    with pytest.raises(SettingsError, match="the-risk has the role risk, and this takes admin"):
        actor(url, ADMINS)
    with_key(keys["scorer"])
    with pytest.raises(SettingsError, match="takes risk or admin"):
        actor(url)
    for wrong in (
        "",
        "rw_00000000_x",
        keys["admin"][:-1],
        "\udcff".encode("utf-8", "surrogateescape").decode("latin-1"),
    ):
        with_key(wrong)
        with pytest.raises(SettingsError, match="is not known, was revoked, or has expired"):
            actor(url)
    monkeypatch.setenv("RISK_WARNING_KEY_FILE", str(tmp_path / "nothing"))
    with pytest.raises(SettingsError, match="cannot be read"):
        actor(url)
    with_key(keys["admin"])
    variables = {name: os.environ[name] for name in ("RISK_WARNING_KEY_FILE", "RISK_WARNING_AUDIT__KEY_FILE")}
    assert run(tmp_path, "keys", "revoke", "the-scorer", LOGNAME="somebody", **variables).returncode == 0
    with create_engine(url).connect() as connection:
        found = connection.execute(text("SELECT actor FROM audit_events WHERE kind = 'key_revoked'")).scalars().all()
    assert found == ["key:the-admin"]
