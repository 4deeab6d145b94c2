"""Warnings opened between nights, when a borrower below the threshold is looked at before the next run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from sqlalchemy import Connection, func, insert, select

from risk_warning.audit.decisions import Written
from risk_warning.database.connection import lock
from risk_warning.database.tables import runs, warnings

Outcome = Literal["opened", "already_open", "as_of_date_too_old"]
"""What became of a warning the service wanted to open."""


@dataclass(frozen=True)
class WarningToOpen:
    """A warning for a borrower below the threshold, and how the answer reads for each outcome.

    Whether the warning is new is known only in the transaction that also stores the answer.
    """

    borrower_id: str
    as_of_date: date
    score: float
    band: str
    days_past_due: float | None
    """None where unknown."""
    reasons: Sequence[Mapping[str, Any]]
    answers: Mapping[Outcome, str]

    def settle(self, connection: Connection, request_id: str) -> Written:
        """Open the warning where it is new, and choose the answer."""
        outcome = self._open(connection, request_id)
        return Written(self.answers[outcome], outcome)

    def _open(self, connection: Connection, request_id: str) -> Outcome:
        """What became of it: opened, as part of the transaction; or there is one open; or the last run knows better.

        A score as of a day before the last run's is older than what that run decided on, so it opens nothing. The next
        run takes the warning over as its own. A night that is being taken in is waited for.
        """
        lock(connection, warnings)
        latest = connection.execute(select(func.max(runs.c.as_of_date))).scalar()
        if latest is not None and self.as_of_date < latest:
            return "as_of_date_too_old"
        is_open = (warnings.c.borrower_id == self.borrower_id) & warnings.c.ended_run_id.is_(None)
        if connection.execute(select(warnings.c.id).where(is_open).limit(1)).scalar() is not None:
            return "already_open"
        # The night numbers its warnings on from the highest id, not by the database's own counter: so does this.
        newest = connection.execute(select(func.max(warnings.c.id))).scalar() or 0
        connection.execute(
            insert(warnings).values(
                id=newest + 1,
                borrower_id=self.borrower_id,
                opened_request_id=request_id,
                opened_as_of=self.as_of_date,
                first_seen={
                    "score": self.score,
                    "band": self.band,
                    "days_past_due": self.days_past_due,
                    "reasons": [dict(reason) for reason in self.reasons],
                },
            )
        )
        return "opened"
