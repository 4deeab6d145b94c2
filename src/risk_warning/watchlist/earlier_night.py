"""The export of an earlier night, against which the next one is held."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from risk_warning.book.questions.changes import Expected
from risk_warning.database.connection import exists, snapshot
from risk_warning.database.tables import runs
from risk_warning.watchlist.stored import PROFILE_COLUMN


def earlier_night(url: str, before: date = date.max) -> Expected:
    """Return the export of the latest night as of a day before `before`; an empty one if there is none on record.

    No database is created. Nights that were run before profiles were stored count as not on record.

    Raises
    ------
    DatabaseError
        The database cannot be read.
    """
    if not exists(url):
        return Expected()
    latest = (
        select(runs.c.as_of_date, runs.c.profile)
        .where(runs.c.as_of_date < before, runs.c.profile.is_not(None))
        .order_by(runs.c.as_of_date.desc())
        .limit(1)
    )
    with snapshot(url) as connection:
        run = connection.execute(latest).one_or_none()
    return Expected() if run is None else Expected(run.as_of_date, PROFILE_COLUMN.validate_python(run.profile))
