"""The target job: reads a book and computes the evidence for choosing a bad definition and a horizon."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
from rich.progress import Progress

from risk_warning.book import StagedBook, open_book
from risk_warning.core.calendar import add_months, monthly
from risk_warning.core.outcomes.arrears import Arrears
from risk_warning.core.outcomes.target import TargetSpec
from risk_warning.errors import AsOfDateError, BookError, LabelError
from risk_warning.settings import Settings
from risk_warning.studies.target.onset import months_known, onsets, quarters, vintages
from risk_warning.studies.target.result import TargetEvidence
from risk_warning.studies.target.roll_rates import cures, rolls


def target_evidence(
    location: str | Path, settings: Settings, first: date | None, last: date | None, progress: Progress
) -> TargetEvidence:
    """Return the evidence for the as-of dates from `first` to `last`, by default for all the months of the book.

    Raises
    ------
    BookError
        The book does not show how late its loans were.
    AsOfDateError
        A date lies outside the data, or the first is after the last.
    LabelError
        There are fewer than two dates a month apart.
    """
    task = progress.add_task("reading the book", total=None)
    with open_book(location, settings.book, data_through=settings.data_through, today=date.today()) as book:
        if not (book.observed.has("instalments") or book.observed.has("statements", "days_past_due")):
            raise BookError(
                f"{location} does not show how late its loans were; add the table instalments, or statements with "
                "days_past_due."
            )
        complete = book.data_through + timedelta(days=1)
        dates = _dates(book, first, last, complete)
        starts = quarters(dates[0], dates[-1])
        progress.update(task, description="following the loans", total=book.n_borrowers)
        parts, set_aside = [], 0
        for rows in book.chunks(settings.score.borrowers_per_chunk):
            arrears = Arrears.of(book.history(rows, TargetSpec().dpd_tolerance_ratio), dates)
            parts.append(
                (
                    rolls(arrears, dates),
                    cures(arrears, dates[0], complete),
                    vintages(arrears, dates[0], dates[-1]),
                    *onsets(arrears, dates),
                )
            )
            set_aside += 0 if rows.set_aside is None else int(rows.set_aside.sum())
            progress.advance(task, rows.n)
        rolled, cured, aged, current, bads = (np.sum(part, axis=0) for part in zip(*parts, strict=True))
        return TargetEvidence(
            dates=dates,
            data_through=book.data_through,
            complete=complete,
            borrowers=book.n_borrowers,
            set_aside=set_aside,
            outcome_dates=book.outcome_dates,
            rolls=rolled,
            cures=cured,
            vintage_quarters=starts if "loans" in book.columns else (),
            vintages=aged,
            vintage_months=months_known(starts, dates[-1], complete),
            current=current,
            bads=bads,
        )


def _dates(book: StagedBook, first: date | None, last: date | None, complete: date) -> tuple[date, ...]:
    """Return as-of dates a month apart, by default the first day of each month in the data."""
    for day in (first, last):
        if day is not None and not book.first_date < day <= complete:
            raise AsOfDateError(
                f"The date {day} is outside the data, which goes from {book.first_date} through "
                f"{book.data_through}; choose a date in this range."
            )
    start = first or add_months(book.first_date.replace(day=1), 1)
    dates = monthly(start, last or complete)
    if len(dates) < 2:
        raise LabelError(
            f"There are not two dates a month apart from {start} to {last or complete}, so no loan can be followed; "
            "give an earlier --from or a later --to, or use a book with more months."
        )
    return dates
