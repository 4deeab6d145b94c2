"""Draining: on shutdown the service answers the clients that are already connected, and leaves no client waiting.

On SIGTERM it reports that it is not ready, so that a load balancer sends requests elsewhere, and every answer closes
its connection. After `drain_seconds` the listening socket is shut. This also shuts it for the supervising process,
which would otherwise go on accepting connections that nobody serves. Then the server stops as usual.
"""

from __future__ import annotations

import asyncio
import logging
import os
import select
import signal
import socket
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

from risk_warning.service.process import ServingProcess

Handler = Callable[[int, FrameType | None], Any] | int | None
_log = logging.getLogger(__name__)


def drain_on_sigterm(process: ServingProcess, seconds: float) -> None:
    """Make SIGTERM drain the service first, and then do what it did before.

    A second SIGTERM does not shorten this: systemd sends one to each process of a unit, and the supervising process
    then passes its own on.
    """
    loop, usual = asyncio.get_running_loop(), signal.getsignal(signal.SIGTERM)

    def begin(signum: int, _frame: FrameType | None) -> None:
        if process.is_draining:
            return
        process.is_draining = True
        _log.warning("stopping: answering for %g s more", seconds)
        loop.call_soon_threadsafe(loop.call_later, seconds, shut, signum)

    def shut(signum: int) -> None:
        doors = _listening()
        if doors and select.select(doors, [], [], 0)[0]:
            # A client waits to be accepted; shutting the socket now would break its connection.
            loop.call_later(_AGAIN_SECONDS, shut, signum)
        else:
            for door in doors:
                with suppress(OSError):
                    door.shutdown(socket.SHUT_RDWR)
            # Connections accepted at the last moment are still read before the server closes.
            loop.call_later(_LAST_SECONDS, _finish, usual, signum, None)
        for door in doors:
            door.close()

    # Only the main thread may set a handler; in any other thread, the surrounding program handles signals.
    with suppress(ValueError):
        signal.signal(signal.SIGTERM, begin)


_LAST_SECONDS = 0.1
_AGAIN_SECONDS = 0.001


def _listening() -> list[socket.socket]:
    """Return copies of the sockets on which this process accepts connections, no matter which code opened them."""
    listeners = []
    opened = Path("/proc/self/fd")
    for entry in opened.iterdir() if opened.is_dir() else ():
        with suppress(OSError):
            copy = os.dup(int(entry.name))
            if stat.S_ISSOCK(os.fstat(copy).st_mode):
                candidate = socket.socket(fileno=copy)
                if candidate.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                    listeners.append(candidate)
                else:
                    candidate.close()
            else:
                os.close(copy)
    return listeners


def _finish(usual: Handler, signum: int, frame: FrameType | None) -> None:
    if callable(usual):
        usual(signum, frame)
