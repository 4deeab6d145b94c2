"""Connections that say nothing, or a byte at a time, keep nobody else from an answer."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx
import pytest
from bodies import Json
from counts import count
from lender import Lender
from served import served

from risk_warning.service.connections import HEAD_SECONDS


@pytest.mark.slow
def test_silent_and_dripping_connections_are_closed_and_others_are_answered(
    lender: Lender, body: Json, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    n_silent, n_dripping = count(1_000), count(200)
    with (
        served(lender, tmp_path / "home", service__max_connections=str(max(20, n_silent // 2))) as keyed,
        keyed.client("scorer") as client,
        ExitStack() as stack,
    ):

        def opened() -> socket.socket:
            return stack.enter_context(socket.create_connection(("127.0.0.1", keyed.server.port), timeout=5))

        began = time.monotonic()
        silent = [opened() for _ in range(n_silent)]
        dripping = [opened() for _ in range(n_dripping)]
        sent, seconds = 0, []
        while time.monotonic() - began < HEAD_SECONDS + 4:
            for one in dripping:
                with suppress(OSError):  # closed by the service, as it should be
                    one.send(b"GET / HTTP/1.1\r\nx-a: b\r\n"[sent % 24 : sent % 24 + 1])
            sent += 1
            start = time.monotonic()
            assert client.post("/score", json=body).status_code == 200
            seconds.append(time.monotonic() - start)
            time.sleep(0.2)
        ended = select.poll()
        for one in (*silent, *dripping):
            ended.register(one, select.POLLIN)
        assert len(ended.poll(0)) == n_silent + n_dripping
        with keyed.client(None) as late:
            assert late.get("/readyz").status_code == 200
    seconds.sort()
    record_property(
        "silent and dripping sockets",
        f"{n_silent:,} and {n_dripping:,}; {len(seconds)} others answered, slowest in {1000 * seconds[-1]:.0f} ms",
    )


def test_a_target_that_is_no_ascii_is_a_bad_request(client: httpx.Client) -> None:
    address = (client.base_url.host, client.base_url.port)
    for target in (b"/\xe4", b"/score?\xff\xfe", b"/%ff%fe", b"/" + b"a" * 100_000):
        with socket.create_connection(address, timeout=10) as raw:
            raw.sendall(b"GET " + target + b" HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
            status = raw.recv(1_000).split(b" ")[1]
        assert status in (b"400", b"401"), target
    assert client.get("/readyz").status_code == 200


def test_an_upgrade_to_another_protocol_is_answered_as_http(client: httpx.Client) -> None:
    headers = {"connection": "upgrade", "upgrade": "websocket", "sec-websocket-key": "x" * 24}
    assert client.get("/model", headers=headers).status_code == 200
