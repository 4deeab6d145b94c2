"""Every route, for every role, with hostile headers: an answer or a refusal, never an error of the service."""

from __future__ import annotations

import base64

import httpx
import pytest
from bodies import Json
from routes import ELSEWHERE, HEALTH, MAY
from served import SENTINEL_TEXT, Keyed

from risk_warning.audit.api_keys import ROLES

BYTES = bytes(range(0x80, 0x100))
HOSTILE: dict[str, dict[str, bytes]] = {
    "basic, no ASCII": {"authorization": "Basic äö".encode("latin-1")},
    "basic, no text": {"authorization": b"Basic " + base64.b64encode(BYTES)},
    "basic, long": {"authorization": b"Basic " + b"A" * 20_000},
    "bearer, bytes": {"authorization": b"Bearer " + BYTES},
    "bearer, long": {"authorization": b"Bearer " + b"rw_" * 5_000},
    "an unknown scheme": {"authorization": b"Negotiate " + BYTES},
    "a key of bytes": {"x-api-key": BYTES},
    "a key like one": {"x-api-key": b"rw_00000000_" + b"A" * 43},
    "a host of bytes": {"host": BYTES},
    "a host elsewhere": {"host": b"evil.example:99999999"},
    "a host in brackets": {"host": b"[::1"},
    "forwarded": {"x-forwarded-for": b"127.0.0.1, ::1", "forwarded": b'for="[::1]"'},
    "a type of bytes": {"content-type": BYTES},
    "a type that is long": {"content-type": b"application/json;" + b"a" * 20_000},
    "another charset": {"content-type": b"application/json; charset=utf-16"},
    "an encoding": {"content-encoding": b"gzip", "accept-encoding": b"\x80"},
    "an idempotency key of bytes": {"idempotency-key": BYTES},
    "an idempotency key that is long": {"idempotency-key": b"k" * 20_000},
    "a request id": {"x-request-id": SENTINEL_TEXT.encode() + BYTES},
    "an override": {"x-http-method-override": b"DELETE", "x-original-url": b"/metrics", "x-rewrite-url": b"/metrics"},
    "cookies": {"cookie": b"x-api-key=" + b"a=b;" * 2_000},
    "ranges": {"range": b"bytes=0-,1-,2-", "if-range": BYTES, "if-none-match": BYTES},
    "a trace": {"traceparent": BYTES, "baggage": b"a=" + BYTES},
    "an expectation": {"expect": b"tea"},
    "many": {f"x-{n}": BYTES[:20] for n in range(90)},
}
ROUTES = [*MAY, *(("GET", path) for path in HEALTH), *ELSEWHERE]


@pytest.mark.parametrize("headers", HOSTILE.values(), ids=HOSTILE)
def test_no_header_makes_an_error(keyed: Keyed, body: Json, headers: dict[str, bytes]) -> None:
    with keyed.client(None) as client:
        for role in (None, *ROLES):
            own = {} if role is None or "x-api-key" in headers else {"x-api-key": keyed.keys[role].encode()}
            for method, path in ROUTES:
                request = answer_request(client, method, path, body, {**own, **headers})
                answer = client.send(request)
                place = f"{method} {path} as {role}: {answer.status_code}"
                assert answer.status_code < 500, place
                if answer.status_code == 200 and path not in HEALTH:
                    assert own, place
                    assert role in MAY.get((method, path), role or ""), place
                assert SENTINEL_TEXT not in answer.text, place


def answer_request(
    client: httpx.Client, method: str, path: str, body: Json, headers: dict[str, bytes]
) -> httpx.Request:
    """Return a request with these headers in place of the client's own."""
    content: Json | None = None
    if method == "POST":
        content = {"borrowers": [body]} if path == "/score_batch" else body
        if path == "/score_by_id":
            content = {name: body[name] for name in ("borrower_id", "as_of_date")}
    return client.build_request(
        method, path, headers=[(name.encode(), value) for name, value in headers.items()], json=content
    )
