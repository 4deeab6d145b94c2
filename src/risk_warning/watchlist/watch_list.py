"""The watch list: stores each night's run as a whole or not at all, and lists the open warnings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, func, insert, select, update

from risk_warning.core.lifecycle import EVENTS, Seen, step
from risk_warning.core.policy import Policy
from risk_warning.database.connection import exists as database_exists
from risk_warning.database.connection import lock, snapshot, transaction
from risk_warning.database.tables import observations, runs, warnings
from risk_warning.errors import RerunError


@dataclass(frozen=True)
class Run:
    """A night's run, identified by its as-of date and its inputs."""

    as_of_date: date
    book_digest: str
    model_version: str
    policy_version: str
    id_type: str
    scored: int = 0

    def differs_from(self, other: Any) -> list[str]:
        """Return the names of the inputs that differ from those of the stored run."""
        named = {"book_digest": "book", "model_version": "model", "policy_version": "policy"}
        return [name for column, name in named.items() if getattr(self, column) != getattr(other, column)]


@dataclass(frozen=True)
class Sighting:
    """The data a run has on a borrower who is flagged or has an open warning."""

    seen: Seen
    band: str | None
    reasons: Sequence[Mapping[str, Any]]


def check_rerun(url: str, run: Run, *, force: bool) -> None:
    """Raise `RerunError` for an older date, or for the same date with other inputs, unless `force` is set."""
    with snapshot(url) as connection:
        if not force:
            _refuse(connection, run)


def _refuse(connection: Connection, run: Run) -> None:
    latest = connection.execute(select(func.max(runs.c.as_of_date))).scalar()
    if latest is not None and run.as_of_date < latest:
        raise RerunError(
            f"The as-of date {run.as_of_date} is older than the watch list's last run, {latest}; with --force that and "
            "every run after it are taken back first."
        )
    known = connection.execute(select(runs).where(runs.c.as_of_date == run.as_of_date)).one_or_none()
    if known is not None and (other := run.differs_from(known)):
        raise RerunError(
            f"{run.as_of_date} was already run with another {' and '.join(other)}; run it with the same, or with "
            "--force to take that run back and replace it."
        )


def open_borrowers(url: str, as_of_date: date) -> frozenset[str]:
    """Return the ids of borrowers whose warning was open before the date, even if this or a later run ended it."""
    with snapshot(url) as connection:
        from_here = select(runs.c.id).where(runs.c.as_of_date >= as_of_date).scalar_subquery()
        still = warnings.c.ended_run_id.is_(None) | warnings.c.ended_run_id.in_(from_here)
        return frozenset(connection.execute(select(warnings.c.borrower_id).where(still)).scalars())


def take_in(
    url: str, run: Run, sightings: Iterable[Sighting], policy: Policy, bad_dpd: int, *, force: bool
) -> dict[str, int]:
    """Store the run, and return the number of warnings opened, kept, closed and handed over.

    Running the same date again changes nothing.

    Raises
    ------
    RerunError
        As in `check_rerun`.
    """
    with transaction(url) as connection:
        lock(connection, warnings)  # the service may be opening warnings at this moment
        known = connection.execute(select(runs).where(runs.c.as_of_date == run.as_of_date)).one_or_none()
        latest = connection.execute(select(func.max(runs.c.as_of_date))).scalar()
        if known is not None and not run.differs_from(known) and known.as_of_date == latest:
            return _counts(connection, known.id)
        if not force:
            _refuse(connection, run)
        _take_back(connection, run.as_of_date)
        return _write(connection, run, sightings, policy, bad_dpd)


def _take_back(connection: Connection, first: date) -> None:
    """Undo the runs from `first` on.

    Warnings that the service opened stay; warnings that such a run ended are open again.
    """
    gone = select(runs.c.id).where(runs.c.as_of_date >= first).scalar_subquery()
    connection.execute(delete(observations).where(observations.c.run_id.in_(gone)))
    connection.execute(delete(warnings).where(warnings.c.opened_run_id.in_(gone)))
    # After such a run ended a warning, the service may have opened a second one for the borrower. The first is
    # reopened below, so the second is deleted.
    first_one = warnings.alias()
    reopened = exists().where(
        first_one.c.borrower_id == warnings.c.borrower_id,
        first_one.c.id < warnings.c.id,
        first_one.c.ended_run_id.in_(gone),
    )
    connection.execute(delete(warnings).where(reopened))
    connection.execute(
        update(warnings).where(warnings.c.ended_run_id.in_(gone)).values(ended_run_id=None, outcome=None)
    )
    connection.execute(delete(runs).where(runs.c.as_of_date >= first))


def _write(
    connection: Connection, run: Run, sightings: Iterable[Sighting], policy: Policy, bad_dpd: int
) -> dict[str, int]:
    before = connection.execute(select(runs).order_by(runs.c.as_of_date.desc()).limit(1)).one_or_none()
    last = _last_seen(connection, before.id if before is not None else None)
    comparable = before is not None and before.model_version == run.model_version
    run_id = connection.execute(insert(runs).values(**vars(run)).returning(runs.c.id)).scalar_one()
    next_id = (connection.execute(select(func.max(warnings.c.id))).scalar() or 0) + 1
    opened, ended, rows = [], [], []
    for sighting in sorted(sightings, key=lambda s: s.seen.borrower_id):
        seen = sighting.seen
        past = last.pop(seen.borrower_id, None)
        next_step = step(
            seen,
            is_open=past is not None,
            safe_since=past.safe_since if past is not None else None,
            as_of_date=run.as_of_date,
            policy=policy,
            bad_dpd=bad_dpd,
        )
        if next_step is None:
            continue
        if past is None:
            warning_id, next_id = next_id, next_id + 1
            opened.append({"id": warning_id, "borrower_id": seen.borrower_id, "opened_run_id": run_id})
        else:
            warning_id = past.warning_id
        if next_step.event in ("closed", "handed_over"):
            ended.append((warning_id, next_step.event))
        comparable_scores = comparable and past is not None and past.score is not None and seen.score is not None
        rows.append(
            {
                "run_id": run_id,
                "warning_id": warning_id,
                "event": next_step.event,
                "score": seen.score,
                "band": sighting.band,
                "not_scored": seen.not_scored,
                "days_past_due": seen.days_past_due,
                "change": seen.score - past.score if comparable_scores else None,
                "safe_since": next_step.safe_since,
                "reasons": list(sighting.reasons),
            }
        )
    # These borrowers are not in tonight's book, so their warnings stay open until a later run decides otherwise. A
    # warning that no run has seen may have been opened while this night was being scored: it waits for the next night.
    rows += [_unseen(run_id, past.warning_id) for past in last.values() if past.run_id is not None]
    if opened:
        connection.execute(insert(warnings), opened)
    if rows:
        connection.execute(insert(observations), rows)
    for warning_id, outcome in ended:
        connection.execute(
            update(warnings).where(warnings.c.id == warning_id).values(ended_run_id=run_id, outcome=outcome)
        )
    return _counts(connection, run_id)


def _last_seen(connection: Connection, run_id: int | None) -> dict[str, Any]:
    """Return borrower → open warning with the run's observation of it, all null if the service opened it later."""
    rows = connection.execute(
        select(
            warnings.c.id.label("warning_id"),
            warnings.c.borrower_id,
            observations.c.run_id,
            observations.c.score,
            observations.c.safe_since,
        )
        .outerjoin(observations, _observed_by(run_id))
        .where(warnings.c.ended_run_id.is_(None))
    )
    return {row.borrower_id: row for row in rows}


def _observed_by(run_id: int | None) -> ColumnElement[bool]:
    return and_(observations.c.warning_id == warnings.c.id, observations.c.run_id == run_id)


def _unseen(run_id: int, warning_id: int) -> dict[str, Any]:
    empty = dict.fromkeys(("score", "band", "days_past_due", "change", "safe_since"))
    return {
        "run_id": run_id,
        "warning_id": warning_id,
        "event": "kept",
        "not_scored": "not_in_book",
        "reasons": [],
    } | empty


def _counts(connection: Connection, run_id: int) -> dict[str, int]:
    rows = connection.execute(
        select(observations.c.event, func.count()).where(observations.c.run_id == run_id).group_by(observations.c.event)
    )
    return dict.fromkeys(EVENTS, 0) | {event: int(count) for event, count in rows}


def listed(url: str, band: str | None = None) -> tuple[date | None, list[dict[str, Any]]]:
    """Return the as-of date of the last run and the open warnings, the lowest score first.

    A warning opened since that run has the event "opened" and the values it was opened with. Before the first run the
    date is None. No database is created.
    """
    if not database_exists(url):
        return None, []
    with snapshot(url) as connection:
        run = connection.execute(select(runs).order_by(runs.c.as_of_date.desc()).limit(1)).one_or_none()
        selected = connection.execute(
            select(warnings.c.borrower_id, warnings.c.first_seen, observations)
            .outerjoin(observations, _observed_by(run.id if run is not None else None))
            .where(warnings.c.ended_run_id.is_(None))
        )
        rows = [_shown(row, id_is_integer=run is not None and run.id_type == "integer") for row in selected]
    rows.sort(key=lambda row: (row["score"] is None, row["score"], str(row["borrower_id"])))
    chosen = [row for row in rows if band is None or row["band"] == band]
    return (run.as_of_date if run is not None else None), chosen


def _shown(row: Any, *, id_is_integer: bool) -> dict[str, Any]:
    borrower_id = int(row.borrower_id) if id_is_integer else row.borrower_id
    if row.run_id is None:
        first = {name: row.first_seen[name] for name in ("band", "score", "reasons")}
        return {"borrower_id": borrower_id} | first | {"change": None, "not_scored": None, "event": "opened"}
    names = ("band", "score", "change", "reasons", "not_scored", "event")
    return {"borrower_id": borrower_id} | {name: getattr(row, name) for name in names}
