"""Check that instalments due on or after a loan's closing change no borrower, panel or score, bit for bit.

    python benchmarks/ended_loans.py BOOK MODEL

The benchmark compares the book with and without these instalments as of the first of every month, for every borrower
whose closings are all known by then. The due date is that of the contract, the first version of the instalment. An
instalment that fell due before the closing and was re-dated beyond it stays; its payment would be lost with its row.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas

from risk_warning.book import open_book
from risk_warning.core.calendar import NEVER, add_months, to_day
from risk_warning.core.outcomes.labels import outcomes
from risk_warning.core.rows import Rows
from risk_warning.model.folder import load
from risk_warning.settings import Settings


def without_rest(rows: Rows) -> Rows:
    """Return the rows without instalments due on or after the closing of their loan."""
    assert rows.loans is not None and rows.instalments is not None
    closed = np.full(rows.n_loans, NEVER, np.int64)
    np.minimum.at(closed, rows.loans["loan"], rows.loans["closed_on"])
    table = pandas.DataFrame(
        {name: rows.instalments[name] for name in ("loan", "instalment_no", "due_on", "scheduled_on")}
    )
    by_contract = table.sort_values("scheduled_on", kind="stable").groupby(["loan", "instalment_no"])["due_on"]
    kept = by_contract.transform("first").sort_index().to_numpy() < closed[rows.instalments["loan"]]
    return replace(rows, instalments={name: column[kept] for name, column in rows.instalments.items()})


def main(location: str, folder: Path) -> None:
    model, settings = load(folder), Settings()
    compared = differing = labels = labels_differing = removed = 0
    with open_book(location, settings.book) as book:
        observed = model.observed_in(book)
        day, days = add_months(book.first_date.replace(day=1), 6), []
        while day <= book.data_through:
            days.append(day)
            day = add_months(day, 1)
        for rows in book.chunks(settings.score.borrowers_per_chunk):
            assert rows.loans is not None and rows.instalments is not None
            bare = without_rest(rows)
            removed += len(rows.instalments["loan"]) - len((bare.instalments or {})["loan"])
            histories = [book.history(one, model.target.dpd_tolerance_ratio) for one in (rows, bare)]
            for as_of in days:
                # Before a closing is known, the version with the remaining instalments is the true one.
                closed = np.full(rows.n, -1, np.int64)
                given = rows.loans["closed_on"] != NEVER
                np.maximum.at(closed, rows.loans["borrower"][given], rows.loans["closed_on"][given])
                known = closed < to_day(as_of)
                left, right = (model.score(one, observed, as_of) for one in (rows, bare))
                same = (left.not_scored == right.not_scored) & (
                    (left.score == right.score) | (np.isnan(left.score) & np.isnan(right.score))
                )
                same &= np.array_equal(left.x, right.x, equal_nan=True) | np.all(
                    (left.x == right.x) | (np.isnan(left.x) & np.isnan(right.x)), axis=1
                )
                compared += int(known.sum())
                differing += int((known & ~same).sum())
                a, b = (outcomes(history, as_of, model.target) for history in histories)
                labels += rows.n
                labels_differing += int((a.bad_on != b.bad_on).sum())
    print(
        f"{removed:,} rows due on or after a closing; {compared:,} borrower-months with all closings known, "
        f"{differing:,} differ in eligibility, features or score; {labels:,} outcomes, {labels_differing:,} differ"
    )


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(sys.argv[1], Path(sys.argv[2]))
