"""Connections: how many there may be, and how long one may be open without a request.

Nobody needs a key to open a connection, and each holds a file of the process. So a request's head must arrive within
some seconds; at the limit, whoever has the most connections loses the one that has waited longest. The server reads
the protocol's class from uvicorn's table of protocols.
"""

from __future__ import annotations

import asyncio
import logging
import resource
import time
from collections import Counter
from typing import Any, cast

import uvicorn.config
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 10.0
"""Time for the head of a request, from the opening of the connection or from the answer before, seconds."""
STALLED_SECONDS = 30.0
"""Time for which a client may leave an answer unread, seconds."""
_OTHER_FILES = 128
"""Files of the process that are not connections: the database, libraries, pipes to its children."""
_SWEEP_SECONDS = 1.0
_log = logging.getLogger(__name__)


class Connections:
    """The open connections of this process."""

    def __init__(self) -> None:
        self.most = 1_000
        self._open: set[BoundedProtocol] = set()
        self._waiting: dict[BoundedProtocol, float] = {}
        """Connection without a whole request → since when; the longest wait comes first."""
        self._stalled: dict[BoundedProtocol, float] = {}
        self._by_host: Counter[str] = Counter()
        self._sweeper: asyncio.TimerHandle | None = None
        self._told = float("-inf")

    def bound(self, most: int) -> None:
        """Let there be `most` connections, or fewer if the process may not open so many files."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = most + _OTHER_FILES
        if soft != resource.RLIM_INFINITY and soft < wanted:
            soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            if soft < wanted:
                most = max(soft - _OTHER_FILES, soft // 2)
                _log.warning("the process may open %d files, so that %d connections are the most", soft, most)
        self.most = most

    def opened(self, connection: BoundedProtocol) -> None:
        """Take note of a new connection; at the limit close another one, or this one if all others have requests."""
        if len(self._open) >= self.most:
            self._make_room()
        self._open.add(connection)
        self._by_host[connection.host] += 1
        self.waits(connection)
        if len(self._open) > self.most:
            self._drop(connection)
        if self._sweeper is None:
            self._sweep()

    def closed(self, connection: BoundedProtocol) -> None:
        """Forget a connection."""
        if connection not in self._open:
            return
        self._open.remove(connection)
        self.answers(connection)
        self.flows(connection)
        self._by_host[connection.host] -= 1
        if not self._by_host[connection.host]:
            del self._by_host[connection.host]

    def waits(self, connection: BoundedProtocol) -> None:
        """Take note that the connection has no whole request, unless that is known."""
        if connection in self._open:
            self._waiting.setdefault(connection, time.monotonic())

    def answers(self, connection: BoundedProtocol) -> None:
        """Take note that a request has arrived."""
        self._waiting.pop(connection, None)

    def stalls(self, connection: BoundedProtocol) -> None:
        """Take note that the client leaves an answer unread."""
        if connection in self._open:
            self._stalled.setdefault(connection, time.monotonic())

    def flows(self, connection: BoundedProtocol) -> None:
        """Take note that the client reads."""
        self._stalled.pop(connection, None)

    def _make_room(self) -> None:
        """Close the longest-waiting connection of whoever has the most."""
        now = time.monotonic()
        if now - self._told > STALLED_SECONDS:
            self._told = now
            _log.warning("%d connections are open, the most there may be; idle ones are closed", self.most)
        crowd = max(self._by_host, key=lambda host: self._by_host[host])
        candidates = (one for one in self._waiting if one.host == crowd)
        longest = next(candidates, next(iter(self._waiting), None))
        if longest is not None:
            self._drop(longest)

    def _drop(self, connection: BoundedProtocol) -> None:
        """Close a connection and forget it at once; the server hears of it later."""
        connection.transport.abort()
        self.closed(connection)

    def _sweep(self) -> None:
        now = time.monotonic()
        for connections, seconds in ((self._waiting, HEAD_SECONDS), (self._stalled, STALLED_SECONDS)):
            for connection in [one for one, since in connections.items() if now - since > seconds]:
                self._drop(connection)
        is_needed = bool(self._open)
        self._sweeper = asyncio.get_running_loop().call_later(_SWEEP_SECONDS, self._sweep) if is_needed else None


CONNECTIONS = Connections()


class BoundedProtocol(H11Protocol):
    """The server's protocol for HTTP, with the limits of `CONNECTIONS`."""

    host = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin a connection."""
        super().connection_made(cast(asyncio.Transport, transport))
        self.host = self.client[0] if self.client else ""
        CONNECTIONS.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """End a connection."""
        CONNECTIONS.closed(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read a part of a request; close the connection on a target that is not ASCII."""
        try:
            super().data_received(data)
        except UnicodeDecodeError:
            self.send_400_response("Invalid HTTP request received.")
        self._note()

    def on_response_complete(self) -> None:
        """Go on to the next request of the connection."""
        super().on_response_complete()
        self._note()

    def pause_writing(self) -> None:
        """Stop writing: the client does not read."""
        CONNECTIONS.stalls(self)
        super().pause_writing()

    def resume_writing(self) -> None:
        """Go on writing."""
        CONNECTIONS.flows(self)
        super().resume_writing()

    def _should_upgrade(self) -> bool:
        """Never: another protocol would take the connection over, without limits."""
        return False

    def _note(self) -> None:
        cycle: Any = self.cycle
        if cycle is None or cycle.response_complete:
            CONNECTIONS.waits(self)
        else:
            CONNECTIONS.answers(self)


def install() -> None:
    """Let every server of this process use the protocol."""
    uvicorn.config.HTTP_PROTOCOLS["auto"] = f"{__name__}:{BoundedProtocol.__name__}"
