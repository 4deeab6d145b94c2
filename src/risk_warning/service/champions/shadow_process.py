"""The challenger's process: scores the requests it receives, and stores the scores beside the champion's.

    python -m risk_warning.service.champions.shadow_process MODEL_FOLDER

Its standard input has, for each request, a line `REQUEST_ID ROUTE BYTES` and then that many bytes of inputs. On SQLite
it writes to a database of its own, `shadow.db` under home, because a second writer would delay the audit.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
from pathlib import Path

from sqlalchemy import insert

from risk_warning.audit.events import stamp
from risk_warning.database.connection import open_engine
from risk_warning.database.service_tables import shadow_scores
from risk_warning.errors import RiskWarningError
from risk_warning.review.one_borrower import examine
from risk_warning.review.what_if import outcome_of
from risk_warning.service.champions.served import Served, serve
from risk_warning.service.wire.inputs import questions_in
from risk_warning.settings import Settings, load_settings

_LOWEST_PRIORITY = 19
_log = logging.getLogger(__name__)


def shadow_database(settings: Settings) -> str:
    """Return the URL of the database that stores the challenger's scores."""
    url = settings.database_url
    return f"sqlite:///{settings.home / 'shadow.db'}" if url.startswith("sqlite") else url


def scores_of(request_id: str, route: str, inputs: str, served: Served, settings: Settings) -> list[dict[str, object]]:
    """Return the challenger's scores of a request, one row per borrower whose rows can be used."""
    rows: list[dict[str, object]] = []
    for item, question in questions_in(route, inputs, settings.book):
        try:
            examined = examine(question, served.model, served.policy, settings.book)
        except RiskWarningError:
            continue
        outcome = outcome_of(examined.scored, 0, served.policy)
        rows.append(
            {
                "request_id": request_id,
                "item": item,
                "model_version": served.model.version,
                "pd": outcome.pd,
                "score": outcome.score,
                "band": outcome.band,
                "not_scored": outcome.not_scored,
                "at": stamp(),
            }
        )
    return rows


def main(folder: str) -> None:
    """Score requests until the standard input ends."""
    os.nice(_LOWEST_PRIORITY)
    settings = load_settings()
    served = serve(Path(folder), folder, settings)
    engine = open_engine(shadow_database(settings))
    stdin = sys.stdin.buffer
    while line := stdin.readline():
        request_id, route, size = line.decode().split()
        inputs = stdin.read(int(size)).decode()
        try:
            rows = scores_of(request_id, route, inputs, served, settings)
            if rows:
                with engine.begin() as connection:
                    connection.execute(insert(shadow_scores), rows)
        except Exception as error:
            # Go on with the next request. Log only the error's type: its message may contain a borrower's values.
            _log.error("request %s was not shadowed: %s", request_id, type(error).__name__)


if __name__ == "__main__":
    # The process ends with its input; it ignores signals that are sent to the whole process group.
    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, signal.SIG_IGN)
    main(sys.argv[1])
