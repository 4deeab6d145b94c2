"""Access: every request needs a key, a role that allows it and a rate within the limit; the demo is local only."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from bodies import Json
from lender import Lender
from routes import ELSEWHERE, HEALTH, MAY
from served import Keyed, served

from risk_warning.audit import api_keys

REVOKED_WITHIN_SECONDS = 5.0


@pytest.fixture(scope="module")
def stranger(keyed: Keyed) -> Iterator[httpx.Client]:
    with keyed.client(None) as session:
        yield session


def answer_to(client: httpx.Client, method: str, path: str, body: Json, **headers: str) -> httpx.Response:
    """Send a request that has status 200 for a client with access; return the answer."""
    if method != "POST":
        return client.request(method, path, headers=headers)
    if path == "/score_batch":
        body = {"borrowers": [body]}
    elif path == "/score_by_id":
        body = {name: body[name] for name in ("borrower_id", "as_of_date")}
    return client.post(path, json=body, headers=headers)


def code(answer: httpx.Response) -> str:
    """Return the code of the error; all errors have the same form."""
    error = answer.json()["error"]
    assert error["request_id"] == answer.headers["x-request-id"]
    value: str = error["code"]
    return value


@pytest.mark.parametrize(("method", "path"), [*MAY, *ELSEWHERE])
def test_without_a_key_every_route_is_shut(stranger: httpx.Client, body: Json, method: str, path: str) -> None:
    answer = answer_to(stranger, method, path, body)
    assert answer.status_code == 401
    assert "Bearer" in answer.headers["www-authenticate"]
    if method != "HEAD":
        assert code(answer) == "unauthenticated"


@pytest.mark.parametrize("path", HEALTH)
def test_health_is_open_to_everybody(stranger: httpx.Client, path: str) -> None:
    tasks = {"tasks": {"keys": "running"}} if path == "/readyz" else {}
    assert stranger.get(path).json() == {"status": "ready" if path == "/readyz" else "alive", **tasks}
    assert stranger.head(path).status_code == 200
    assert stranger.post(path).status_code == 405


@pytest.mark.parametrize("role", api_keys.ROLES)
@pytest.mark.parametrize(("method", "path"), MAY)
def test_a_role_may_use_what_the_table_says(
    keyed: Keyed, stranger: httpx.Client, body: Json, method: str, path: str, role: str
) -> None:
    answer = answer_to(stranger, method, path, body, **{"x-api-key": keyed.keys[role]})
    if role in MAY[method, path].split():
        assert answer.status_code == 200, answer.text
    else:
        assert answer.status_code == 403
        assert code(answer) == "forbidden"


def test_the_table_has_every_route_of_the_openapi_page(client: httpx.Client) -> None:
    described = client.get("/openapi.json").json()["paths"]
    routes = {(method.upper(), path) for path, methods in described.items() for method in methods}
    pages = {("GET", "/docs"), ("GET", "/openapi.json"), ("GET", "/metrics")}
    assert routes | pages == set(MAY) | {("GET", path) for path in HEALTH}


def test_a_key_may_come_as_bearer_token_as_header_or_as_a_password(keyed: Keyed, stranger: httpx.Client) -> None:
    key = keyed.keys["scorer"]

    def basic(text: str) -> str:
        return "Basic " + base64.b64encode(text.encode()).decode()

    good = [{"authorization": f"Bearer {key}"}, {"authorization": f"bearer {key}"}, {"x-api-key": key}]
    good += [{"authorization": basic(f"anybody:{key}")}, {"authorization": basic(f":{key}")}]
    for headers in good:
        assert stranger.get("/model", headers=headers).status_code == 200
    bad = [{"authorization": key}, {"authorization": f"Token {key}"}, {"authorization": basic(key)}]
    bad += [{"authorization": "Basic ?"}, {"authorization": "Bearer"}, {"authorization": basic(f"{key}:")}]
    bad += [{"x-api-key": key[:-1]}, {"x-api-key": key + "x"}, {"x-api-key": key.replace("rw_", "RW_")}]
    bad += [{"cookie": f"x-api-key={key}"}, {"x-api-key": "ä".encode("latin-1").decode("latin-1")}]
    for headers in bad:
        assert stranger.get("/model", headers={k: v.encode("latin-1") for k, v in headers.items()}).status_code == 401
    assert stranger.get("/model", params={"x-api-key": key}).status_code == 401


def test_the_secret_of_one_key_does_not_open_for_another(keyed: Keyed, stranger: httpx.Client) -> None:
    _, one_id, _ = keyed.keys["admin"].split("_", 2)
    _, _, other_secret = keyed.keys["scorer"].split("_", 2)
    assert stranger.get("/model", headers={"x-api-key": f"rw_{one_id}_{other_secret}"}).status_code == 401


def test_a_new_key_works_and_a_revoked_one_stops(keyed: Keyed, stranger: httpx.Client) -> None:
    headers = {"x-api-key": keyed.key("short-lived", "scorer")}
    # The service looks for unknown keys in the database once a second; another test may have just caused that.
    until = time.monotonic() + 30
    while stranger.get("/model", headers=headers).status_code != 200:
        assert time.monotonic() < until
        time.sleep(0.1)
    api_keys.revoke(keyed.database, "short-lived", "tests")
    until = time.monotonic() + REVOKED_WITHIN_SECONDS
    while stranger.get("/model", headers=headers).status_code != 401:
        assert time.monotonic() < until
        time.sleep(0.1)


def test_whoever_asks_too_often_is_told_how_long_to_wait(keyed: Keyed, stranger: httpx.Client) -> None:
    headers = {"x-api-key": keyed.key("hurried", "scorer", "5/second")}
    answers = [stranger.get("/model", headers=headers) for _ in range(30)]
    while answers[-1].status_code != 429:
        answers.append(stranger.get("/model", headers=headers))
    refused = [answer for answer in answers if answer.status_code == 429]
    assert {answer.status_code for answer in answers} <= {200, 401, 429}
    assert code(refused[-1]) == "rate_limited"
    assert refused[-1].headers["retry-after"] == "1"
    # Other callers are not limited.
    assert stranger.get("/model", headers={"x-api-key": keyed.keys["scorer"]}).status_code == 200
    time.sleep(int(refused[-1].headers["retry-after"]))
    assert stranger.get("/model", headers=headers).status_code == 200


def test_a_limit_a_day_says_how_long_the_wait_is(keyed: Keyed, stranger: httpx.Client) -> None:
    headers = {"x-api-key": keyed.key("patient", "scorer", "2/day")}
    statuses = [stranger.get("/model", headers=headers).status_code for _ in range(4)]
    while 429 not in statuses:
        statuses.append(stranger.get("/model", headers=headers).status_code)
    refused = stranger.get("/model", headers=headers)
    wait = refused.headers["retry-after"]
    assert f"wait {wait} s" in refused.json()["error"]["message"]
    assert 1 <= int(wait) <= 86_400


@pytest.mark.slow
def test_a_demo_without_keys_answers_this_machine_alone(lender: Lender, body: Json, tmp_path: Path) -> None:
    with served(lender, tmp_path / "home", no_auth="1") as demo, demo.client(None) as client:
        assert "NOBODY NEEDS A KEY" in demo.server.log.read_text()
        for method, path in MAY:
            assert answer_to(client, method, path, body).status_code == 200
        assert client.get("/model", headers={"host": f"localhost:{demo.server.port}"}).status_code == 200
        assert client.get("/model", headers={"host": f"[::1]:{demo.server.port}"}).status_code == 200
        elsewhere = [{"x-forwarded-for": "127.0.0.1"}, {"x-real-ip": "127.0.0.1"}, {"forwarded": "for=127.0.0.1"}]
        elsewhere += [{"host": "lender.example"}, {"host": "127.0.0.1.lender.example:80"}, {"host": "10.0.0.1"}]
        for headers in elsewhere:
            answer = client.get("/model", headers=headers)
            assert answer.status_code == 403
            assert code(answer) == "forbidden"
