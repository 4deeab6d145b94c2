"""Bad requests: each has its own status, code and field, all in one form, and none of its values is repeated."""

from __future__ import annotations

import copy
import json
import re
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import jsonschema
import pytest
from bodies import Json
from served import SENTINEL_NUMBER, SENTINEL_TEXT, Keyed

Change = Callable[[Json], Any]
"""A function that changes a good request; if it returns bytes, they are sent unchanged."""
NUMBER, TEXT = SENTINEL_NUMBER, SENTINEL_TEXT
TOO_LARGE = "@1e999@"
"""Sent as the JSON number 1e999, which is too large for a float."""
LOAN = {"product": "personal", "principal": 30_000, "annual_rate": 0.15, "term_months": 24}


@dataclass(frozen=True)
class Bad:
    """A bad request and the status, code and field of its answer."""

    name: str
    change: Change
    status: int
    code: str
    field: str | None
    route: str = "/score"
    headers: Mapping[str, str] = field(default_factory=dict)


def put(value: Any, *places: str) -> Change:
    """Return a change that puts the value in these places, such as `instalments[3].due_on`."""

    def changed(body: Json) -> Json:
        for place in places:
            *path, last = (int(part) if part.isdigit() else part for part in re.findall(r"[^.\[\]]+", place))
            inner: Any = body
            for part in path:
                inner = inner[part]
            inner[last] = value
        return body

    return changed


def without(table: str) -> Change:
    """Return a change that removes one field of the request."""
    return lambda body: {name: value for name, value in body.items() if name != table}


def sent(content: bytes) -> Change:
    """Return a change that sends these bytes instead of the request."""
    return lambda body: content


def unprocessable(name: str, change: Change, field: str | None, route: str = "/score") -> Bad:
    return Bad(name, change, 422, "invalid_field", field, route)


def not_json(name: str, content: bytes, route: str = "/score") -> Bad:
    return Bad(name, sent(content), 400, "invalid_json", None, route)


def by_id(**fields: Any) -> Change:
    """Return a change to a request by id with these fields."""
    return lambda body: {"borrower_id": body["borrower_id"], "as_of_date": body["as_of_date"], **fields}


def repeated(table: str) -> Change:
    """Return a change that repeats the first row of the table at its end."""
    return lambda body: {**body, table: [*body[table], body[table][0]]}


def disagreeing(body: Json) -> Json:
    row = {**body["instalments"][0], "due_amount": NUMBER}
    return {**body, "instalments": [*body["instalments"], row]}


def many(count: int) -> Change:
    row = {"loan_id": 1, "instalment_no": 1, "due_on": "2023-01-01", "due_amount": 1}
    return lambda body: {**body, "instalments": [row] * count}


WRONG_TYPES = [
    unprocessable("NaN", put(float("nan"), "instalments[0].due_amount"), "instalments[0].due_amount"),
    unprocessable("infinity", put(float("inf"), "loans[1].principal"), "loans[1].principal"),
    unprocessable("minus infinity", put(float("-inf"), "profile.monthly_income"), "profile.monthly_income"),
    unprocessable("1e999", put(TOO_LARGE, "statements[0].balance"), "statements[0].balance"),
    unprocessable("NaN in an attribute of the lender's own", put(float("nan"), "profile.x_income"), "profile.x_income"),
    unprocessable("null id", put(None, "borrower_id"), "borrower_id"),
    unprocessable("null as-of date", put(None, "as_of_date"), "as_of_date"),
    unprocessable("null amount due", put(None, "instalments[2].due_amount"), "instalments[2].due_amount"),
    unprocessable("null table", put(None, "loans"), "loans"),
    unprocessable("null row", put(None, "events[0]"), "events[0]"),
    unprocessable("text for a number", put(f"{NUMBER}", "instalments[0].due_amount"), "instalments[0].due_amount"),
    unprocessable("number for a text", put(NUMBER, "profile.region"), "profile.region"),
    unprocessable("bool for a number", put(True, "profile.monthly_income"), "profile.monthly_income"),
    unprocessable("bool for a count", put(True, "instalments[0].instalment_no"), "instalments[0].instalment_no"),
    unprocessable("bool for an id", put(True, "borrower_id"), "borrower_id"),
    unprocessable("fraction for an id", put(NUMBER, "borrower_id"), "borrower_id"),
    unprocessable("fraction for a count", put(1.5, "instalments[0].instalment_no"), "instalments[0].instalment_no"),
    unprocessable("empty id", put("", "borrower_id"), "borrower_id"),
    unprocessable("id of 129 characters", put(TEXT + "9" * 119, "borrower_id"), "borrower_id"),
    unprocessable("huge id", put(10**40, "borrower_id"), "borrower_id"),
    unprocessable("huge count", put(2**31, "instalments[0].instalment_no"), "instalments[0].instalment_no"),
    unprocessable("huge amount", put(1e15, "loans[0].principal"), "loans[0].principal"),
    unprocessable("list for a row", put([TEXT], "loans[0]"), "loans[0]"),
    unprocessable("object for a table", put({TEXT: 1}, "statements"), "statements"),
    unprocessable("object for a value", put({"at": TEXT}, "profile.housing"), "profile.housing"),
    unprocessable("bool for an attribute", put(True, "loans[0].x_grade"), "loans[0].x_grade"),
    unprocessable("huge attribute", put(10**400, "loans[0].x_grade"), "loans[0].x_grade"),
    unprocessable("object for an attribute", put({"at": TEXT}, "profile.x_grade"), "profile.x_grade"),
]
WRONG_DATES = [
    unprocessable("as-of date in 1800", put("1800-01-01", "as_of_date"), "as_of_date"),
    unprocessable("as-of date in 2101", put("2101-01-01", "as_of_date"), "as_of_date"),
    unprocessable("as-of date with a time", put("2023-09-01T10:30:00", "as_of_date"), "as_of_date"),
    unprocessable("as-of date as a number", put(20230901, "as_of_date"), "as_of_date"),
    unprocessable("29 February of no leap year", put("2023-02-29", "loans[0].opened_on"), "loans[0].opened_on"),
    unprocessable("month 13", put("2023-13-01", "instalments[1].paid_on"), "instalments[1].paid_on"),
    unprocessable(
        "date the other way round", put("01.09.2023", "statements[0].statement_on"), "statements[0].statement_on"
    ),
    unprocessable("date in 1989", put("1989-12-31", "profile.onboarded_on"), "profile.onboarded_on"),
    unprocessable("event in 2101", put("2101-01-01T00:00:00", "events[0].occurred_at"), "events[0].occurred_at"),
    unprocessable("event at no time", put(f"2023-01-01 {TEXT}", "events[0].occurred_at"), "events[0].occurred_at"),
    unprocessable("far after the book", by_id(as_of_date="2099-01-01"), "as_of_date", "/score_by_id"),
]
WRONG_ROWS = [
    unprocessable("unknown field", put(TEXT, "iban"), "iban"),
    unprocessable("unknown field with a dash", put(TEXT, "date-of-birth"), "date-of-birth"),
    unprocessable("unknown field of a row", put(TEXT, "instalments[4].note"), "instalments[4].note"),
    unprocessable("unknown field of an open row", put(TEXT, "loans[1].note"), "loans[1].note"),
    unprocessable("protected attribute", put(TEXT, "profile.sex"), "profile.sex"),
    unprocessable("for contact only", put(True, "profile.opted_out"), "profile.opted_out"),
    unprocessable("negative amount due", put(-NUMBER, "instalments[0].due_amount"), "instalments[0].due_amount"),
    unprocessable("10,000 instalments", many(10_000), "instalments"),
    unprocessable("instalments that disagree", disagreeing, "instalments[72].due_amount"),
    unprocessable("a loan twice", repeated("loans"), "loans[5].loan_id"),
    unprocessable("a statement twice", repeated("statements"), "statements[9].statement_on"),
    unprocessable("unknown loan", put(TEXT, "instalments[3].loan_id"), "instalments[3].loan_id"),
    unprocessable("another's row", put(TEXT, "statements[2].borrower_id"), "statements[2].borrower_id"),
    unprocessable("another's profile", put(TEXT, "profile.borrower_id"), "profile.borrower_id"),
    unprocessable("no instalments", without("instalments"), "instalments"),
    unprocessable("no profile", without("profile"), "profile"),
    unprocessable("no as-of date", without("as_of_date"), "as_of_date"),
]
UNDER_REVIEW = [
    unprocessable("term without rate", by_id(loan_under_review={**LOAN, "annual_rate": None}),
                  "loan_under_review.annual_rate", "/what_if"),
    unprocessable("empty loan", by_id(loan_under_review={}), "loan_under_review", "/score_by_id"),
    unprocessable("loan of nulls", by_id(loan_under_review={"principal": None}), "loan_under_review", "/what_if"),
    unprocessable("protected by another name", put(TEXT, "profile.x_sex"), "profile.x_sex"),
    unprocessable("protected by meaning", put(NUMBER, "profile.x_customerAge"), "profile.x_customerAge"),
    unprocessable("negative principal", by_id(loan_under_review={**LOAN, "principal": -NUMBER}),
                  "loan_under_review.principal", "/score_by_id"),
    unprocessable("due before the as-of date", by_id(loan_under_review={**LOAN, "first_due_on": "2023-01-01"}),
                  "loan_under_review.first_due_on", "/what_if"),
    unprocessable("term nobody knows", by_id(loan_under_review={**LOAN, "purpose": TEXT}),
                  "loan_under_review.purpose", "/score_by_id"),
    unprocessable("infinite attribute", by_id(loan_under_review={**LOAN, "x_grade": float("inf")}),
                  "loan_under_review.x_grade", "/what_if"),
    unprocessable("empty schedule", by_id(loan_under_review={"schedule": []}),
                  "loan_under_review.schedule", "/explain"),
    unprocessable("alternative with an unknown term", by_id(loan_under_review=LOAN, alternatives=[{"colour": TEXT}]),
                  "alternatives[0].colour", "/what_if"),
    unprocessable("11 alternatives", by_id(loan_under_review=LOAN, alternatives=[{"principal": 1}] * 11),
                  "alternatives", "/what_if"),
    unprocessable("alternatives to no loan", by_id(alternatives=[{"principal": 1}]), "loan_under_review", "/what_if"),
    unprocessable("rows by id", by_id(loans=[]), "loans", "/score_by_id"),
]  # fmt: skip
NO_JSON = [
    not_json("empty", b""),
    not_json("truncated", f'{{"borrower_id": "{TEXT}", "as_of'.encode()),
    not_json("more than one", b"{} {}"),
    not_json("not UTF-8", b'{"borrower_id": "\xff\xfe"}'),
    not_json("UTF-16", '{"borrower_id": 1}'.encode("utf-16")),
    not_json("half a surrogate", b'{"borrower_id": "\\ud800"}'),
    not_json("300 deep", b'{"borrower_id":' + b"[" * 300 + b"]" * 300 + b"}"),
    not_json("300 deep in a batch", b'{"borrowers":' + b"[" * 300 + b"]" * 300 + b"}", "/score_batch"),
    not_json("number of 5,000 digits", b'{"borrower_id": ' + b"9" * 5000 + b"}"),
    not_json("form", f"borrower_id={TEXT}".encode()),
    unprocessable("a list", sent(b"[]"), None),
    unprocessable("a text", sent(f'"{TEXT}"'.encode()), None),
    unprocessable("null", sent(b"null"), None, "/score_batch"),
    unprocessable("empty batch", sent(b'{"borrowers": []}'), "borrowers", "/score_batch"),
    unprocessable("1,001 borrowers", lambda body: {"borrowers": [{}] * 1001}, "borrowers", "/score_batch"),
    Bad("over 1 MB", sent(b" " * 1_000_001), 413, "body_too_large", None),
    Bad("text", lambda body: body, 415, "unsupported_media_type", None, headers={"content-type": "text/plain"}),
    Bad("JSON in Latin-1", lambda body: body, 415, "unsupported_media_type", None,
        headers={"content-type": "application/json; charset=latin-1"}),
    Bad("no content type", lambda body: body, 415, "unsupported_media_type", None, headers={"content-type": ""}),
    Bad("long Idempotency-Key", lambda body: body, 422, "invalid_field", "Idempotency-Key",
        headers={"idempotency-key": "k" * 200}),
    Bad("no such borrower", by_id(borrower_id=f"{TEXT}"), 404, "unknown_borrower", "borrower_id", "/score_by_id"),
    Bad("no such number", by_id(borrower_id=2**62), 404, "unknown_borrower", "borrower_id", "/explain"),
    Bad("no such route", lambda body: body, 404, "not_found", None, "/scores"),
    Bad("unknown key", lambda body: body, 401, "unauthenticated", None, headers={"x-api-key": f"rw_1_{TEXT}"}),
    Bad("POST on GET", sent(b""), 405, "method_not_allowed", None, "/model", headers={"content-type": "text/plain"}),
]  # fmt: skip
BAD = [*WRONG_TYPES, *WRONG_DATES, *WRONG_ROWS, *UNDER_REVIEW, *NO_JSON]


@pytest.fixture(scope="module")
def shape(client: httpx.Client) -> Any:
    """Return a validator for the form of every error, as the OpenAPI page describes it."""
    components = client.get("/openapi.json").json()["components"]
    return jsonschema.Draft202012Validator({"$ref": "#/components/schemas/ErrorAnswer", "components": components})


def check(answer: httpx.Response, status: int, code: str, named: str | None, shape: Any) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    content = answer.json()
    shape.validate(content)
    assert set(content) == {"error"}
    assert (content["error"]["code"], content["error"]["field"]) == (code, named)
    assert len(content["error"]["message"]) > 20
    assert content["error"]["request_id"] == answer.headers["x-request-id"]
    assert TEXT not in answer.text
    assert str(NUMBER) not in answer.text


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.name)
def test_a_bad_request_is_told_what_is_wrong(bad: Bad, client: httpx.Client, body: Json, shape: Any) -> None:
    good = copy.deepcopy(body)
    good["profile"] |= {"monthly_income": NUMBER, "region": TEXT}
    changed = bad.change(good)
    content = changed if isinstance(changed, bytes) else json.dumps(changed).replace(f'"{TOO_LARGE}"', "1e999").encode()
    answer = client.post(bad.route, content=content, headers={"content-type": "application/json", **bad.headers})
    check(answer, bad.status, bad.code, bad.field, shape)


def test_without_the_fault_the_request_is_answered(client: httpx.Client, body: Json) -> None:
    answer = client.post("/score", json=body)
    assert answer.status_code == 200
    assert answer.json()["score"] > 0


def test_a_body_too_large_is_refused_whether_or_not_its_length_is_declared(client: httpx.Client, shape: Any) -> None:
    headers = {"content-type": "application/json"}
    for size, route in ((20_000_000, "/score"), (1_000_001, "/explain"), (33_000_000, "/score_batch")):
        whole = client.post(route, content=b" " * size, headers=headers)
        check(whole, 413, "body_too_large", None, shape)
        pieces = client.post(route, content=iter([b" " * 100_000] * (size // 100_000 + 1)), headers=headers)
        check(pieces, 413, "body_too_large", None, shape)


def test_a_body_of_just_under_a_megabyte_is_read(client: httpx.Client, body: Json) -> None:
    content = json.dumps(body).encode()
    padded = content + b" " * (1_000_000 - len(content))
    answer = client.post("/score", content=padded, headers={"content-type": "application/json"})
    assert answer.status_code == 200


def half_sent(keyed: Keyed) -> socket.socket:
    """Return a connection on which the client has sent half of its body."""
    connection = socket.create_connection(("127.0.0.1", keyed.server.port), timeout=30)
    head = f"POST /score HTTP/1.1\r\nHost: 127.0.0.1\r\nX-API-Key: {keyed.keys['scorer']}\r\n"
    head += "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
    connection.sendall(head.encode() + f'{{"borrower_id": "{TEXT}"'.encode())
    return connection


def test_a_client_that_is_too_slow_is_told_so_and_let_go(keyed: Keyed, shape: Any) -> None:
    with half_sent(keyed) as connection, connection.makefile("rb") as answer:
        # Read to the end: the service closes the connection, or the rest of the body would count as a new request.
        head, _, content = answer.read().partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408 ")
    shape.validate(json.loads(content))
    assert json.loads(content)["error"]["code"] == "body_timeout"
    assert TEXT.encode() not in content


def test_clients_that_go_away_harm_nobody(keyed: Keyed, client: httpx.Client, body: Json) -> None:
    for _ in range(20):
        half_sent(keyed).close()
    assert client.post("/score", json=body).status_code == 200
    assert client.get("/readyz").status_code == 200
