"""Every answer can be computed again, and every change of the audit trail is detected."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import httpx
import pytest
from bodies import Json, as_duckdb, bodies
from counts import count
from lender import Lender
from serving import serving

from risk_warning.errors import RequestError
from risk_warning.service.replay import replay
from risk_warning.settings import Settings

AS_OF = date(2023, 9, 1)
LOAN = {"product": "personal", "principal": 20000, "annual_rate": 0.18, "term_months": 12}


@dataclass(frozen=True)
class Given:
    """Answers of the service, and the settings with the home where they are stored."""

    settings: Settings
    answers: list[Json]


@pytest.fixture(scope="module")
def given(lender: Lender, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Given]:
    folder = tmp_path_factory.mktemp("replay")
    book = as_duckdb(lender.book, folder / "book.duckdb")
    request_bodies = bodies(lender.book, AS_OF, list(range(count(1000))))
    answers = []
    with (
        serving(
            folder / "home",
            model=str(lender.model),
            no_auth="1",
            service__book=str(book),
            service__rate_limit="10000/second",
        ) as server,
        httpx.Client(base_url=server.url, timeout=60) as client,
    ):
        for i, body in enumerate(request_bodies):
            who = {"borrower_id": body["borrower_id"], "as_of_date": body["as_of_date"]}
            route, sent = [
                ("/score", body),
                ("/score", {**body, "loan_under_review": LOAN}),
                ("/score_by_id", who),
                ("/score_by_id", {**who, "loan_under_review": LOAN}),
                ("/explain", body),
                ("/explain", who),
                ("/what_if", {**body, "loan_under_review": LOAN, "alternatives": [{"principal": 9000}]}),
                ("/what_if", who),
                ("/score_batch", {"borrowers": [body, {"borrower_id": "nobody"}, body]}),
            ][i % 9]
            response = client.post(route, json=sent)
            assert response.status_code == 200, response.text
            answers.append(response.json())
    yield Given(Settings(home=folder / "home", model=str(lender.model)), answers)


@pytest.mark.slow
def test_every_answer_is_computed_again_to_the_byte(
    given: Given, record_property: Callable[[str, object], None]
) -> None:
    ids = [answer["request_id"] for answer in given.answers]
    replays = list(replay(ids, given.settings, model=None, inputs=None))
    assert [one.request_id for one in replays] == ids
    assert [one.request_id for one in replays if not one.equal] == []
    record_property("replayed", f"{len(replays):,} answers, every one equal")
    assert {one.route for one in replays} == {"/score", "/score_by_id", "/explain", "/what_if", "/score_batch"}
    assert sum(answer.get("score") is not None for answer in given.answers) > len(ids) / 3


@pytest.mark.slow
def test_a_decision_that_is_not_there_is_said_not_to_be(given: Given) -> None:
    with pytest.raises(RequestError, match="No decision has the request id"):
        list(replay(["0" * 32], given.settings, model=None, inputs=None))


@pytest.mark.slow
def test_an_answer_changed_by_hand_is_named_by_verify_and_by_replay(given: Given) -> None:
    changed = given.answers[0]["request_id"]
    database = given.settings.home / "watchlist.db"
    assert run(given, "audit", "verify").returncode == 0
    with sqlite3.connect(database) as connection:
        (text,) = connection.execute("SELECT answer FROM decision_contents WHERE request_id = ?", (changed,)).fetchone()
        better = json.loads(text) | {"pd": 0.0001}
        altered = json.dumps(better, separators=(",", ":"), ensure_ascii=False)
        with pytest.raises(sqlite3.IntegrityError):
            connection.execute("UPDATE decision_contents SET answer = ? WHERE request_id = ?", (altered, changed))
        connection.execute("DROP TRIGGER decision_contents_no_update")
        connection.execute("UPDATE decision_contents SET answer = ? WHERE request_id = ?", (altered, changed))
    connection.close()
    verified = run(given, "audit", "verify")
    assert verified.returncode == 15
    assert changed in verified.stdout
    replayed = run(given, "replay", changed)
    assert replayed.returncode == 15
    assert "DIFFERENT in pd" in replayed.stdout
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE decision_contents SET answer = ? WHERE request_id = ?", (text, changed))
        # A trigger rejects a change of the row; the database owner can drop it, but `verify` finds the change.
        with pytest.raises(sqlite3.IntegrityError):
            connection.execute("UPDATE decisions SET role = 'admin' WHERE request_id = ?", (changed,))
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f'DROP TRIGGER "{name}"')
        connection.execute("UPDATE decisions SET model_version = 'another' WHERE request_id = ?", (changed,))
    connection.close()
    verified = run(given, "audit", "verify", "--json")
    assert verified.returncode == 15
    assert changed in {finding["subject"] for finding in json.loads(verified.stdout)["findings"]}


def run(given: Given, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command line with the service's home."""
    command = [str(Path(sys.executable).parent / "risk-warning"), *words]
    home = {"RISK_WARNING_HOME": str(given.settings.home), "RISK_WARNING_MODEL": given.settings.model}
    key_file = "RISK_WARNING_AUDIT__KEY_FILE"
    environment = {"PATH": "/usr/bin:/bin", **home, key_file: os.environ[key_file]}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
