"""The nights on record: what each one scored, and what became of the warnings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select

from risk_warning.core.left_out import LeftOut
from risk_warning.core.lifecycle import EVENTS
from risk_warning.database.connection import exists, snapshot
from risk_warning.database.tables import observations, runs
from risk_warning.watchlist.stored import LEFT_OUT_COLUMN


@dataclass(frozen=True)
class Night:
    """One night: its model and policy, the borrowers scored, and the number of warnings by what became of them."""

    as_of_date: date
    model_version: str
    policy_version: str
    scored: int
    opened: int
    kept: int
    closed: int
    handed_over: int
    left_out: tuple[LeftOut, ...]
    """Columns of the book that the night left out."""


def nights(url: str) -> tuple[Night, ...]:
    """Return every night, the oldest first; none if there is no watch list yet. No database is created.

    Raises
    ------
    DatabaseError
        The database cannot be read.
    """
    if not exists(url):
        return ()
    with snapshot(url) as connection:
        events = select(observations.c.run_id, observations.c.event, func.count()).group_by(
            observations.c.run_id, observations.c.event
        )
        counts = {(run_id, event): int(count) for run_id, event, count in connection.execute(events)}
        return tuple(
            Night(
                run.as_of_date,
                run.model_version,
                run.policy_version,
                run.scored,
                **{event: counts.get((run.id, event), 0) for event in EVENTS},
                left_out=LEFT_OUT_COLUMN.validate_python(run.left_out),
            )
            for run in connection.execute(select(runs).order_by(runs.c.as_of_date))
        )
