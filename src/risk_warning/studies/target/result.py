"""The evidence for choosing a bad definition and a horizon: counts over a whole book, their shares, and the verdict."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.calendar import add_months
from risk_warning.core.outcomes.arrears import LEVELS
from risk_warning.stats.rates import wilson
from risk_warning.studies.target.counts import CureCount, HorizonCount, MaturityCount, RollCounts, VintageCount
from risk_warning.studies.target.onset import HORIZONS_MONTHS, VINTAGE_DPD
from risk_warning.studies.target.roll_rates import BUCKETS, CURE_LEVELS, CURE_MONTHS, WRITTEN_OFF

Counts = NDArray[np.int64]
MATURITY_MONTHS = (2, 3, 6)
"""Horizons whose maturity the study shows."""
MIN_TIMES = 30
"""Number of times a level must have been reached before a share of them is meaningful."""


@dataclass(frozen=True)
class Share:
    """A share, `part` of `n`, with its 95 % interval (Wilson); value and interval are None if n is 0."""

    n: int
    part: int

    @property
    def value(self) -> float | None:
        """The share."""
        return self.part / self.n if self.n else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The ends (low, high)."""
        return wilson(self.part, self.n) if self.n else None

    def __str__(self) -> str:
        return "–" if self.value is None else f"{self.value:.1%}"


@dataclass(frozen=True)
class TargetEvidence:
    """The evidence of one book on bad definitions and horizons."""

    dates: tuple[date, ...]
    """As-of dates a month apart."""
    data_through: date
    complete: date
    """The first day that is not in the data."""
    borrowers: int
    set_aside: int
    """Number of borrowers left out because rows of theirs are in quarantine."""
    outcome_dates: tuple[date, ...]
    """As-of dates with outcomes in the book's table `outcomes`."""
    rolls: Counts
    """As returned by `roll_rates.rolls`."""
    cures: Counts
    """As returned by `roll_rates.cures`."""
    vintage_quarters: tuple[date, ...]
    vintages: Counts
    """As returned by `onset.vintages`."""
    vintage_months: tuple[int, ...]
    """Number of months on book that are known for each quarter."""
    current: Counts
    bads: Counts
    """`current` and `bads` as returned by `onset.onsets`."""

    def rolled(self, bucket: int, after: int) -> Share:
        """Return the share of a bucket's loans that are in `AFTER[after]` a month later, over all months."""
        return Share(int(self.rolls[:, bucket].sum()), int(self.rolls[:, bucket, after].sum()))

    def worsened(self, bucket: int, month: int) -> Share:
        """Return the share of a bucket's loans on a date that are further behind or written off a month later."""
        row = self.rolls[month, bucket]
        return Share(int(row.sum()), int(row[bucket + 1 : len(BUCKETS)].sum() + row[WRITTEN_OFF]))

    def cured(self, level: int, months: int) -> Share:
        """Return how often a loan that reached a level was back at 0 days past due within so many months."""
        times, cured, _ = self.cures[CURE_LEVELS.index(level), CURE_MONTHS.index(months)]
        return Share(int(times), int(cured))

    def lost(self, level: int, months: int) -> Share:
        """Return how often a loan that reached a level was 90 days past due or written off within so many months."""
        times, _, lost = self.cures[CURE_LEVELS.index(level), CURE_MONTHS.index(months)]
        return Share(int(times), int(lost))

    def vintage(self, quarter: int) -> tuple[Share, ...]:
        """Return the shares of a quarter's loans ever 30 days past due or written off by 1, 2, … months on book.

        The shares end with the last month on book that is known for the quarter.
        """
        row = self.vintages[quarter]
        by_age = np.cumsum(row[1 : self.vintage_months[quarter] + 1])
        return tuple(Share(int(row.sum()), int(count)) for count in by_age)

    def mature_on(self, day: date, months: int) -> date:
        """Return the first day on which the whole window of so many months from `day` is known."""
        return add_months(day, months)

    def is_mature(self, day: date, months: int) -> bool:
        """Whether the whole window lies in the data."""
        return self.mature_on(day, months) <= self.complete

    @property
    def longest_horizon_months(self) -> int:
        """The longest horizon for which at least one date is mature, 0 if there is none."""
        return max((months for months in HORIZONS_MONTHS if self.is_mature(self.dates[0], months)), default=0)

    def bad(self, months: int, level: int) -> Share:
        """Return the share of current borrowers who turn bad within a horizon.

        All horizons use the same dates: those mature for the longest horizon.
        """
        return self._bad([day for day in self.dates if self.is_mature(day, self.longest_horizon_months)], months, level)

    def bad_on(self, day: date, months: int) -> Share | None:
        """Return the share of borrowers current on a date who reach 30 days past due within a horizon.

        None if the date is not mature for the horizon.
        """
        return self._bad([day], months, VINTAGE_DPD) if self.is_mature(day, months) else None

    def _bad(self, days: list[date], months: int, level: int) -> Share:
        rows = [self.dates.index(day) for day in days]
        bads = self.bads[rows, HORIZONS_MONTHS.index(months), LEVELS.index(level)]
        return Share(int(self.current[rows].sum()), int(bads.sum()))

    def last_mature(self, months: int) -> date | None:
        """Return the latest date that is mature for a horizon, None if there is none."""
        return max((day for day in self.dates if self.is_mature(day, months)), default=None)

    @property
    def stays_late_from(self) -> int | None:
        """The lowest level from which fewer than half of the loans return to 0 within 3 months.

        Levels reached fewer than `MIN_TIMES` times are skipped; None if no level remains.
        """
        for level in CURE_LEVELS:
            cured = self.cured(level, CURE_MONTHS[0])
            if cured.n >= MIN_TIMES and 2 * cured.part < cured.n:
                return level
        return None

    @property
    def verdict(self) -> str:
        """The conclusion from the evidence, in at most two sentences."""
        months = CURE_MONTHS[0]
        judged = [level for level in CURE_LEVELS if self.cured(level, months).n >= MIN_TIMES]
        if not judged:
            most = self.cured(CURE_LEVELS[0], months).n
            return (
                f"Too few loans were late to say which definition fits: loans reached {CURE_LEVELS[0]} days past due "
                f"{most:,} time(s) with {months} months of data afterwards, and a share needs {MIN_TIMES}."
            )
        return " ".join(self._sentences(judged, months))

    def _sentences(self, judged: list[int], months: int) -> Iterator[str]:
        level = self.stays_late_from
        if level is None:
            yield (
                f"No definition up to {judged[-1]} days past due marks a point of no return: of the loans that reach "
                f"it, {self.cured(judged[-1], months)} are back at 0 within {months} months."
            )
        else:
            before = [lower for lower in judged if lower < level]
            against = f", compared with {self.cured(before[-1], months)} from {before[-1]} days" if before else ""
            yield (
                f"From {level} days past due most loans stay late: {self.cured(level, months)} are back at 0 within "
                f"{months} months{against}."
            )
        definition, longest = level or judged[-1], self.longest_horizon_months
        if longest > months:
            yield (
                f"Of current borrowers, {self.bad(months, definition)} reach that level within {months} months and "
                f"{self.bad(longest, definition)} within {longest}."
            )

    @property
    def basis(self) -> str:
        """The data behind the figures, in one line."""
        left_out = f" {self.set_aside:,} borrowers with rows set aside are left out." if self.set_aside else ""
        return (
            f"{self.borrowers:,} borrowers, {len(self.dates)} as-of dates from {self.dates[0]} to {self.dates[-1]}, "
            f"data through {self.data_through}; payments count as they happened, whenever recorded.{left_out}"
        )

    @property
    def roll_counts(self) -> RollCounts:
        """The counts behind the roll rates."""
        return RollCounts(self.rolls)

    @property
    def cure_counts(self) -> tuple[CureCount, ...]:
        """The counts behind `cured` and `lost`, one row per level and number of months."""
        return tuple(
            CureCount(
                dpd=level,
                within_months=months,
                times_reached=self.cured(level, months).n,
                back_at_0=self.cured(level, months).part,
                reached_90_or_written_off=self.lost(level, months).part,
            )
            for level in CURE_LEVELS
            for months in CURE_MONTHS
        )

    @property
    def vintage_counts(self) -> tuple[VintageCount, ...]:
        """The counts behind `vintage`, one row per quarter."""
        return tuple(
            VintageCount(
                opened_from=quarter,
                loans=int(self.vintages[index].sum()),
                ever_30_by_month_on_book=tuple(share.part for share in self.vintage(index)),
            )
            for index, quarter in enumerate(self.vintage_quarters)
        )

    @property
    def horizon_counts(self) -> tuple[HorizonCount, ...]:
        """The counts behind `bad`, one row per level and horizon up to the longest one."""
        return tuple(
            HorizonCount(
                bad_dpd=level,
                horizon_months=months,
                current_borrowers=self.bad(months, level).n,
                bads=self.bad(months, level).part,
            )
            for level in LEVELS
            for months in HORIZONS_MONTHS[: self.longest_horizon_months]
        )

    @property
    def maturity_counts(self) -> tuple[MaturityCount, ...]:
        """The counts behind `bad_on`, one row per as-of date."""
        return tuple(
            MaturityCount(
                as_of_date=day,
                current_borrowers=int(self.current[row]),
                bads={
                    months: share.part if (share := self.bad_on(day, months)) else None for months in MATURITY_MONTHS
                },
                mature_on={months: self.mature_on(day, months) for months in MATURITY_MONTHS},
            )
            for row, day in enumerate(self.dates)
        )
