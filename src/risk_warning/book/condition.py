"""The condition of a book: properties that could mislead a reader of figures computed from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from risk_warning.book.doubles import SHARED_INSTALMENTS
from risk_warning.book.sql import statement
from risk_warning.book.staged import StagedBook
from risk_warning.core.calendar import to_date
from risk_warning.core.panel.builder import panel_of
from risk_warning.core.reach import Silence

SAMPLED_BORROWERS = 20_000
"""Number of borrowers whose days past due are checked."""
_TOLERANCE_RATIO = 0.01


@dataclass(frozen=True)
class Condition:
    """The findings of `check` about a book besides its rows."""

    newest_day: date | None
    """Latest day on which any table has a row."""
    stopped: dict[str, tuple[date, int]]
    """Table → (last day with a row, days without rows since), for tables that seem to stop before the newest day."""
    closed_loans: int
    doubtful_closings: int
    closings_are_doubtful: bool
    redated_loans: int
    """Loans with an instalment that was deferred or reduced."""
    sampled_with_open_loan: int
    sampled_with_unknown_dpd: int
    """Of these, borrowers for whom no row gives days past due."""
    events_alike: int
    """Number of events that repeat another in every column if no event has a time of day; all of them count."""

    def lines(self) -> Iterator[str]:
        """Yield the notable findings as sentences."""
        for table, (last, days) in self.stopped.items():
            yield (
                f"{table} stop on {last}, {days} day(s) before the book's newest row; payments due "
                "after it do not count as late, and outcomes are known only up to it."
            )
        if self.doubtful_closings:
            verdict = (
                "their outcomes count as unknown. Bring a column closed_as in loans (paid, sold, charged_off or "
                "refinanced)."
                if self.closings_are_doubtful
                else "these are too few to matter and count as paid off."
            )
            yield (
                f"{self.doubtful_closings:,} of {self.closed_loans:,} closed loans were closed while past due, without "
                f"a payment close to the date, or as another loan opened, or were sold; {verdict}"
            )
        if self.redated_loans:
            yield f"{self.redated_loans:,} loans have instalments that were deferred or reduced."
        if self.sampled_with_unknown_dpd:
            share = self.sampled_with_unknown_dpd / self.sampled_with_open_loan
            yield (
                f"Of {self.sampled_with_open_loan:,} sampled borrowers with an open loan, {share:.1%} have unknown "
                "days past due: no row gives them."
            )
        if self.events_alike:
            yield (
                f"{self.events_alike:,} events repeat another event in every column; they have no time of day, so "
                "all of them count."
            )


def condition(book: StagedBook) -> Condition:
    """Return the condition of the book; days past due are taken on the day after its newest row."""
    reach = book.observed.reach
    newest = max((int(flow.days[-1]) for flow in reach.flows.values() if len(flow.days)), default=None)
    stopped: dict[str, Silence] = {} if newest is None else reach.stopped(newest + 1)
    redated = with_loan = unknown = 0
    stride = -(-book.n_borrowers // SAMPLED_BORROWERS)
    day = book.data_through if newest is None else to_date(newest + 1)
    for number, rows in enumerate(book.chunks(min(SAMPLED_BORROWERS, 2_000))):
        if number % stride:
            continue
        history = book.history(rows, _TOLERANCE_RATIO)
        panel = panel_of(history, day, needs=())
        with_loan += int(panel.has_open_loan.sum())
        unknown += int((panel.has_open_loan & np.isnan(panel.dpd_current)).sum())
    con = book.con.cursor()
    if "instalments" in book.outputs:
        con.execute(
            statement(
                "SELECT count(DISTINCT loan) FROM (SELECT loan FROM staged_instalments "
                "SEMI JOIN {shared} USING (loan, instalment_no) GROUP BY loan, instalment_no "
                "HAVING max(due_on) > min_by(due_on, scheduled_on) OR "
                "min(due_amount) < min_by(due_amount, scheduled_on))",
                shared=SHARED_INSTALMENTS,
            )
        )
        redated = int(con.fetchall()[0][0])
    closings = book.closings
    return Condition(
        newest_day=None if newest is None else to_date(newest),
        stopped={table: (to_date(silence.last_day), silence.days) for table, silence in stopped.items()},
        closed_loans=closings.closed,
        doubtful_closings=closings.doubtful,
        closings_are_doubtful=closings.are_doubtful,
        redated_loans=redated,
        sampled_with_open_loan=with_loan,
        sampled_with_unknown_dpd=unknown,
        events_alike=book.events_alike,
    )
