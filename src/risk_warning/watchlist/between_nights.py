"""Warnings opened between nights, when a borrower below the threshold is looked at before the next run."""

from __future__ import annotations

from sqlalchemy import Connection, func, insert, select

from risk_warning.watchlist.database import lock
from risk_warning.watchlist.decisions import Outcome, WarningToOpen
from risk_warning.watchlist.tables import runs, warnings


def open_warning(connection: Connection, warning: WarningToOpen, request_id: str) -> Outcome:
    """What became of it: opened, as part of the transaction; or there is one open; or the last run knows better.

    A score as of a day before the last run's is older than what that run decided on, so it opens nothing. The next
    run takes the warning over as its own. A night that is being taken in is waited for.
    """
    lock(connection, warnings)
    latest = connection.execute(select(func.max(runs.c.as_of_date))).scalar()
    if latest is not None and warning.as_of_date < latest:
        return "as_of_date_too_old"
    is_open = (warnings.c.borrower_id == warning.borrower_id) & warnings.c.ended_run_id.is_(None)
    if connection.execute(select(warnings.c.id).where(is_open).limit(1)).scalar() is not None:
        return "already_open"
    # The night numbers its warnings on from the highest id, not by the database's own counter: so does this.
    newest = connection.execute(select(func.max(warnings.c.id))).scalar() or 0
    connection.execute(
        insert(warnings).values(
            id=newest + 1,
            borrower_id=warning.borrower_id,
            opened_request_id=request_id,
            opened_as_of=warning.as_of_date,
            first_seen={
                "score": warning.score,
                "band": warning.band,
                "days_past_due": warning.days_past_due,
                "reasons": [dict(reason) for reason in warning.reasons],
            },
        )
    )
    return "opened"
