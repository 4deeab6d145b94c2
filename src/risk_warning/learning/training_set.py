"""The training set: a book's eligible borrowers on several as-of dates, with their outcomes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from risk_warning.book import StagedBook
from risk_warning.core import features
from risk_warning.core.calendar import to_day
from risk_warning.core.features import Feature
from risk_warning.core.history.history import History
from risk_warning.core.outcomes.contacts import Contacts
from risk_warning.core.outcomes.labels import (
    ELIGIBLE,
    ELIGIBLE_BAD,
    LEFT_OUT,
    NEVER_KNOWN,
    NO_OUTCOME,
    OUTCOME_UNKNOWN,
    Outcomes,
    given_outcomes,
    outcomes,
)
from risk_warning.core.outcomes.openings import openings as openings_of
from risk_warning.core.outcomes.target import REASONS, TargetSpec, not_scored
from risk_warning.core.panel.builder import panel_of
from risk_warning.core.panel.panel import Panel
from risk_warning.core.rows import ByBorrower, Rows
from risk_warning.learning.parallel import at_once

Keep = Callable[[NDArray[Any], date], NDArray[np.bool_]]


@dataclass(frozen=True)
class TrainingSet:
    """The rows to learn from, one per borrower and as-of date; all arrays have length n."""

    features: tuple[Feature, ...]
    x: NDArray[np.float32]
    """Shape (n, features); a category feature holds its code in the book's categories."""
    bad: NDArray[np.bool_]
    bad_on: NDArray[np.int32]
    """First day on which they were bad; `NEVER` if the book has no such day, or it is not known from payments."""
    unknown_from: NDArray[np.int32]
    """First day for which it is not known whether they turned bad; `NEVER` if everything is known, `ALWAYS` if it could
    never be known that they stayed good."""
    borrower_id: NDArray[Any]
    date_index: NDArray[np.int16]
    dates: tuple[date, ...]
    dpd: NDArray[np.float32]
    """Days past due on the as-of date, NaN if unknown."""
    record_periods: NDArray[np.int32]
    """Months of history with a record."""
    at_opening: NDArray[np.bool_]
    """Whether the row is at the opening of a loan, not on one of the requested dates."""
    contacts: Contacts
    """Contacts from the as-of date on."""
    left_out: dict[str, int]
    """Reason → number of borrowers left out on the requested dates (`REASONS` and `LEFT_OUT`); also the counts
    `ELIGIBLE` and `ELIGIBLE_BAD`."""

    def take(self, rows: NDArray[np.bool_]) -> TrainingSet:
        """Return the chosen rows."""
        return replace(
            self,
            x=self.x[rows],
            bad=self.bad[rows],
            bad_on=self.bad_on[rows],
            unknown_from=self.unknown_from[rows],
            borrower_id=self.borrower_id[rows],
            date_index=self.date_index[rows],
            dpd=self.dpd[rows],
            record_periods=self.record_periods[rows],
            at_opening=self.at_opening[rows],
            contacts=self.contacts.take(rows),
        )

    def on(self, dates: Collection[date], *, at_openings: bool = False) -> NDArray[np.bool_]:
        """Whether each row is on one of the dates, either as a requested date or `at_openings`."""
        chosen = frozenset(dates)
        wanted = np.array([day in chosen for day in self.dates])
        is_on: NDArray[np.bool_] = wanted[self.date_index] & (self.at_opening == at_openings)
        return is_on


def training_set(
    book: StagedBook,
    dates: Sequence[date],
    spec: TargetSpec,
    chosen: Sequence[Feature],
    *,
    borrowers_per_chunk: int,
    keep: Keep | None = None,
    openings: tuple[date, date] | None = None,
    known_only: bool = True,
    advance: Callable[[int], None] | None = None,
) -> TrainingSet:
    """Return every eligible borrower on every date, in order of borrowers within chunks.

    `keep` (ids, date → which to keep) thins large books by id and date, independently of a row's target.
    `openings` adds borrowers who opened a loan the day before, for the as-of dates from its first to its last.
    `known_only` leaves out borrowers whose outcome is not known.
    `advance` is called with the number of borrowers done.
    """
    days, needs = tuple(dates), features.signals_of(chosen)
    if openings:
        first, last = openings
        days += tuple(first + timedelta(days=k) for k in range((last - first).days + 1))
    work = _Work(
        book, tuple(dates), spec, tuple(chosen), keep, openings, known_only, frozenset(book.outcome_dates), needs
    )
    lows = range(0, book.n_borrowers, borrowers_per_chunk)
    chunks = [partial(work.chunk, low, min(low + borrowers_per_chunk, book.n_borrowers), advance) for low in lows]
    parts: list[tuple[NDArray[Any], ...]] = []
    left_out = dict.fromkeys((*REASONS, *LEFT_OUT, ELIGIBLE, ELIGIBLE_BAD), 0)
    for of_chunk, counts in at_once(chunks):
        parts += of_chunk
        left_out = {why: count + counts[why] for why, count in left_out.items()}
    x, bad, first_bad, unknown_from, borrower_id, date_index, dpd, record_periods, at_opening, *contacts = (
        np.concatenate(column) for column in zip(*parts, strict=True)
    )
    return TrainingSet(
        tuple(chosen),
        x,
        bad,
        first_bad,
        unknown_from,
        borrower_id,
        date_index,
        days,
        dpd,
        record_periods,
        at_opening,
        Contacts(*contacts),
        left_out,
    )


@dataclass(frozen=True)
class _Work:
    """The arguments shared by all chunks of borrowers."""

    book: StagedBook
    dates: tuple[date, ...]
    spec: TargetSpec
    chosen: tuple[Feature, ...]
    keep: Keep | None
    openings: tuple[date, date] | None
    known_only: bool
    outcome_dates: frozenset[date]
    needs: frozenset[str]

    def chunk(
        self, low: int, high: int, advance: Callable[[int], None] | None
    ) -> tuple[list[tuple[NDArray[Any], ...]], dict[str, int]]:
        """Return (rows of borrowers `low` … `high` − 1, one part per date; reason → number of borrowers left out)."""
        rows = self.book.rows(low, high)
        left_out = dict.fromkeys((*REASONS, *LEFT_OUT, ELIGIBLE, ELIGIBLE_BAD), 0)
        history = self.book.history(rows, self.spec.dpd_tolerance_ratio)
        parts = [self._on_date(rows, history, index, left_out) for index in range(len(self.dates))]
        if self.openings:
            parts += self._at_openings(rows, history, *self.openings)
        if advance:
            advance(rows.n)
        return parts, left_out

    def _on_date(self, rows: Rows, history: History, index: int, left_out: dict[str, int]) -> tuple[NDArray[Any], ...]:
        day, spec = self.dates[index], self.spec
        panel = panel_of(history, day, needs=self.needs)
        why = not_scored(panel, spec, rows.set_aside)
        for code, reason in enumerate(REASONS):
            left_out[reason] += int((why == code).sum())
        wanted = why < 0
        if day in self.outcome_dates:
            has_row, bad = given_outcomes(history, day)
            outcome = Outcomes.given(has_row)
            left_out[NO_OUTCOME] += int((wanted & ~has_row).sum())
            wanted &= has_row
        else:
            outcome, end = outcomes(history, day, spec), to_day(spec.window_end(day))
            bad = outcome.bad(end)
            if self.known_only:
                left_out[NEVER_KNOWN] += int((wanted & ~outcome.could_be_good).sum())
                wanted &= outcome.could_be_good
                left_out[OUTCOME_UNKNOWN] += int((wanted & ~outcome.known(end)).sum())
                wanted &= outcome.known(end)
        left_out[ELIGIBLE] += int(wanted.sum())
        left_out[ELIGIBLE_BAD] += int((wanted & bad).sum())
        if self.keep is not None:
            wanted &= self.keep(rows.borrower_id, day)
        return _columns(rows, panel, self.chosen, wanted, (bad, outcome), (day, index), at_opening=False)

    def _at_openings(self, rows: Rows, history: History, first: date, last: date) -> Iterator[tuple[NDArray[Any], ...]]:
        by_borrower, spec = ByBorrower.of(rows), self.spec
        for day, opened in openings_of(history.accounts, first, last).items():
            if self.keep is not None:
                opened = opened[self.keep(rows.borrower_id[opened], day)]
            if not len(opened):
                continue
            # A day has few openings, so a panel of those borrowers alone is cheap; it is equal to the bit.
            few = by_borrower.select(opened)
            history_of_few = self.book.history(few, spec.dpd_tolerance_ratio)
            panel = panel_of(history_of_few, day, needs=self.needs)
            outcome, end = outcomes(history_of_few, day, spec), to_day(spec.window_end(day))
            wanted = not_scored(panel, spec, few.set_aside) < 0
            if self.known_only:
                wanted &= outcome.could_be_good & outcome.known(end)
            when = day, len(self.dates) + (day - first).days
            yield _columns(few, panel, self.chosen, wanted, (outcome.bad(end), outcome), when, at_opening=True)


def _columns(
    rows: Rows,
    panel: Panel,
    chosen: Sequence[Feature],
    wanted: NDArray[np.bool_],
    outcome: tuple[NDArray[np.bool_], Outcomes],
    when: tuple[date, int],
    *,
    at_opening: bool,
) -> tuple[NDArray[Any], ...]:
    """Return the arrays of a training set for the wanted borrowers, in the order of its fields.

    `when` is the as-of date and its index.
    """
    selected = np.flatnonzero(wanted)
    (day, index), (bad, later) = when, outcome
    contacts = Contacts.of(rows, to_day(day)).take(selected)
    dpd = panel["dpd"][0] if "dpd" in panel.signals else np.full(panel.n, np.nan, np.float32)
    return (
        features.matrix(panel, chosen)[:, selected].T,
        *(part[selected] for part in (bad, later.bad_on, later.learnable_until)),
        rows.borrower_id[selected],
        np.full(len(selected), index, np.int16),
        dpd[selected],
        panel.record_periods[selected],
        np.full(len(selected), at_opening, np.bool_),
        contacts.contacted_on,
        contacts.contacted_by_lot_on,
        contacts.withheld_on,
    )
