"""The report of a night: what was scored and published, and what it changed on the watch list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from risk_warning.book import StagedBook
from risk_warning.core.calendar import to_date, to_day
from risk_warning.core.left_out import LeftOut, in_words
from risk_warning.core.policy import Policy
from risk_warning.core.reach import EVENTS, PAYMENTS, STATEMENTS

if TYPE_CHECKING:
    from risk_warning.model.evaluation import Evaluation
    from risk_warning.model.risk_model import RiskModel

_FAMILIES = {
    PAYMENTS: ("delinquency", "payment timing", "payment amount"),
    STATEMENTS: ("utilisation and balance",),
    EVENTS: ("behaviour events",),
}
"""Table → the families of features that are computed from its rows."""


@dataclass(frozen=True)
class StoppedTable:
    """A table that seems to have stopped before the as-of date."""

    last_day: date
    """Last day with a row."""
    silent_days: int
    """Days from the last day to the as-of date."""
    stale_features: int
    """Number of the model's features that are computed from its rows."""


@dataclass(frozen=True)
class NightReport:
    """The result of a night."""

    as_of_date: date
    folder: str
    borrowers: int
    scored: int
    not_scored: dict[str, int]
    set_aside: int
    below_threshold: int
    bands: dict[str, int]
    warnings: dict[str, int]
    stopped_tables: dict[str, StoppedTable]
    """By name, only those that seem to have stopped."""
    newest_rows: dict[str, date]
    """Table → last day with a row before the as-of date; it may lie a month back in a monthly table."""
    left_out: tuple[LeftOut, ...]
    """Columns of the book that the scores are made without, because of open questions."""
    model_version: str
    policy_version: str
    seconds: float
    policy: Policy
    judged: Evaluation
    """The model's evaluation, as stored in its folder."""

    def line(self) -> str:
        """Return the report in one line."""
        why = ", ".join(f"{count:,} {reason}" for reason, count in self.not_scored.items() if count)
        change = self.warnings
        return (
            f"{self.as_of_date}: {self.scored:,} scored, {self.borrowers - self.scored:,} not scored"
            f"{f' ({why})' if why else ''}, {self.set_aside:,} rows set aside; warnings: {change['opened']:,} new, "
            f"{change['kept']:,} kept, {change['closed']:,} closed, {change['handed_over']:,} handed over; "
            f"model {self.model_version}, policy {self.policy_version}; {self.seconds:.1f} s; {self.folder}"
            + "".join(
                f"; {name} stop on {table.last_day}, {table.silent_days} days before"
                for name, table in self.stopped_tables.items()
            )
            + (f"; scored without {in_words(self.left_out)}" if self.left_out else "")
            + f"; newest rows: {', '.join(f'{name} {day}' for name, day in self.newest_rows.items())}"
        )


def newest_rows(book: StagedBook, as_of_date: date) -> dict[str, date]:
    """Return table → last day with a row before the date."""
    return {table: to_date(day) for table, day in book.observed.reach.newest_rows(to_day(as_of_date)).items()}


def stopped_tables(book: StagedBook, model: RiskModel, as_of_date: date) -> dict[str, StoppedTable]:
    """Return the tables that seem to have stopped before the date, with the number of model features each affects."""
    return {
        table: StoppedTable(
            last_day=to_date(silence.last_day),
            silent_days=silence.days,
            stale_features=sum(feature.family in _FAMILIES[table] for feature in model.features),
        )
        for table, silence in book.observed.reach.stopped(to_day(as_of_date)).items()
    }
