"""Background tasks: whatever happens to one, it goes on; it is logged, counted and named until it works again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import pytest

from risk_warning.errors import ModelError
from risk_warning.service.metrics import Metrics
from risk_warning.service.supervised import Supervised


def test_a_step_that_fails_is_tried_again_until_it_succeeds(caplog: pytest.LogCaptureFixture) -> None:
    outcomes = [None, OverflowError("a value"), OverflowError("another value"), ModelError("No model."), None]
    states: list[str] = []

    async def run() -> None:
        supervised, done = Supervised(metrics := Metrics(())), asyncio.Event()

        async def step() -> None:
            states.append(supervised.states["champion"])
            if not outcomes:
                done.set()
            elif (outcome := outcomes.pop(0)) is not None:
                raise outcome

        supervised.every(0.001, "champion", step)
        async with asyncio.timeout(10):
            await done.wait()
        await supervised.stop()
        assert b'task_failures_total{task="champion"} 3.0' in metrics.text()

    with caplog.at_level(logging.WARNING):
        asyncio.run(run())
    assert states[:6] == ["running", "running", "failing", "failing", "failing", "running"]
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 3 and "a value" not in caplog.text
    assert said[0].startswith("champion fails and is tried again: OverflowError at test_supervised.py:")
    assert said[1:] == ["champion fails and is tried again: No model.", "champion works again"]


def test_work_that_ends_is_started_again() -> None:
    starts: list[str] = []

    async def run() -> None:
        supervised, done = Supervised(Metrics(())), asyncio.Event()

        async def work(works: Callable[[], None]) -> None:
            starts.append(supervised.states["registry"])
            if len(starts) == 3:
                works()
                done.set()
                await asyncio.sleep(60)
            if len(starts) == 2:
                raise OSError

        supervised.run(0.001, "registry", work)
        async with asyncio.timeout(10):
            await done.wait()
        assert supervised.states == {"registry": "running"}
        await supervised.stop()

    asyncio.run(run())
    assert starts == ["running", "failing", "failing"]
