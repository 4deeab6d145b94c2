"""Waiting for what another process or thread does."""

from __future__ import annotations

import time
from collections.abc import Callable

SECONDS_BETWEEN_LOOKS = 0.1


def wait_until(condition: Callable[[], bool], *, seconds: float) -> None:
    """Return once the condition holds; fail if it does not within so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds:g} s"
        time.sleep(SECONDS_BETWEEN_LOOKS)
