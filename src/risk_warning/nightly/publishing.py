"""Publishing: the files of a run appear all at once or not at all.

`OUT/as_of=D/` holds `scores/*.parquet`, `features.parquet` (of a sample), `quarantine/`, `run.json` with counts and
digests, and `timings.json` with durations. Durations have a file of their own, so that the same inputs give the same
bytes in all other files.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from pydantic_core import to_jsonable_python

from risk_warning.document import Document
from risk_warning.output import whole_folder


@contextmanager
def publishing(out: Path, as_of_date: date) -> Iterator[Path]:
    """Yield a folder to fill; it becomes `out/as_of=D` if the `with` block succeeds, and is deleted if it fails.

    Raises
    ------
    OutputError
        If the folder cannot be written.
    """
    with whole_folder(out / f"as_of={as_of_date}", "--out", replace=True) as folder:
        yield folder


def write_json(path: Path, content: Document | Mapping[str, float]) -> None:
    """Write the content as JSON with sorted keys."""
    plain = to_jsonable_python(content)
    path.write_text(json.dumps(plain, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")


@contextmanager
def timed(timings: dict[str, float], stage: str) -> Iterator[None]:
    """Add the seconds spent in the `with` block to the stage."""
    start = time.perf_counter()
    try:
        yield
    finally:
        timings[stage] = timings.get(stage, 0.0) + time.perf_counter() - start
