"""At once: independent pieces of work side by side, one a core.

LightGBM on two threads waits at barriers, for as long as another process holds a core; two fits on a thread each do
not, and a fit on one thread gives the same files for the same seed.
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
    """Have this thread do in turn what would be done at once: it is one of several already."""
    _within.pool = True


def at_once(work: Sequence[Callable[[], T]], threads_each: int = 1) -> list[T]:
    """What each piece of work gives, in its order; work that is itself done at once does its own parts in turn."""
    workers = min(len(work), max(1, (os.cpu_count() or 1) // threads_each))
    if workers <= 1 or getattr(_within, "pool", False):
        return [one() for one in work]

    with ThreadPoolExecutor(workers, initializer=take_turns) as pool:
        return [future.result() for future in [pool.submit(one) for one in work]]
