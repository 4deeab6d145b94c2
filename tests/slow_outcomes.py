"""Days past due and outcomes from the files of a book alone, day by day: slow, and independent of the package.

The first version of an instalment counts. Payments on any of its rows count, net of reversals, from the day after the
payment; an instalment with 1 % left counts as paid. A loan is not past due from its closing or write-off on. The latest
version of a statement counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas
from numpy.typing import NDArray

TOLERANCE = 0.01
BAD_DPD = 30
HORIZON_MONTHS = 3
WRITE_OFF_MEMORY_MONTHS = 12


@dataclass(frozen=True)
class SlowBook:
    """The loans of a book, with their days past due and statements as far as they are known."""

    loans: pandas.DataFrame
    """By `loan_id`; `opened`, `closed`, `lost` and `ended` (the earlier of closed and lost) are days from the first."""
    dpd: NDArray[np.int16]
    """Of loans with instalments at the start of each day, as if they never ended; 0 for cards. Shape (loans, days)."""
    statements: pandas.DataFrame
    """The latest version of each statement, with its `day`, counted from the first."""
    first_day: pandas.Timestamp

    def day(self, when: pandas.Timestamp) -> int:
        """Return the number of days from the first day."""
        return (when - self.first_day).days

    def is_open(self, as_of: pandas.Timestamp) -> pandas.Series:
        """Return whether each loan was opened before the day and has not ended before it."""
        return (self.loans["opened"] < self.day(as_of)) & ~(self.loans["ended"] < self.day(as_of))

    def dpd_on(self, as_of: pandas.Timestamp) -> pandas.Series:
        """Return days past due of each open loan at a month's start; NaN for a card if no statement gives them."""
        day = self.day(as_of)
        dpd = pandas.Series(self.dpd[:, day].astype(float), index=self.loans.index)
        before = self.statements[self.statements["day"] == day - 1].set_index("loan_id")["days_past_due"]
        # A card that is past due at the end of a month is one more day past due at the start of the next.
        of_cards = (before + (before > 0)).reindex(self.loans.index)
        # A card has its first statement in the month after its opening.
        is_new = self.loans["opened"] >= self.day(as_of - pandas.DateOffset(months=1))
        dpd = dpd.where(~self.loans["is_card"], of_cards.mask(is_new, 0.0))
        return dpd[self.is_open(as_of)]

    def bad_loans(self, as_of: pandas.Timestamp) -> pandas.Series:
        """Whether each loan open at the month's start turns bad in the outcome window; NaN for a card if unknown."""
        low, high = self.day(as_of), self.day(as_of + pandas.DateOffset(months=HORIZON_MONTHS))
        ended = self.loans["ended"].fillna(np.inf)
        ages = np.arange(low, high) < ended.to_numpy()[:, None]
        bad = pandas.Series(((self.dpd[:, low:high] >= BAD_DPD) & ages).any(axis=1), index=self.loans.index)
        bad |= (self.loans["lost"] >= low) & (self.loans["lost"] < high)
        in_window = self.statements[self.statements["day"].between(low, high - 1)]
        of_card = in_window.groupby("loan_id")["days_past_due"].agg(["max", "count"]).reindex(self.loans.index)
        bad |= of_card["max"] >= BAD_DPD
        month_ends = [self.day(as_of + pandas.DateOffset(months=k)) - 1 for k in range(1, HORIZON_MONTHS + 1)]
        expected = sum((ended > day).astype(int) for day in month_ends)
        is_silent = self.loans["is_card"] & (of_card["count"].fillna(0) < expected)
        return bad.astype(float).where(bad | ~is_silent)[self.is_open(as_of)]

    def outcomes(self, as_of: pandas.Timestamp) -> pandas.Series:
        """Return 1 or 0 for each borrower who could be scored at the month's start; NaN if unknown."""
        owner = self.loans["borrower_id"]
        lost_before = self.loans["lost"] < self.day(as_of)
        lately = self.loans["lost"] >= self.day(as_of - pandas.DateOffset(months=WRITE_OFF_MEMORY_MONTHS))
        refused = set(owner[lost_before & lately])
        dpd = self.dpd_on(as_of)
        refused |= set(owner[dpd.index[dpd >= BAD_DPD]])
        loans = self.bad_loans(as_of)
        by_borrower = loans.groupby(owner[loans.index])
        # One bad loan makes the borrower bad; without one, the outcome of every loan must be known.
        outcome = by_borrower.max().where((by_borrower.max() == 1) | (by_borrower.count() == by_borrower.size()))
        unknown_dpd = set(owner[dpd.index[dpd.isna()]])
        return outcome[~outcome.index.isin(refused)].mask(lambda s: s.index.isin(unknown_dpd))


def read(book: Path, first_day: pandas.Timestamp, end: pandas.Timestamp) -> SlowBook:
    """Read the book; days run from `first_day` to `end`, both included."""
    loans = pandas.read_parquet(book / "loans.parquet").set_index("loan_id").sort_index()
    columns = {"opened": "opened_on", "closed": "closed_on", "lost": "written_off_on"}
    for name, column in columns.items():
        loans[name] = (pandas.to_datetime(loans[column]) - first_day).dt.days
    loans["ended"] = loans[["closed", "lost"]].min(axis=1)
    loans["is_card"] = loans["credit_limit"].notna()
    rows = pandas.read_parquet(book / "statements.parquet").sort_values("recorded_on")
    statements = rows.drop_duplicates(["loan_id", "statement_on"], keep="last").copy()
    statements["day"] = (pandas.to_datetime(statements["statement_on"]) - first_day).dt.days
    dpd = np.zeros((len(loans), (end - first_day).days + 1), np.int16)
    place = {loan: row for row, loan in enumerate(loans.index)}
    instalments = pandas.read_parquet(book / "instalments.parquet").sort_values("scheduled_on", kind="stable")
    for name in ("due_on", "paid_on"):
        instalments[name] = (pandas.to_datetime(instalments[name]) - first_day).dt.days
    rows = instalments[["loan_id", "instalment_no", "due_on", "due_amount", "paid_on", "paid_amount"]]
    versions: dict[tuple[int, int], list[tuple[float, ...]]] = {}
    for loan, number, *rest in rows.itertuples(index=False, name=None):
        versions.setdefault((loan, number), []).append(tuple(rest))
    for (loan, _), of_one in versions.items():
        _age(dpd[place[loan]], of_one)
    return SlowBook(loans, dpd, statements, first_day)


def _age(dpd: NDArray[np.int16], rows: list[tuple[float, ...]]) -> None:
    """Raise a loan's days past due to those of the instalment in these rows (due, amount, paid on, paid)."""
    due_day, amount = int(rows[0][0]), rows[0][1]
    payments = sorted((int(paid_on), paid) for _, _, paid_on, paid in rows if not np.isnan(paid_on))
    left, day = amount, due_day + 1
    for paid_on, paid in [*payments, (len(dpd) - 1, 0.0)]:
        stop = min(paid_on + 1, len(dpd))
        if left > TOLERANCE * amount and stop > day:
            dpd[day:stop] = np.maximum(dpd[day:stop], np.arange(day, stop) - due_day)
        left, day = left - paid, max(day, stop)
