"""The watch list: stores each night's run as a whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, exists, func, insert, select, update

from risk_warning.audit.events import NIGHT, NIGHT_STORED, NIGHTS_UNDONE, add, begin
from risk_warning.audit.nights import night_digest
from risk_warning.core.export_profile import ExportProfile
from risk_warning.core.left_out import LeftOut
from risk_warning.core.lifecycle import EVENTS, Event, Seen, step
from risk_warning.core.policy import Policy
from risk_warning.core.warning_reason import WarningReason
from risk_warning.database.connection import lock, snapshot, transaction
from risk_warning.database.tables import observations, runs, warnings
from risk_warning.errors import RerunError
from risk_warning.watchlist.stored import LEFT_OUT_COLUMN, PROFILE_COLUMN, REASONS_COLUMN


@dataclass(frozen=True)
class Run:
    """A night's run, identified by its as-of date and its inputs."""

    as_of_date: date
    book_digest: str
    model_version: str
    policy_version: str
    id_type: str
    scored: int = 0
    left_out: tuple[LeftOut, ...] = ()
    profile: ExportProfile | None = None
    """What the next night's export is held against."""

    def differs_from(self, other: Row[Any]) -> list[str]:
        """Return the names of the inputs that differ from those of the stored run."""
        named = {"book_digest": "book", "model_version": "model", "policy_version": "policy"}
        differing = [name for column, name in named.items() if getattr(self, column) != getattr(other, column)]
        before = LEFT_OUT_COLUMN.validate_python(other.left_out)
        if {one.column for one in self.left_out} != {one.column for one in before}:
            differing.append("choice of columns left out")
        return differing

    @property
    def row(self) -> dict[str, object]:
        """The run as a row of `runs`."""
        profile = None if self.profile is None else PROFILE_COLUMN.dump_python(self.profile, mode="json")
        left_out = LEFT_OUT_COLUMN.dump_python(self.left_out, mode="json")
        return vars(self) | {"left_out": left_out, "profile": profile}


@dataclass(frozen=True)
class Sighting:
    """The data a run has on a borrower who is flagged or has an open warning."""

    seen: Seen
    band: str | None
    reasons: tuple[WarningReason, ...]
    """Empty if the borrower is not explained."""


@dataclass(frozen=True)
class _Observation:
    """A row of `observations`: what a run saw of a warning, and what became of it."""

    run_id: int
    warning_id: int
    event: Event
    not_scored: str | None
    score: float | None = None
    band: str | None = None
    days_past_due: float | None = None
    change: float | None = None
    safe_since: date | None = None
    reasons: tuple[WarningReason, ...] = ()


@dataclass(frozen=True)
class _Before:
    """An open warning as the last run saw it."""

    warning_id: int
    run_id: int | None
    """None if the service opened the warning later, so that the run has not seen it."""
    score: float | None
    safe_since: date | None


def check_rerun(url: str, run: Run, *, force: bool) -> None:
    """Raise `RerunError` for an older date, or for the same date with other inputs, unless `force` is set."""
    with snapshot(url) as connection:
        if not force:
            _refuse(connection, run)


def _refuse(connection: Connection, run: Run) -> None:
    latest = connection.execute(select(func.max(runs.c.as_of_date))).scalar()
    if latest is not None and run.as_of_date < latest:
        raise RerunError(
            f"The as-of date {run.as_of_date} is older than the watch list's last run, {latest}; with --force, "
            "that run and all later ones are undone first."
        )
    known = connection.execute(select(runs).where(runs.c.as_of_date == run.as_of_date)).one_or_none()
    if known is not None and (other := run.differs_from(known)):
        raise RerunError(
            f"{run.as_of_date} was already run with another {' and '.join(other)}; use the same, or "
            "--force to undo that run and replace it."
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
        seal = begin(connection, actor=NIGHT)
        if latest is not None and latest >= run.as_of_date:
            _take_back(connection, run.as_of_date)
            day = str(run.as_of_date)
            add(connection, seal, actor=NIGHT, kind=NIGHTS_UNDONE, subject=day, detail={"through": str(latest)})
        counts = _write(connection, run, sightings, policy, bad_dpd)
        run_id = connection.execute(select(runs.c.id).where(runs.c.as_of_date == run.as_of_date)).scalar_one()
        detail = {"digest": night_digest(connection, run_id), "model": run.model_version, **counts}
        add(connection, seal, actor=NIGHT, kind=NIGHT_STORED, subject=str(run.as_of_date), detail=detail)
        return counts


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
    run_id = connection.execute(insert(runs).values(**run.row).returning(runs.c.id)).scalar_one()
    next_id = (connection.execute(select(func.max(warnings.c.id))).scalar() or 0) + 1
    opened, ended = [], []
    rows: list[_Observation] = []
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
        change = None
        if comparable and past is not None and past.score is not None and seen.score is not None:
            change = seen.score - past.score
        rows.append(
            _Observation(
                run_id,
                warning_id,
                next_step.event,
                seen.not_scored,
                score=seen.score,
                band=sighting.band,
                days_past_due=seen.days_past_due,
                change=change,
                safe_since=next_step.safe_since,
                reasons=sighting.reasons,
            )
        )
    # These borrowers are not in tonight's book, so their warnings stay open until a later run decides otherwise. A
    # warning that no run has seen may have been opened while this night was being scored: it waits for the next night.
    rows += [
        _Observation(run_id, past.warning_id, "kept", "not_in_book")
        for past in last.values()
        if past.run_id is not None
    ]
    if opened:
        connection.execute(insert(warnings), opened)
    if rows:
        connection.execute(
            insert(observations),
            [vars(row) | {"reasons": REASONS_COLUMN.dump_python(row.reasons, mode="json")} for row in rows],
        )
    for warning_id, outcome in ended:
        connection.execute(
            update(warnings).where(warnings.c.id == warning_id).values(ended_run_id=run_id, outcome=outcome)
        )
    return _counts(connection, run_id)


def _last_seen(connection: Connection, run_id: int | None) -> dict[str, _Before]:
    """Return borrower → open warning as the run saw it."""
    rows = connection.execute(
        select(
            warnings.c.id.label("warning_id"),
            warnings.c.borrower_id,
            observations.c.run_id,
            observations.c.score,
            observations.c.safe_since,
        )
        .outerjoin(observations, observed_by(run_id))
        .where(warnings.c.ended_run_id.is_(None))
    )
    return {row.borrower_id: _Before(row.warning_id, row.run_id, row.score, row.safe_since) for row in rows}


def observed_by(run_id: int | None) -> ColumnElement[bool]:
    """Return the condition that joins a warning with the run's observation of it."""
    return and_(observations.c.warning_id == warnings.c.id, observations.c.run_id == run_id)


def _counts(connection: Connection, run_id: int) -> dict[str, int]:
    rows = connection.execute(
        select(observations.c.event, func.count()).where(observations.c.run_id == run_id).group_by(observations.c.event)
    )
    return dict.fromkeys(EVENTS, 0) | {event: int(count) for event, count in rows}
