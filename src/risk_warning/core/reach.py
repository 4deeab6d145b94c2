"""Reach: the last day that each table of a book covers, and whether a table has stopped.

A table is a flow of rows, more on some days than on others. The time between two days with rows is a gap, and each
table has its own usual gaps: a day or a weekend if payments come daily, four weeks if a lender has one due day a month,
a week around a holiday. A table reaches to its last row if the silence since then is unusual for it. Otherwise it has
not stopped, and reaches to the day before the as-of date.

Worked example: payments come every day through 10 June. As of 11 June nothing is missing. As of 13 June two silent days
are unusual: the table reaches to 10 June, and an instalment due on the 11th is not late. As of 20 June nine silent days
exceed what is usual by more than `freshness_days`: that night is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.calendar import NEVER, to_date

Days = NDArray[np.int32]
PAYMENTS, STATEMENTS, EVENTS = "instalments", "statements", "events"
"""Names of the tables with a flow of rows; for instalments, the rows are payments."""
TELL_OF_PAYMENT = (PAYMENTS, STATEMENTS)
USUAL = 0.99
"""A gap is usual if it does not exceed this quantile of the table's gaps."""
WEEKLY_RHYTHM_DAYS = 7
"""A table whose gaps are hardly ever longer has a weekly rhythm; any other table has a monthly one."""
_YEAR_DAYS = 365
FIRST_YEAR_DAYS, FIRST_HOLIDAY_DAYS = 395, 7
"""A table younger than 13 months has not shown its holidays yet, so a week of silence is excused."""
_HOLIDAY_MOVES_DAYS = 21
"""The lunar new year falls up to this many days earlier or later than the year before."""
_ENOUGH_GAPS = 8
_STRAY_SHARE = 0.1
"""Rows after an unusual gap are stray if they are fewer than this share of the usual number in that time."""


@dataclass(frozen=True)
class Flow:
    """The days on which a table has rows, without stray ones."""

    days: Days
    """Distinct days on which a row became known, ascending."""
    tells_through: int | None
    """Last day that the table covers, None without a row; a statement covers the days until the next one is due."""

    @classmethod
    def of(cls, days: Days, rows: NDArray[np.integer]) -> Flow:
        """Return the flow of `rows` rows on each of the ascending `days`, without stray last rows.

        The last rows are stray if they follow an unusual gap and are very few: such rows are mistyped dates, not a sign
        that the table went on.
        """
        while (start := _stray_tail(days, rows)) is not None:
            days, rows = days[:start], rows[:start]
        return cls(days.astype(np.int32), int(days[-1]) if len(days) else None)

    def covering_until(self, newest_day: int) -> Flow:
        """Return the flow with its coverage extended to `newest_day`, if the silence until then is usual.

        `newest_day` is the day of the newest row in any table of the book.
        """
        last = int(self.days[-1])
        silence = self.silence(newest_day + 1)
        until = newest_day if silence is not None and not silence.is_unusual else last
        return replace(self, tells_through=max(until, last))

    def silence(self, as_of: int) -> Silence | None:
        """Return how long the table has been silent as of a day; None if it has no row before that day."""
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
    """Number of days from the day after the last row through the day before the as-of date."""
    usual_days: int
    """Longest silence that is usual at this point."""
    excused_days: int
    """The same, extended by a holiday that a young table cannot have shown yet."""

    @property
    def is_unusual(self) -> bool:
        """Whether the table seems to have stopped."""
        return self.days > self.usual_days


@dataclass(frozen=True)
class Reach:
    """How far the tables of a book reach. By default nothing is known, and every table counts as complete."""

    flows: Mapping[str, Flow] = field(default_factory=dict)
    """Table → its flow, for those of `PAYMENTS`, `STATEMENTS`, `EVENTS` that the book has."""
    given: Mapping[str, int] = field(default_factory=dict)
    """Table → last day for which it is complete, if the lender states one."""
    freshness_days: Mapping[str, int] = field(default_factory=dict)
    """Table → number of days beyond its reach on which a book may still be scored."""
    statement_gap_days: int = 31
    """Days from one statement of a loan to the next, if none was skipped."""

    def stopped(self, as_of: int) -> dict[str, Silence]:
        """Return table → silence, for the tables that seem to have stopped before the day."""
        silences = {}
        for table, last_day in self.given.items():
            if (silent := as_of - 1 - last_day) > 0:
                silences[table] = Silence(last_day, silent, 0, 0)
        for table, flow in self.flows.items():
            if table not in self.given and (silence := flow.silence(as_of)) is not None and silence.is_unusual:
                silences[table] = silence
        return silences

    def newest_rows(self, as_of: int) -> dict[str, int]:
        """Return table → last day before `as_of` on which a row became known, whether or not the table has stopped."""
        silences = {table: flow.silence(as_of) for table, flow in self.flows.items()}
        return {table: silence.last_day for table, silence in silences.items() if silence is not None}

    def payments_through(self, as_of: int) -> int:
        """Return the last day for which payments are known as of a day: an instalment due later is not late yet."""
        stopped = self.stopped(as_of).get(PAYMENTS)
        return NEVER if stopped is None else stopped.last_day

    def too_stale(self, as_of: int) -> tuple[str, Silence] | None:
        """Return the payment or statement table that stopped too long before the day to score anybody, and its silence.

        None if there is no such table.
        """
        for table, silence in self.stopped(as_of).items():
            if table in TELL_OF_PAYMENT and silence.days > self._allowed_days(table, silence):
                return table, silence
        return None

    def refusal(self, as_of: int) -> str | None:
        """Return why nobody can be scored as of the day, and the next step; None if the book is fresh enough."""
        stale = self.too_stale(as_of)
        if stale is None:
            return None
        table, silence = stale
        return (
            f"The table {table} records payments through {to_date(silence.last_day)} only, {silence.days} days before "
            f"{to_date(as_of)}; up to {self._allowed_days(table, silence)} are allowed (book.freshness_days). Bring "
            f"its newer rows, choose an earlier date, or, if it is complete, set book.data_through.{table}."
        )

    def _allowed_days(self, table: str, silence: Silence) -> int:
        return max(silence.usual_days + self.freshness_days.get(table, 0), silence.excused_days)

    def ends_first(self) -> tuple[str, int] | None:
        """Return the slower of the payment and statement tables, and the last day that it covers; None without either.

        Outcomes are known through that day.
        """
        ends = []
        for table in TELL_OF_PAYMENT:
            if table in self.given:
                ends.append((table, self.given[table]))
            elif table in self.flows and (last := self.flows[table].tells_through) is not None:
                ends.append((table, last))
        return min(ends, key=lambda end: end[1], default=None)

    def outcomes_through(self) -> int | None:
        """Return the last day for which outcomes are known; None without payments and statements."""
        end = self.ends_first()
        return None if end is None else end[1]


def statement_gap_days(gaps: NDArray[np.integer]) -> int:
    """Return the days from one statement of a loan to the next if none was skipped.

    `gaps` are all gaps between two statements of a loan. A gap of 1.5 times the median or more skips a statement. The
    result is 31 without gaps.
    """
    if not len(gaps):
        return 31
    kept = gaps[gaps < 1.5 * np.median(gaps)]
    return int(np.quantile(kept if len(kept) else gaps, USUAL, method="higher"))


def _stray_tail(days: Days, rows: NDArray[np.integer]) -> int | None:
    """Return the position from which the last days are stray; None if no day is stray."""
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
    """Return the longest usual gap after the day at this position, judged by all other gaps of the table.

    In a table with a weekly rhythm, gaps after the same day of the week count, else gaps after the same day of the
    month. Gaps at the same time of another year count too. With too few gaps to judge by, it is at least 31 days.
    """
    gaps = np.diff(days)
    others = np.arange(len(gaps)) != position
    if others.sum() < _ENOUGH_GAPS:
        return max(31, int(gaps[others].max(initial=0)))
    # Use the lower of the two nearest ranks: one holiday among fewer than a hundred gaps is not a pattern.
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
    numbers: NDArray[np.int64] = (dates - dates.astype("datetime64[M]")).astype(np.int64) + 1
    return numbers
