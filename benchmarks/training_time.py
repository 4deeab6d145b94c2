"""Wall and processor seconds of `risk-warning train` before and after a change, with and without a busy neighbour.

    python benchmarks/training_time.py OTHER [--borrowers 300 3000 50000] [--months 30]

OTHER is another checkout with its `.venv`, the "before"; its simulator makes the books. A busy neighbour is one process
per core in an endless loop. The two checkouts take turns on each book.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parents[1]


def spin() -> None:
    while True:
        pass


@contextmanager
def neighbour(busy: bool) -> Iterator[None]:
    beside = [multiprocessing.Process(target=spin, daemon=True) for _ in range(os.cpu_count() or 1) if busy]
    for process in beside:
        process.start()
    yield
    for process in beside:
        process.kill()
        process.join()


def run(checkout: Path, *arguments: str) -> tuple[int, float, float]:
    """Run a verb of a checkout; return (exit code, wall seconds, processor seconds)."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    command = [str(checkout / ".venv" / "bin" / "risk-warning"), *arguments]
    done = subprocess.run(command, capture_output=True, check=False)
    wall, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return done.returncode, wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main(other: Path, sizes: list[int], months: int) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["RISK_WARNING_HOME"] = f"{scratch}/home"
        for size in sizes:
            book = f"{scratch}/{size}"
            run(other, "simulate", "--borrowers", str(size), "--months", str(months), "--seed", "1", "--out", book)
            for busy in (False, True):
                for name, checkout in (("before", other), ("after", HERE)):
                    with neighbour(busy):
                        code, wall, cpu = run(checkout, "train", book)
                    print(
                        f"{size:,} borrowers, {'busy' if busy else 'quiet'}, {name}: exit {code}, {wall:.1f} s, "
                        f"{cpu:.1f} s of processor",
                        flush=True,
                    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("other", type=Path)
    parser.add_argument("--borrowers", type=int, nargs="+", default=[300, 3_000, 50_000])
    parser.add_argument("--months", type=int, default=30)
    given = parser.parse_args()
    main(given.other.resolve(), given.borrowers, given.months)
