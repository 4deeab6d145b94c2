"""Shadow mode: a challenger scores the same requests in a process of its own, and no answer waits for it.

A request is handed over by one write to a pipe. If the pipe is full, the request is dropped and counted. A failure of
the process does not affect the answers.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from contextlib import suppress
from pathlib import Path

from risk_warning.service.metrics import Metrics

MOST_WAITING_BYTES = 16_000_000
_log = logging.getLogger(__name__)


class Shadow:
    """The challenger's process, if there is a challenger."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._process: asyncio.subprocess.Process | None = None
        self._folder: Path | None = None

    @property
    def version(self) -> str | None:
        """Version of the challenger, None without one."""
        return None if self._folder is None else self._folder.name

    async def follow(self, folder: Path | None) -> None:
        """Let the model in this folder be the challenger from now on; None means no challenger."""
        if folder == self._folder and (self._process is None or self._process.returncode is None):
            return
        await self.stop()
        self._folder = folder
        if folder is not None:
            command = (sys.executable, "-m", "risk_warning.service.champions.shadow_process", str(folder))
            try:
                self._process = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.PIPE)
            except OSError as error:
                _log.error("the challenger's process cannot be started: %s", error.strerror)

    def hand_over(self, request_id: str, route: str, inputs: str) -> None:
        """Hand a request to the challenger; never wait and never raise an exception."""
        process = self._process
        if process is None:
            return
        pipe = process.stdin
        fits = (
            pipe is not None
            and process.returncode is None
            and not pipe.is_closing()
            and pipe.transport.get_write_buffer_size() < MOST_WAITING_BYTES
        )
        if fits and pipe is not None:
            content = inputs.encode()
            with suppress(Exception):
                pipe.write(f"{request_id} {route} {len(content)}\n".encode() + content)
        self._metrics.shadowed(handed_over=fits)

    async def stop(self) -> None:
        """End the process, and drop the requests that wait for it."""
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            process.kill()
            await process.wait()
