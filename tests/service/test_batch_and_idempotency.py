"""Batches, repeated requests, warnings and the audit.

A bad borrower does not affect the rest of a batch, a repeated request is one decision, a warning is opened once, and
without the audit there is no answer.
"""

from __future__ import annotations

import copy
import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

import duckdb
import httpx
import numpy as np
import pytest
from bodies import Json, bodies
from lender import Lender
from reviewed import review
from served import AS_OF, Keyed
from waiting import wait_until

from risk_warning.core.outcomes.target import REASONS
from risk_warning.core.wording import Text
from risk_warning.review.actions import Step, other_terms
from risk_warning.review.under_review import LoanUnderReview

LOAN = {"product": "personal", "principal": 30_000, "annual_rate": 0.15, "term_months": 24}


@dataclass(frozen=True)
class Known:
    """Borrowers of the book, by what the model says about them on the as-of date."""

    below: list[int]
    """Below the threshold."""
    nearly_safe: list[int]
    """Below the threshold, and nearest to it."""
    thin: int
    """A scored borrower with a short history."""
    not_scored: dict[str, int]
    """Reason → a borrower who is not scored for this reason."""


@pytest.fixture(scope="module")
def known(lender: Lender) -> Known:
    with review(lender) as all_of_them:
        scored = all_of_them.scored

        def borrower(place: int) -> int:
            return int(all_of_them.rows(int(place)).borrower_id[0])

        return Known(
            [borrower(place) for place in all_of_them.below[:4]],
            [borrower(place) for place in all_of_them.below[:20]],
            borrower(np.flatnonzero((scored.not_scored < 0) & (scored.record_periods < 6))[0]),
            {reason: borrower(np.flatnonzero(scored.not_scored == code)[0]) for code, reason in enumerate(REASONS[:3])},
        )


def by_id(client: httpx.Client, borrower_id: int, route: str = "/score_by_id", **more: Any) -> Json:
    """Request an answer about a borrower of the book by id; return it."""
    answer = client.post(route, json={"borrower_id": borrower_id, "as_of_date": AS_OF.isoformat(), **more})
    assert answer.status_code == 200, answer.text
    content: Json = answer.json()
    return content


def without_id(answer: Json) -> Json:
    return {name: value for name, value in answer.items() if name != "request_id"}


def at_once(count: int, ask: Callable[[], None]) -> None:
    """Call `ask` from `count` threads at the same moment, and wait for all of them."""
    start = threading.Barrier(count)

    def wait_and_ask() -> None:
        start.wait()
        ask()

    threads = [threading.Thread(target=wait_and_ask) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def stored(keyed: Keyed, query: str, *values: Any) -> Any:
    with closing(sqlite3.connect(keyed.server.home / "watchlist.db")) as con:
        return con.execute(query, values).fetchone()[0]


def warnings_of(keyed: Keyed, borrower_id: int) -> int:
    count: int = stored(keyed, "SELECT count(*) FROM warnings WHERE borrower_id = ?", str(borrower_id))
    return count


def test_one_bad_borrower_of_a_batch_does_not_fail_the_rest(client: httpx.Client, body: Json) -> None:
    alone = client.post("/score", json=body).json()
    nan, stranger = copy.deepcopy(body), copy.deepcopy(body)
    nan["instalments"][3]["due_amount"] = float("nan")
    stranger["statements"][0]["loan_id"] = -1
    batch = json.dumps({"borrowers": [body, nan, stranger, "nobody", {**body, "loans": None}, body]})
    answer = client.post("/score_batch", content=batch, headers={"content-type": "application/json"})
    assert answer.status_code == 200
    content = answer.json()
    assert [item["error"] and item["error"]["field"] for item in content["answers"]] == [
        None,
        "instalments[3].due_amount",
        "statements[0].loan_id",
        None,
        "loans",
        None,
    ]
    first, *bad, last = content["answers"]
    assert first["answer"] == last["answer"] == without_id(alone)
    assert {item["error"]["code"] for item in bad} == {"invalid_field"}
    assert {item["answer"] for item in bad} == {None}
    assert content["request_id"] == answer.headers["x-request-id"]


def test_what_the_model_does_not_know_is_named_however_it_is_sent(client: httpx.Client, body: Json) -> None:
    strange = copy.deepcopy(body)
    strange["events"].append({"kind": "moved_house", "occurred_at": "2023-08-01T10:00:00"})
    strange["loans"][0]["product"] = "yacht"
    unknown = [{"field": "events.kind", "value": "moved_house"}, {"field": "loans.product", "value": "yacht"}]
    plain, odd = (client.post("/score", json=sent).json() for sent in (body, strange))
    assert (plain["unknown_values"], odd["unknown_values"]) == ([], unknown)
    batch = client.post("/score_batch", json={"borrowers": [body, strange]}).json()["answers"]
    assert [item["answer"]["unknown_values"] for item in batch] == [[], unknown]
    assert by_id(client, body["borrower_id"])["unknown_values"] == []


def test_values_no_training_row_reached_are_named(client: httpx.Client, body: Json) -> None:
    poor = copy.deepcopy(body)
    poor["profile"]["monthly_income"] = 1
    plain, extreme = (client.post("/score", json=sent).json() for sent in (body, poor))
    assert "monthly_income" not in plain["outside_training_range"]
    assert "monthly_income" in extreme["outside_training_range"]
    assert extreme["threshold"] == client.get("/model").json()["threshold"]


def test_the_path_to_safe_speaks_in_the_currency_of_the_request(client: httpx.Client, known: Known) -> None:
    words: Text = {"en": "", "zh": ""}
    less = Step.of_amount("borrow_less", 3_000_000.0, 2_000_000.0, words, decimals=2)
    assert (less.unit, less.before, less.after) == ("currency", 30_000, 20_000)
    (longer,) = other_terms(LoanUnderReview(principal_amount=10_000.0, annual_rate=0.1, term_months=12), 2)[
        -1
    ].describe(6)
    assert (longer.unit, longer.before, longer.after) == ("months", 12, 18)
    loan = {**LOAN, "principal": 100_000, "term_months": 12}
    for borrower in known.nearly_safe:
        request = {"borrower_id": borrower, "as_of_date": AS_OF.isoformat(), "loan_under_review": loan}
        steps = client.post("/what_if", json=request).json()["path_to_safe"]["steps"]
        assert {step["unit"] for step in steps} <= {"currency", "months"}
        assert {step["before"] for step in steps if step["action"] in ("borrow_less", "no_loan")} <= {100_000}


def test_a_batch_takes_a_thousand(client: httpx.Client) -> None:
    answer = client.post("/score_batch", json={"borrowers": [{}] * 1000})
    assert answer.status_code == 200
    assert [item["error"]["field"] for item in answer.json()["answers"]] == ["borrower_id"] * 1000


def test_the_same_key_and_body_get_the_very_same_answer(keyed: Keyed, client: httpx.Client, body: Json) -> None:
    headers = {"idempotency-key": "loan-4711"}
    first = client.post("/score", json=body, headers=headers)
    again = client.post("/score", json=body, headers=headers)
    assert first.status_code == again.status_code == 200
    assert again.content == first.content
    assert again.headers["x-request-id"] == first.headers["x-request-id"] == first.json()["request_id"]
    decided = "SELECT count(*) FROM decisions WHERE idempotency_key = ?"
    assert stored(keyed, decided, "loan-4711") == 1
    other = client.post("/score", json={**body, "as_of_date": "2023-08-01"}, headers=headers)
    assert other.status_code == 409
    assert other.json()["error"]["code"] == "conflict"
    assert other.json()["error"]["field"] == "Idempotency-Key"
    assert client.post("/score", json=body, headers=headers).content == first.content
    # The same text from another caller, or for another route, is a different key.
    with keyed.client("scorer") as scorer:
        theirs = scorer.post("/score", json={**body, "as_of_date": "2023-08-01"}, headers=headers)
    assert theirs.status_code == client.post("/explain", json=body, headers=headers).status_code == 200
    assert stored(keyed, decided, "loan-4711") == 3


def test_a_refused_request_does_not_use_its_key_up(client: httpx.Client, body: Json) -> None:
    headers = {"idempotency-key": "loan-4712"}
    assert client.post("/score", json={**body, "as_of_date": "2023-02-30"}, headers=headers).status_code == 422
    assert client.post("/score", json=body, headers=headers).status_code == 200


@pytest.mark.parametrize("route", ["/score", "/explain"])
def test_eight_at_the_same_moment_are_one_decision(keyed: Keyed, body: Json, route: str) -> None:
    key = f"at-once{route[1:]}"
    answers: list[httpx.Response] = []

    def ask() -> None:
        with keyed.client() as mine:
            answers.append(mine.post(route, json=body, headers={"idempotency-key": key}))

    at_once(8, ask)
    assert [answer.status_code for answer in answers] == [200] * 8
    assert len({answer.content for answer in answers}) == 1
    assert stored(keyed, "SELECT count(*) FROM decisions WHERE idempotency_key = ?", key) == 1


def test_an_answer_says_what_history_it_rests_on(client: httpx.Client, body: Json, known: Known) -> None:
    whole = client.post("/score", json=body).json()["history"]
    assert whole["periods"] > 6 and not whole["is_thin"]
    assert whole["calibration"]["from_months"] <= whole["periods"]
    thin = by_id(client, known.thin)["history"]
    assert 3 <= thin["periods"] < 6 and thin["is_thin"]
    assert (thin["calibration"]["from_months"], thin["calibration"]["to_months"]) == (3, 5)


@pytest.mark.parametrize("reason", REASONS[:3])
def test_who_is_not_scored_is_told_why(client: httpx.Client, known: Known, reason: str) -> None:
    answer = by_id(client, known.not_scored[reason])
    assert answer["not_scored"] == reason
    scored = ("pd", "score", "band", "below_threshold", "warning")
    assert {answer[name] for name in scored} == {None}
    assert answer["reasons"] == []
    assert answer["history"]["periods"] >= 0
    explained = by_id(client, known.not_scored[reason], "/explain")
    assert explained["explanation"] is explained["waterfall_svg"] is None


def test_half_a_history_is_not_scored(keyed: Keyed, client: httpx.Client, body: Json) -> None:
    spoilt = body["borrower_id"] + 1
    assert by_id(client, spoilt)["not_scored"] is None
    with duckdb.connect(keyed.server.home / "book.duckdb") as con:
        con.execute(
            "UPDATE instalments SET due_amount = -1 "
            "WHERE loan_id IN (SELECT loan_id FROM loans WHERE borrower_id = $id) AND instalment_no = 2",
            {"id": spoilt},
        )
    assert by_id(client, spoilt)["not_scored"] == "rows_set_aside"


def test_a_warning_is_opened_once_and_only_by_id(keyed: Keyed, client: httpx.Client, known: Known) -> None:
    borrower = known.below[0]
    for route, more in (("/explain", {}), ("/what_if", {}), ("/score_by_id", {"loan_under_review": LOAN})):
        answer = by_id(client, borrower, route, **more)
        assert answer.get("warning") is None
        assert warnings_of(keyed, borrower) == 0
    first = by_id(client, borrower)
    assert (first["below_threshold"], first["warning"]) == (True, "opened")
    assert warnings_of(keyed, borrower) == 1
    opened_by = "SELECT opened_request_id FROM warnings WHERE borrower_id = ?"
    assert stored(keyed, opened_by, str(borrower)) == first["request_id"]
    assert by_id(client, borrower)["warning"] == "already_open"
    assert warnings_of(keyed, borrower) == 1


def test_the_same_rows_sent_open_no_warning(keyed: Keyed, client: httpx.Client, known: Known, lender: Lender) -> None:
    borrower = known.below[1]
    sent = bodies(lender.book, AS_OF, [borrower])[0]
    batch = client.post("/score_batch", json={"borrowers": [sent]}).json()
    for answer in (client.post("/score", json=sent).json(), batch["answers"][0]["answer"]):
        assert answer["below_threshold"] is True
        assert answer["warning"] is None
    assert warnings_of(keyed, borrower) == 0


def test_many_at_once_open_one_warning(keyed: Keyed, known: Known) -> None:
    borrower, outcomes = known.below[2], []

    def ask() -> None:
        with keyed.client() as mine:
            outcomes.append(by_id(mine, borrower)["warning"])

    at_once(6, ask)
    assert sorted(outcomes) == ["already_open"] * 5 + ["opened"]
    assert warnings_of(keyed, borrower) == 1


@contextmanager
def locked(keyed: Keyed) -> Iterator[None]:
    """Lock the database, as another program would."""
    with closing(sqlite3.connect(keyed.server.home / "watchlist.db", isolation_level=None)) as con:
        con.execute("BEGIN EXCLUSIVE")
        yield
        con.execute("ROLLBACK")


def wait_until_ready(client: httpx.Client) -> None:
    wait_until(lambda: client.get("/readyz").status_code == 200, seconds=60)


@pytest.mark.slow
def test_without_the_audit_there_is_no_answer(keyed: Keyed, client: httpx.Client, body: Json, known: Known) -> None:
    borrower, count = known.below[3], "SELECT count(*) FROM decisions"
    before, headers = stored(keyed, count), {"idempotency-key": "unwritten"}
    who = {"borrower_id": borrower, "as_of_date": AS_OF.isoformat()}
    with locked(keyed):
        for answer in (
            client.post("/score", json=body, headers=headers),
            client.post("/score_by_id", json=who),
            client.post("/score_batch", json={"borrowers": [body]}),
        ):
            assert answer.status_code == 503
            assert answer.json()["error"]["code"] == "unavailable"
            assert "score" not in answer.json()
        assert client.get("/readyz").status_code == 503
        assert client.get("/livez").status_code == 200
    assert stored(keyed, count) == before
    assert warnings_of(keyed, borrower) == 0
    wait_until_ready(client)
    assert client.post("/score", json=body, headers=headers).status_code == 200
    assert by_id(client, borrower)["warning"] == "opened"
