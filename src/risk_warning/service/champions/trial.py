"""The trial: a new model is loaded and scores in a process of its own before it may answer.

    python -m risk_warning.service.champions.trial MODEL_FOLDER

What ends that process, such as trees that LightGBM does not survive, then ends no service.
"""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import suppress
from pathlib import Path

from risk_warning.errors import ModelError, RiskWarningError
from risk_warning.service.champions.served import serve
from risk_warning.settings import load_settings
from risk_warning.shown import visible

_SECONDS = 60.0
_LOWEST_PRIORITY = 19
_MOST_CHARACTERS = 500


async def try_out(folder: Path) -> None:
    """Load the model in the folder in another process.

    Raises
    ------
    ModelError
        The process refused the model, died, or took longer than a minute.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", __name__, str(folder), stdin=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(_SECONDS):
            _, said = await process.communicate()
    except TimeoutError:
        raise ModelError(f"The model in {folder} was not ready within {_SECONDS:.0f} s; it is not used.") from None
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode:
        last = visible(said.decode(errors="replace").strip().rpartition("\n")[2][:_MOST_CHARACTERS])
        ended = f"ended its trial with signal {-process.returncode}" if process.returncode < 0 else "failed its trial"
        raise ModelError(f"The model in {folder} {ended}; it is not used. {last}".rstrip())


def main(folder: str) -> int:
    """Load the model and score; return the exit code, after the error as one sentence."""
    os.nice(_LOWEST_PRIORITY)
    try:
        serve(Path(folder), folder, load_settings())
    except RiskWarningError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
