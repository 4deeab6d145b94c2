"""An open-loop load: each request is due at its moment, whether or not those before it were answered.

Latency counts from the moment a request was due, so that waiting for a free connection counts. Tools that give every
connection a quota a second (`autocannon -R`) wait for an answer before they send the next request: against a server
that falls behind they send fewer requests and report the rest as quick.
"""

from __future__ import annotations

import itertools
import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

TIMEOUT_SECONDS = 10.0
_GRACE_SECONDS = 10.0
"""Time after the last request was due in which late ones may still be sent."""
_UNSENT = "unsent"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
_CLOSE = re.compile(rb"\r\nconnection: *close\r\n", re.IGNORECASE)


@dataclass(frozen=True)
class Offered:
    """What became of a load."""

    latencies_ms: np.ndarray
    """From due to answered in full, or to given up; of every request."""
    errors: dict[str, int]
    """Kind → requests: `status 429`, `timeout`, `connection`, `answer` (200, but not what was asked for)."""
    unsent: int
    """Requests that were never sent, because the server was too far behind."""
    late_ms: float
    """99th percentile of how long after its due moment the load itself woke up for a request it had time for."""

    def percentile(self, q: float) -> float:
        """Percentile of the latencies, ms."""
        return float(np.percentile(self.latencies_ms, q))


def offer(
    port: int, requests: Sequence[bytes], holds: bytes, *, rate: float, seconds: float, connections: int
) -> Offered:
    """What became of `rate` requests a second, evenly spaced, sent in turn over kept-alive connections to loopback.

    `requests` are whole HTTP requests; `holds` is a pattern every 200 answer must match.
    """
    count = round(rate * seconds)
    latencies, late = np.full(count, np.nan), np.full(count, np.nan)
    errors: Counter[str] = Counter()
    answer, numbers, lock = re.compile(holds, re.DOTALL), itertools.count(), threading.Lock()
    start = time.perf_counter() + 0.1

    def work() -> None:
        connection = None
        while True:
            with lock:
                i = next(numbers)
            if i >= count:
                break
            due = start + i / rate
            wait = due - time.perf_counter()
            if wait > 0:
                time.sleep(wait)
                late[i] = time.perf_counter() - due
            problem = None
            if time.perf_counter() > start + seconds + _GRACE_SECONDS:
                problem = _UNSENT
            else:
                try:
                    connection = connection or _connect(port)
                    connection, problem = _ask(connection, requests[i % len(requests)], answer)
                except TimeoutError:
                    connection, problem = None, "timeout"
                except OSError:
                    connection, problem = None, "connection"
            latencies[i] = time.perf_counter() - due
            if problem is not None:
                with lock:
                    errors[problem] += 1
        if connection is not None:
            connection.close()

    threads = [threading.Thread(target=work, daemon=True) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    known = late[~np.isnan(late)]
    unsent = errors.pop(_UNSENT, 0)
    return Offered(
        latencies * 1e3, dict(errors), unsent, float(np.percentile(known, 99)) * 1e3 if len(known) else np.nan
    )


def request(port: int, path: str, body: bytes, headers: dict[str, str]) -> bytes:
    """A whole HTTP request with a JSON body."""
    lines = [f"POST {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Content-Type: application/json"]
    lines += [f"Content-Length: {len(body)}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


def answered(port: int, sent: bytes, holds: bytes) -> bool:
    """Whether the server gives this request the answer it should, asked once."""
    try:
        with _connect(port) as connection:
            return _ask(connection, sent, re.compile(holds, re.DOTALL))[1] is None
    except OSError:
        return False


def _connect(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), TIMEOUT_SECONDS)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _ask(connection: socket.socket, sent: bytes, answer: re.Pattern[bytes]) -> tuple[socket.socket | None, str | None]:
    """(the connection, None where the server closes it; what was wrong with the answer)."""
    connection.sendall(sent)
    got = b""
    while (end := got.find(b"\r\n\r\n")) < 0:
        got += _more(connection)
    head = got[: end + 2]
    length = _LENGTH.search(head)
    if length is None:
        raise ConnectionError("an answer without its length")
    size = end + 4 + int(length[1])
    while len(got) < size:
        got += _more(connection)
    status = head[9:12]
    problem = None
    if status != b"200":
        problem = f"status {status.decode()}"
    elif not answer.search(got, end):
        problem = "answer"
    if _CLOSE.search(head):
        connection.close()
        return None, problem
    return connection, problem


def _more(connection: socket.socket) -> bytes:
    got = connection.recv(65_536)
    if not got:
        raise ConnectionError("the server closed the connection")
    return got
