"""Past loan openings are rows to learn from: each shows a borrower as in a loan review, just after the opening."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pytest
from lender import Lender
from numpy.typing import NDArray

from risk_warning.book import StagedBook, open_book
from risk_warning.core.calendar import NEVER, to_day
from risk_warning.core.outcomes.target import TargetSpec
from risk_warning.core.rows import Rows, Table
from risk_warning.core.splits import borrower_fold
from risk_warning.errors import SettingsError
from risk_warning.learning.fit import encode
from risk_warning.learning.request import Request
from risk_warning.learning.sides import HELD_OUT_TENTHS
from risk_warning.learning.training import train
from risk_warning.learning.training_set import TrainingSet, training_set
from risk_warning.model.card import card
from risk_warning.model.folder import load
from risk_warning.settings import Settings

FIRST, LAST = date(2022, 6, 1), date(2023, 8, 1)


@pytest.fixture(scope="module")
def book(lender: Lender) -> Iterator[StagedBook]:
    with open_book(lender.book, Settings().book) as opened:
        yield opened


@pytest.fixture(scope="module")
def at_openings(lender: Lender, book: StagedBook) -> TrainingSet:
    """Return only the rows at loan openings, for all borrowers."""
    model = load(lender.model)
    rows = training_set(
        book, [FIRST], model.target, model.features, borrowers_per_chunk=3000, openings=(FIRST, LAST), known_only=False
    )
    return rows.take(rows.at_opening)


def opened(lender: Lender) -> pandas.DataFrame:
    """Return the loans whose as-of date, the day after the opening, is in the range."""
    loans = pandas.read_parquet(lender.book / "loans.parquet")[["borrower_id", "opened_on"]]
    loans["as_of_date"] = [day + timedelta(days=1) for day in loans["opened_on"]]
    return loans[(loans["as_of_date"] >= FIRST) & (loans["as_of_date"] <= LAST)]


def as_known(rows: Rows, as_of_date: date) -> Rows:
    """Return the rows as recorded before the start of the day, without anything later."""
    day = to_day(as_of_date)

    def where(table: Table, keep: NDArray[np.bool_]) -> dict[str, NDArray[Any]]:
        return {name: column[keep] for name, column in table.items()}

    terms, owing, statements, done = rows.loans, rows.instalments, rows.statements, rows.events
    assert terms is not None and owing is not None and statements is not None and done is not None
    loans = where(terms, terms["opened_on"] < day)
    for name in ("closed_on", "written_off_on"):
        loans[name] = np.where(loans[name] >= day, NEVER, loans[name]).astype(np.int32)
    owed = where(owing, owing["scheduled_on"] < day)
    later = (owed["paid_on"] >= day) | (owed["recorded_on"] >= day)
    for name, empty in (("paid_on", NEVER), ("recorded_on", NEVER), ("paid_amount", 0)):
        owed[name] = np.where(later, empty, owed[name]).astype(owed[name].dtype)
    return replace(
        rows,
        loans=loans,
        instalments=owed,
        statements=where(statements, (statements["statement_on"] < day) & (statements["recorded_on"] < day)),
        events=where(done, (done["occurred_on"] < day) & (done["recorded_on"] < day)),
    )


@pytest.mark.slow
def test_a_row_is_the_borrower_alone_on_that_day_and_knows_nothing_later(
    lender: Lender, book: StagedBook, at_openings: TrainingSet
) -> None:
    model = load(lender.model)
    x = encode(at_openings.x, model.features, model.fitted.codes, book.categories)
    for row in range(0, len(x), len(x) // 200):
        day = at_openings.dates[at_openings.date_index[row]]
        # The simulated lender's ids count from 0.
        borrower = int(at_openings.borrower_id[row])
        alone = book.rows(borrower, borrower + 1)
        for rows in (alone, as_known(alone, day)):
            one = model.score(rows, book.observed, day)
            assert one.not_scored[0] == -1
            assert one.x.tobytes() == x[row].tobytes()
            assert one.record_periods[0] == at_openings.record_periods[row] >= model.target.min_history
            # The row counts days past due by the contract, the score by the latest known schedule.
            assert np.isnan(at_openings.dpd[row]) or one.days_past_due[0] <= at_openings.dpd[row]


@pytest.mark.slow
def test_every_opening_of_an_eligible_borrower_is_a_row_and_nothing_else_is(
    lender: Lender, book: StagedBook, at_openings: TrainingSet
) -> None:
    model, loans = load(lender.model), opened(lender)
    assert book.loans_opened(FIRST - timedelta(days=1), LAST - timedelta(days=1)) == len(loans)
    some = loans[loans["borrower_id"] < 400]
    expected = {
        (borrower, day)
        for borrower, day in zip(some["borrower_id"], some["as_of_date"], strict=True)
        if model.score(book.rows(borrower, borrower + 1), book.observed, day).not_scored[0] == -1
    }
    days = [at_openings.dates[i] for i in at_openings.date_index]
    pairs = [
        (borrower, day) for borrower, day in zip(at_openings.borrower_id.tolist(), days, strict=True) if borrower < 400
    ]
    assert len(pairs) == len(set(pairs)) > 100
    assert set(pairs) == expected


@pytest.mark.slow
def test_the_option_adds_rows_to_learn_from_and_leaves_the_ordinary_measures_their_rows(
    lender: Lender, book: StagedBook
) -> None:
    plain = load(lender.model).provenance
    trained = train(book, Settings(), Request(target=TargetSpec(), with_openings=True))
    provenance, sample = trained.model.provenance, trained.sample
    assert plain.openings is None and plain.evaluation.openings is None
    assert provenance.openings.rows == sample.at_opening.sum() > 500
    assert provenance.openings.bads == sample.bad[sample.at_opening].sum()
    assert provenance.rows == plain.rows + provenance.openings.rows
    assert provenance.as_of_dates == plain.as_of_dates
    evaluation = provenance.evaluation
    assert (evaluation.n, evaluation.bad_rate) == (plain.evaluation.n, plain.evaluation.bad_rate)
    assert [band.n for band in evaluation.by_history] == [band.n for band in plain.evaluation.by_history]
    assert sum(band.n for band in evaluation.by_history) == evaluation.n
    assert evaluation.openings.n > 0
    assert "At loan review" in card(trained.model)

    twin = trained.model.as_judged.provenance
    assert all(trained.model.target.window_end(day) <= twin.test_dates[0] for day in twin.train_dates)
    assert (borrower_fold(trained.judged.borrower_id, 10, seed=1) < HELD_OUT_TENTHS).all()
    assert not trained.judged.at_opening.any()
    days = np.array(sample.dates)[sample.date_index]
    # A borrower who opened a loan the day before an ordinary as-of date has one row, not two.
    assert opened(lender)["as_of_date"].isin(provenance.train_dates).any()
    rows = pandas.DataFrame({"borrower_id": sample.borrower_id, "as_of_date": days})
    assert not rows.duplicated().any()


def small_book(folder: Path, *without: str) -> Path:
    """Write a book of one borrower with a card and a year of statements, and return its folder."""
    folder.mkdir()
    lines = [f"7,{month}-28,7,0" for month in [f"2023-{k:02d}" for k in range(1, 13)]]
    tables = {
        "borrowers": "borrower_id\n7\n",
        "loans": "loan_id,borrower_id,opened_on\n7,7,2022-12-01\n",
        "statements": "\n".join(["loan_id,statement_on,borrower_id,days_past_due", *lines, ""]),
        "outcomes": "borrower_id,as_of_date,bad\n7,2023-05-01,0\n7,2023-06-01,1\n",
    }
    for name in tables.keys() - set(without):
        (folder / f"{name}.csv").write_text(tables[name])
    return folder


@pytest.mark.parametrize(
    ("without", "options", "sentence"),
    [
        (("loans", "outcomes"), {}, "bring the table loans"),
        ((), {}, "outcomes has them only on its own dates"),
        (("outcomes",), {"as_of_date": date(2023, 6, 1)}, "leave out --as-of and --folds"),
        (("outcomes",), {"folds": 3}, "leave out --as-of and --folds"),
        (("outcomes",), {"first": date(2023, 6, 1), "last": date(2023, 8, 1)}, "give a longer range"),
    ],
)
def test_openings_that_cannot_be_learnt_from_and_judged_apart_are_refused(
    without: tuple[str, ...], options: dict[str, Any], sentence: str, tmp_path: Path
) -> None:
    request = Request(target=TargetSpec(), with_openings=True, **options)
    with (
        open_book(small_book(tmp_path / "book", *without), Settings().book) as book,
        pytest.raises(SettingsError, match=sentence),
    ):
        train(book, Settings(), request)
