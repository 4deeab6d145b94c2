"""The open warnings, as the watch list shows them after its last run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, select

from risk_warning.core.left_out import LeftOut
from risk_warning.core.lifecycle import Event
from risk_warning.core.warning_reason import WarningReason
from risk_warning.database.connection import exists, snapshot
from risk_warning.database.tables import observations, runs, warnings
from risk_warning.watchlist.stored import FIRST_SEEN_COLUMN, LEFT_OUT_COLUMN, REASONS_COLUMN
from risk_warning.watchlist.watch_list import observed_by


@dataclass(frozen=True)
class OpenWarning:
    """An open warning, as the last run saw it or as the service opened it since."""

    borrower_id: str | int
    band: str | None
    """None without a score."""
    score: float | None
    change: float | None
    """Score minus the score as of the run before; None if either is missing or comes from another model."""
    not_scored: str | None
    """Why there is no score; None if there is one."""
    event: Event
    reasons: tuple[WarningReason, ...]
    """The one that costs most first; none at or above the threshold, unless the run gave reasons for all."""

    @property
    def english_reasons(self) -> tuple[str, ...]:
        """The reasons in English words."""
        return tuple(reason.text["en"] for reason in self.reasons)


@dataclass(frozen=True)
class WatchList:
    """The open warnings, the lowest score first; those without a score come last."""

    as_of_date: date | None
    """Of the last run; None before the first one, when all warnings were opened by requests."""
    warnings: tuple[OpenWarning, ...]
    left_out: tuple[LeftOut, ...] = ()
    """Columns of the book that the last run left out."""


def read_watch_list(url: str, band: str | None = None) -> WatchList:
    """Return the watch list, or the part of it in one band. No database is created.

    A warning opened since the last run has the event "opened" and the values it was opened with.

    Raises
    ------
    DatabaseError
        The database cannot be read.
    """
    if not exists(url):
        return WatchList(None, ())
    with snapshot(url) as connection:
        run = connection.execute(select(runs).order_by(runs.c.as_of_date.desc()).limit(1)).one_or_none()
        selected = connection.execute(
            select(warnings.c.borrower_id, warnings.c.first_seen, observations)
            .outerjoin(observations, observed_by(run.id if run is not None else None))
            .where(warnings.c.ended_run_id.is_(None))
        )
        has_integer_ids = run is not None and run.id_type == "integer"
        listed = [_open_warning(row, has_integer_ids=has_integer_ids) for row in selected]
    listed.sort(key=lambda warning: (warning.score is None, warning.score, str(warning.borrower_id)))
    return WatchList(
        run.as_of_date if run is not None else None,
        tuple(warning for warning in listed if band is None or warning.band == band),
        () if run is None else LEFT_OUT_COLUMN.validate_python(run.left_out),
    )


def _open_warning(row: Row[Any], *, has_integer_ids: bool) -> OpenWarning:
    borrower_id = int(row.borrower_id) if has_integer_ids else row.borrower_id
    if row.run_id is None:
        first = FIRST_SEEN_COLUMN.validate_python(row.first_seen)
        return OpenWarning(
            borrower_id,
            band=first.band,
            score=first.score,
            change=None,
            not_scored=None,
            event="opened",
            reasons=first.reasons,
        )
    return OpenWarning(
        borrower_id,
        band=row.band,
        score=row.score,
        change=row.change,
        not_scored=row.not_scored,
        event=row.event,
        reasons=REASONS_COLUMN.validate_python(row.reasons),
    )
