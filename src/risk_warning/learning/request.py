"""The request: the target to train a model for, the recipe, and the as-of dates."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from risk_warning.book import StagedBook
from risk_warning.core.calendar import add_months, monthly
from risk_warning.core.outcomes.target import TargetSpec
from risk_warning.errors import AsOfDateError, LabelError, SettingsError
from risk_warning.learning.recipe import Recipe

DEFAULT_HORIZON_MONTHS = 3
"""Length of the outcome window if none is given, months."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """A model to train, on either one as-of date or a range of months; neither means all mature months."""

    target: TargetSpec
    as_of_date: date | None = None
    first: date | None = None
    last: date | None = None
    folds: int | None = None
    with_openings: bool = False
    """Whether to learn from past loan openings as well."""
    horizons_months: tuple[int, ...] = (2, 3, 6)
    """Windows to predict besides that of the target, if the book has enough months."""
    recipe: Recipe = field(default_factory=Recipe)

    def horizon_too_short(self, *, derived: bool) -> bool:
        """Whether outcomes are derived and no current borrower can turn bad within the window."""
        return derived and self.target.horizon_months * 30 <= self.target.bad_dpd


def as_of_dates(book: StagedBook, request: Request) -> tuple[date, ...]:
    """Return the requested dates, checked; without a request, the first day of every mature month of the book."""
    spec, given = request.target, book.outcome_dates
    if request.horizon_too_short(derived=not given):
        raise SettingsError(
            f"Within {spec.horizon_months} month(s) no borrower who is current can reach {spec.bad_dpd} days past "
            "due; give a longer --horizon-months, or bring a table outcomes."
        )
    if request.as_of_date is not None:
        day = request.as_of_date
        if not book.first_date < day or (day - book.data_through).days > 1:
            raise AsOfDateError(
                f"The as-of date {day} lies outside the data, which goes from {book.first_date} through "
                f"{book.data_through}; choose one in between."
            )
        if given and day not in given:
            raise LabelError(f"The table outcomes has no row for {day}; it has {', '.join(map(str, given[:6]))}.")
        if not given and not spec.is_mature(day, book.data_through):
            raise LabelError(
                f"What happened in the {spec.horizon_months} month(s) from {day} is not known yet: the data end on "
                f"{book.data_through}. Choose an earlier date."
            )
        return (day,)
    start = request.first or add_months(book.first_date.replace(day=1), spec.min_history)
    grid = given or monthly(start, book.data_through)
    dates = tuple(
        day
        for day in grid
        if day >= start
        and (request.last is None or day <= request.last)
        and day > book.first_date
        and (given or spec.is_mature(day, book.data_through))
    )
    if not dates:
        raise LabelError(
            f"The book has no mature month: its data end on {book.data_through} and an outcome takes "
            f"{spec.horizon_months} month(s) after at least {spec.min_history} of history. Bring more months."
        )
    return dates
