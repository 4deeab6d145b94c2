"""The background tasks of a serving process: none of them ends, whatever happens to it.

A task that fails is logged, counted, tried again, and named by `/readyz` until it succeeds.
"""

from __future__ import annotations

import asyncio
import logging
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

from risk_warning.errors import RiskWarningError
from risk_warning.service.metrics import Metrics

_LONGEST_PAUSE_SECONDS = 30.0
_LASTED_SECONDS = 60.0
"""A task that ran for so long is started again at once."""
_log = logging.getLogger(__name__)


class Supervised:
    """The background tasks, by name."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._problems: dict[str, str] = {}

    @property
    def states(self) -> Mapping[str, str]:
        """Task → "running" or "failing"."""
        return {name: "failing" if name in self._problems else "running" for name in self._tasks}

    def every(self, seconds: float, name: str, step: Callable[[], Awaitable[None]]) -> None:
        """Await `step` again and again, with a pause before each time; after failures the pause grows to 30 s."""

        async def steps() -> None:
            pause = seconds
            while True:
                await asyncio.sleep(pause)
                try:
                    await step()
                except Exception as error:  # whatever it is: nothing may end the task
                    self._failed(name, error)
                    pause = min(2 * pause, max(seconds, _LONGEST_PAUSE_SECONDS))
                else:
                    self._succeeded(name)
                    pause = seconds

        self._tasks[name] = asyncio.create_task(steps(), name=name)

    def run(self, seconds: float, name: str, work: Callable[[Callable[[], None]], Awaitable[None]]) -> None:
        """Await `work`, which does not end by itself; start it again after `seconds`, and later ones, if it does.

        It calls the function it is given once it works.
        """

        async def works() -> None:
            pause = seconds
            while True:
                started = time.monotonic()
                try:
                    await work(lambda: self._succeeded(name))
                    raise RuntimeError("ended")
                except Exception as error:  # as above
                    self._failed(name, error)
                lasted = time.monotonic() - started > _LASTED_SECONDS
                pause = seconds if lasted else min(2 * pause, max(seconds, _LONGEST_PAUSE_SECONDS))
                await asyncio.sleep(pause)

        self._tasks[name] = asyncio.create_task(works(), name=name)

    async def stop(self) -> None:
        """Cancel all tasks and wait for their ends."""
        for task in self._tasks.values():
            task.cancel()
        for task in self._tasks.values():
            with suppress(asyncio.CancelledError):
                await task

    def _failed(self, name: str, error: Exception) -> None:
        self._metrics.task_failed(name)
        problem = _in_words(error)
        if self._problems.get(name) != problem:
            self._problems[name] = problem
            _log.error("%s fails and is tried again: %s", name, problem)

    def _succeeded(self, name: str) -> None:
        if self._problems.pop(name, None) is not None:
            _log.warning("%s works again", name)


def _in_words(error: Exception) -> str:
    """Return an error without values: the sentence of one of ours, else its type and place."""
    if isinstance(error, RiskWarningError):
        return str(error)
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"
