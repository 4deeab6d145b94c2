"""Draining: a service that is told to stop answers whoever already speaks to it, and asks nobody to wait.

On SIGTERM it says that it is not ready, so that a load balancer turns away; every answer closes its connection; after
`drain_seconds` the listening socket is shut, for the supervising process too, which would otherwise go on taking
connections that nobody serves; then the server stops as it always does.
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

from risk_warning.service.runtime import Runtime

Handler = Callable[[int, FrameType | None], Any] | int | None
_log = logging.getLogger(__name__)


def drain_on_sigterm(runtime: Runtime) -> None:
    """Nothing comes back; from now on SIGTERM drains first, then does what it did before.

    A second SIGTERM cuts nothing short: systemd sends one to each process of a unit, and the supervising process then
    passes its own on.
    """
    loop, usual = asyncio.get_running_loop(), signal.getsignal(signal.SIGTERM)

    def begin(signum: int, _frame: FrameType | None) -> None:
        if runtime.is_draining:
            return
        runtime.is_draining = True
        _log.warning("stopping: answering for %g s more", runtime.settings.service.drain_seconds)
        loop.call_soon_threadsafe(loop.call_later, runtime.settings.service.drain_seconds, shut, signum)

    def shut(signum: int) -> None:
        doors = _listening()
        if doors and select.select(doors, [], [], 0)[0]:
            # Somebody stands at the door: shut now it would be shut in their face.
            loop.call_later(_AGAIN_SECONDS, shut, signum)
        else:
            for door in doors:
                with suppress(OSError):
                    door.shutdown(socket.SHUT_RDWR)
            # What was accepted in this very moment is read before the server closes.
            loop.call_later(_LAST_SECONDS, _finish, usual, signum, None)
        for door in doors:
            door.close()

    # Only a process's main thread may; elsewhere somebody else takes care of signals.
    with suppress(ValueError):
        signal.signal(signal.SIGTERM, begin)


_LAST_SECONDS = 0.1
_AGAIN_SECONDS = 0.001


def _listening() -> list[socket.socket]:
    """Copies of the sockets this process accepts connections on, whoever opened them."""
    found = []
    opened = Path("/proc/self/fd")
    for entry in opened.iterdir() if opened.is_dir() else ():
        with suppress(OSError):
            copy = os.dup(int(entry.name))
            if stat.S_ISSOCK(os.fstat(copy).st_mode):
                candidate = socket.socket(fileno=copy)
                if candidate.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                    found.append(candidate)
                else:
                    candidate.close()
            else:
                os.close(copy)
    return found


def _finish(usual: Handler, signum: int, frame: FrameType | None) -> None:
    if callable(usual):
        usual(signum, frame)
