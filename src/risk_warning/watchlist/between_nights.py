"""Warnings that the service opens between nights, when it scores a borrower below the threshold before the next run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from sqlalchemy import Connection, func, insert, select

from risk_warning.audit.decisions import WrittenDecision
from risk_warning.database.connection import lock
from risk_warning.database.tables import runs, warnings
from risk_warning.watchlist.stored import FIRST_SEEN_COLUMN, FirstSeen

Outcome = Literal["opened", "already_open", "as_of_date_too_old"]
"""The outcome of the service's attempt to open a warning."""


@dataclass(frozen=True)
class WarningToOpen:
    """A warning for a borrower below the threshold, with the answer to store for each outcome.

    Whether the warning is new is known only in the transaction that also stores the answer.
    """

    borrower_id: str
    as_of_date: date
    first_seen: FirstSeen
    answers: Mapping[Outcome, str]

    def settle(self, connection: Connection, request_id: str) -> WrittenDecision:
        """Open the warning if it is new, and return the answer for the outcome."""
        outcome = self._open(connection, request_id)
        return WrittenDecision(self.answers[outcome], outcome)

    def _open(self, connection: Connection, request_id: str) -> Outcome:
        """Open the warning as part of the transaction, unless one is open already or the last run is as of a later day.

        A score as of a day before the last run's is older than what that run decided on, so it opens no warning. The
        next run takes an opened warning over as its own. If a night is being stored, this call waits for it.
        """
        lock(connection, warnings)
        latest = connection.execute(select(func.max(runs.c.as_of_date))).scalar()
        if latest is not None and self.as_of_date < latest:
            return "as_of_date_too_old"
        is_open = (warnings.c.borrower_id == self.borrower_id) & warnings.c.ended_run_id.is_(None)
        if connection.execute(select(warnings.c.id).where(is_open).limit(1)).scalar() is not None:
            return "already_open"
        # As in the nightly run, the next id is the highest id plus one, not a value of the database's own counter.
        newest = connection.execute(select(func.max(warnings.c.id))).scalar() or 0
        connection.execute(
            insert(warnings).values(
                id=newest + 1,
                borrower_id=self.borrower_id,
                opened_request_id=request_id,
                opened_as_of=self.as_of_date,
                first_seen=FIRST_SEEN_COLUMN.dump_python(self.first_seen, mode="json"),
            )
        )
        return "opened"
