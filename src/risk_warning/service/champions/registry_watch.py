"""The registry watch: a separate process that reports which models the aliases name, and fetches them.

    python -m risk_warning.service.champions.registry_watch models:/risk_warning@champion SECONDS

MLflow takes seconds to import and blocks other threads while it queries its database; in a process of its own it blocks
nothing. After each change the process prints a line of JSON: `{"champion": FOLDER, "challenger": FOLDER or null}`, or
`{"problem": TEXT}` while the registry cannot be queried. It ends when its standard input ends.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from dataclasses import replace

from risk_warning.errors import RiskWarningError
from risk_warning.registry.connection import registry
from risk_warning.registry.reference import Reference
from risk_warning.registry.registry import kept, numbers
from risk_warning.settings import Settings, load_settings

CHALLENGER = "challenger"


def watch(name: str, seconds: float, settings: Settings) -> None:
    """Print a line for each change, without ever returning."""
    reference = Reference.of(name)
    assert reference is not None
    said = None
    while True:
        try:
            line = _look(reference, settings)
        except RiskWarningError as error:
            line = {"problem": str(error)}
        if line != said:
            print(json.dumps(line), flush=True)
            said = line
        time.sleep(seconds)


def _look(reference: Reference, settings: Settings) -> dict[str, str | None]:
    with registry(settings) as client:
        champion = kept(client, reference, settings)
        challenger = None
        known = numbers(client, reference.registered)
        if CHALLENGER in known and known[CHALLENGER] != known.get(reference.alias, reference.alias):
            challenger = kept(client, replace(reference, alias=known[CHALLENGER]), settings)
    return {"champion": str(champion), "challenger": None if challenger is None else str(challenger)}


def _end_with_input() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    # The process ends with its input; it ignores signals that are sent to the whole process group.
    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, signal.SIG_IGN)
    threading.Thread(target=_end_with_input, daemon=True).start()
    watch(sys.argv[1], float(sys.argv[2]), load_settings())
