"""Publishing: what a run leaves, at once or not at all.

`OUT/as_of=D/` holds `scores/*.parquet`, `features.parquet` (a sample's), `quarantine/`, `run.json` with counts and
digests, and `timings.json` with durations, apart, so that the same inputs give the same bytes everywhere else.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from risk_warning.errors import OutputError


@contextmanager
def publishing(out: Path, as_of_date: date) -> Iterator[Path]:
    """A folder to fill, which becomes `out/as_of=D` when the `with` ends well, and is gone when it does not.

    Raises
    ------
    OutputError
        The folder cannot be written.
    """
    target = out / f"as_of={as_of_date}"
    try:
        out.mkdir(parents=True, exist_ok=True)
        # What a killed run left behind is nobody's.
        for left in out.glob(f".as_of={as_of_date}-*"):
            shutil.rmtree(left)
        with tempfile.TemporaryDirectory(dir=out, prefix=f".as_of={as_of_date}-") as unfinished:
            run = Path(unfinished) / "run"
            run.mkdir()
            yield run
            if target.exists():
                target.rename(Path(unfinished) / "replaced")
            run.rename(target)
    except OSError as error:
        raise OutputError(f"{out} cannot be written ({error.strerror}); free it or name another with --out.") from None


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Nothing comes back; writes the content as JSON with sorted keys."""
    path.write_text(json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")


@contextmanager
def timed(timings: dict[str, float], stage: str) -> Iterator[None]:
    """Adds the seconds spent in the `with` to the stage."""
    start = time.perf_counter()
    try:
        yield
    finally:
        timings[stage] = timings.get(stage, 0.0) + time.perf_counter() - start
