"""Parallel work: run independent pieces of work in threads, one per core.

LightGBM on two threads waits at barriers for as long as another process occupies a core. Two fits on one thread each
do not, and a fit on one thread gives the same files for the same seed.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
_within = threading.local()


def take_turns() -> None:
    """Make `at_once` work sequentially in this thread, because the thread is already one of several."""
    _within.pool = True


def at_once(work: Sequence[Callable[[], T]], threads_each: int = 1) -> list[T]:
    """Run the pieces of work in parallel and return their results in order; nested calls run sequentially."""
    workers = min(len(work), max(1, (os.cpu_count() or 1) // threads_each))
    if workers <= 1 or getattr(_within, "pool", False):
        return [one() for one in work]

    with ThreadPoolExecutor(workers, initializer=take_turns) as pool:
        return [future.result() for future in [pool.submit(one) for one in work]]
