"""An open-loop load: each request is due at a fixed time, whether or not earlier requests were answered.

Latency is measured from the time a request is due, so it includes the wait for a free connection. Tools that give every
connection a quota per second (`autocannon -R`) wait for an answer before they send the next request: against a server
that falls behind, they send fewer requests and report the rest as fast.
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
"""Time after the last due time in which late requests may still be sent."""
_UNSENT = "unsent"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
_CLOSE = re.compile(rb"\r\nconnection: *close\r\n", re.IGNORECASE)


@dataclass(frozen=True)
class Offered:
    """The results of a load."""

    latencies_ms: np.ndarray
    """Time from when a request is due until its answer is complete or the load gives it up, for every request."""
    errors: dict[str, int]
    """Kind → number of requests: `status 429`, `timeout`, `connection`, `answer` (200, but the content is wrong)."""
    unsent: int
    """Number of requests that were never sent, because the server was too far behind."""
    late_ms: float
    """99th percentile of the load's own delay: from due time to wake-up, for the requests it had to wait for."""

    def percentile(self, q: float) -> float:
        """Return a percentile of the latencies in ms."""
        return float(np.percentile(self.latencies_ms, q))


def offer(
    port: int, requests: Sequence[bytes], holds: bytes, *, rate: float, seconds: float, connections: int
) -> Offered:
    """Send `rate` requests per second, evenly spaced, over kept-alive connections to loopback; return the results.

    `requests` are whole HTTP requests, sent in turn; `holds` is a pattern that every 200 answer must match.
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
    """Return a whole HTTP request with a JSON body."""
    lines = [f"POST {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Content-Type: application/json"]
    lines += [f"Content-Length: {len(body)}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


def answered(port: int, sent: bytes, holds: bytes) -> bool:
    """Send the request once; return whether the server gives the expected answer."""
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
    """Send a request; return (connection, or None if the server closes it; problem with the answer, or None)."""
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
