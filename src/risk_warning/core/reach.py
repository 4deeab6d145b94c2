"""Reach: how far a book's tables tell, and whether a table has stopped.

A table is a flow of rows, more on some days than on others. Between two days with rows lies a gap, and each table has
its own: a day or a weekend where payments come daily, four weeks where a lender has one due day a month, a week around
a holiday. A table reaches to its last row where the silence since would be unusual for it; otherwise it has not
stopped, and reaches to the day before the as-of date.

Worked example: payments come every day through 10 June. As of 11 June nothing is missing. As of 13 June two silent days
are unusual: the table reaches to 10 June, and an instalment due on the 11th is not late. As of 20 June nine silent days
are more than `freshness_days` beyond that: such a night is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.calendar import NEVER, to_date

Days = NDArray[np.int32]
PAYMENTS, STATEMENTS, EVENTS = "instalments", "statements", "events"
"""The tables that flow; of instalments it is the payments."""
TELL_OF_PAYMENT = (PAYMENTS, STATEMENTS)
USUAL = 0.99
"""Share of its gaps that a gap must not exceed to be usual."""
WEEKLY_RHYTHM_DAYS = 7
"""A table whose gaps are hardly ever longer has the rhythm of the week, another that of the month."""
_YEAR_DAYS = 365
FIRST_YEAR_DAYS, FIRST_HOLIDAY_DAYS = 395, 7
"""A table younger than 13 months has not shown its holidays: a week of silence is not held against it."""
_HOLIDAY_MOVES_DAYS = 21
"""The lunar new year falls up to so many days earlier or later than the year before."""
_ENOUGH_GAPS = 8
_STRAY_SHARE = 0.1
"""Rows after an unusual gap are stray where they are fewer than this share of what the time usually brings."""


@dataclass(frozen=True)
class Flow:
    """The days on which a table has rows, without stray ones."""

    days: Days
    """Distinct days, ascending: those on which a row became known."""
    tells_through: int | None
    """Last day of which the table tells, None without a row; a statement tells of the days until the next is due."""

    @classmethod
    def of(cls, days: Days, rows: NDArray[np.integer]) -> Flow:
        """The flow of `rows` rows on each of the ascending `days`, without the stray last ones.

        The last rows are stray where an unusual gap comes before them and they are hardly any: mistyped dates, not a
        table that went on.
        """
        while (start := _stray_tail(days, rows)) is not None:
            days, rows = days[:start], rows[:start]
        return cls(days.astype(np.int32), int(days[-1]) if len(days) else None)

    def told_until(self, newest_day: int) -> Flow:
        """The same where the book's newest row, of any table, is of that day: a usual silence until then is no end."""
        last = int(self.days[-1])
        silence = self.silence(newest_day + 1)
        until = newest_day if silence is not None and not silence.is_unusual else last
        return replace(self, tells_through=max(until, last))

    def silence(self, as_of: int) -> Silence | None:
        """How long the table has been silent as of a day; None where it has no row before it."""
        position = int(np.searchsorted(self.days, as_of, side="left"))
        if not position:
            return None
        last = int(self.days[position - 1])
        usual = _usual_gap(self.days, position - 1) - 1
        is_young = last - int(self.days[0]) < FIRST_YEAR_DAYS
        return Silence(last, as_of - 1 - last, usual, max(usual, FIRST_HOLIDAY_DAYS) if is_young else usual)


@dataclass(frozen=True)
class Silence:
    """The days without a row before an as-of date."""

    last_day: int
    days: int
    """From the day after the last one through the day before the as-of date."""
    usual_days: int
    """Longest silence that is usual at this place."""
    excused_days: int
    """The same, with a holiday that a young table cannot have shown yet."""

    @property
    def is_unusual(self) -> bool:
        """Whether the table seems to have stopped."""
        return self.days > self.usual_days


@dataclass(frozen=True)
class Reach:
    """How far the tables of a book tell. By default nothing is known of it, and every table counts as complete."""

    flows: Mapping[str, Flow] = field(default_factory=dict)
    """Of `PAYMENTS`, `STATEMENTS`, `EVENTS` those the book has."""
    given: Mapping[str, int] = field(default_factory=dict)
    """Table → last day of which it is complete, where the lender says so."""
    freshness_days: Mapping[str, int] = field(default_factory=dict)
    """Table → days beyond its reach on which a book may still be scored."""
    statement_gap_days: int = 31
    """Days from one statement of a loan to the next, where none was skipped."""

    def stopped(self, as_of: int) -> dict[str, Silence]:
        """Table → its silence, of the tables that seem to have stopped before the day."""
        found = {}
        for table, last_day in self.given.items():
            if (silent := as_of - 1 - last_day) > 0:
                found[table] = Silence(last_day, silent, 0, 0)
        for table, flow in self.flows.items():
            if table not in self.given and (silence := flow.silence(as_of)) is not None and silence.is_unusual:
                found[table] = silence
        return found

    def payments_through(self, as_of: int) -> int:
        """Last day of which payments are known as of a day: what falls due later is not late yet."""
        stopped = self.stopped(as_of).get(PAYMENTS)
        return NEVER if stopped is None else stopped.last_day

    def too_stale(self, as_of: int) -> tuple[str, Silence] | None:
        """The table that tells of payment and stopped so long before the day that nobody can be scored; None: none."""
        for table, silence in self.stopped(as_of).items():
            allowed = max(silence.usual_days + self.freshness_days.get(table, 0), silence.excused_days)
            if table in TELL_OF_PAYMENT and silence.days > allowed:
                return table, silence
        return None

    def refusal(self, as_of: int) -> str | None:
        """Why nobody can be scored as of the day, and the next step; None where the book is fresh enough."""
        stale = self.too_stale(as_of)
        if stale is None:
            return None
        table, silence = stale
        return (
            f"The table {table} tells of payment through {to_date(silence.last_day)} only, {silence.days} days before "
            f"{to_date(as_of)}; a silence of {silence.excused_days} is usual there, and "
            f"{self.freshness_days.get(table, 0)} more are allowed. Bring its newer rows, choose an earlier date, or, "
            f"if it is complete, say so with book.data_through.{table}."
        )

    def outcomes_through(self) -> int | None:
        """Last day of which outcomes are known: that of the slowest table that tells of payment; None without one."""
        ends = []
        for table in TELL_OF_PAYMENT:
            if table in self.given:
                ends.append(self.given[table])
            elif table in self.flows and (last := self.flows[table].tells_through) is not None:
                ends.append(last)
        return min(ends, default=None)


def statement_gap_days(gaps: NDArray[np.integer]) -> int:
    """Days from one statement of a loan to the next where none was skipped, from all gaps between two of a loan.

    A gap of half as much again as the median skips one. 31 where there are none.
    """
    if not len(gaps):
        return 31
    kept = gaps[gaps < 1.5 * np.median(gaps)]
    return int(np.quantile(kept if len(kept) else gaps, USUAL, method="higher"))


def _stray_tail(days: Days, rows: NDArray[np.integer]) -> int | None:
    """Position of the first of the last days, where what stands from there on is stray; None where nothing is."""
    gaps = np.diff(days)
    for position in range(len(gaps) - 1, max(_ENOUGH_GAPS - 1, 0), -1):
        gap = gaps[position]
        if gap > WEEKLY_RHYTHM_DAYS and gap > _usual_gap(days[: position + 1], position):
            span = int(days[position] - days[0]) + 1
            expected = rows[: position + 1].sum() / span * int(days[-1] - days[position])
            return position + 1 if rows[position + 1 :].sum() < _STRAY_SHARE * expected else None
        if int(days[-1] - days[position]) > _YEAR_DAYS:
            return None
    return None


def _usual_gap(days: Days, position: int) -> int:
    """The longest gap after the day at this position that would be usual, by all other gaps of the table.

    By the day of the week where the table has the week's rhythm, else by the day of the month; what was seen at the
    same time of another year counts too. With hardly any gap to go by, 31 days.
    """
    gaps = np.diff(days)
    others = np.arange(len(gaps)) != position
    if others.sum() < _ENOUGH_GAPS:
        return max(31, int(gaps[others].max(initial=0)))
    # One holiday among fewer than a hundred gaps is no rule: the lower of the two nearest ranks.
    usual = int(np.quantile(gaps[others], USUAL, method="lower"))
    if usual <= WEEKLY_RHYTHM_DAYS:
        alike = others & (days[:-1] % 7 == days[position] % 7)
        if alike.sum() >= _ENOUGH_GAPS:
            usual = int(np.quantile(gaps[alike], USUAL, method="lower"))
    else:
        here, there = _day_of_month(days[position : position + 1])[0], _day_of_month(days[:-1])
        alike = others & (np.minimum((here - there) % 31, (there - here) % 31) <= 3)
        usual = max(usual, int(gaps[alike].max(initial=0)))
    apart = np.abs(days[position] - days[:-1])
    of_another_year = np.zeros(len(gaps), np.bool_)
    for years in (1, 2, 3):
        of_another_year |= np.abs(apart - years * _YEAR_DAYS) <= _HOLIDAY_MOVES_DAYS
    return max(usual, int(gaps[of_another_year & others].max(initial=0)))


def _day_of_month(days: Days) -> NDArray[np.int64]:
    dates = days.astype("datetime64[D]")
    found: NDArray[np.int64] = (dates - dates.astype("datetime64[M]")).astype(np.int64) + 1
    return found
