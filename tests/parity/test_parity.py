"""On one date a borrower's score is the same to the last bit in training, at night, alone and after a model reload."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas
import pytest
from lender import Lender, on_record
from rich.progress import Progress

from risk_warning.book import open_book
from risk_warning.learning.fit import encode
from risk_warning.learning.training_set import training_set
from risk_warning.model.folder import load, save
from risk_warning.nightly.run import run_night
from risk_warning.settings import Settings

AS_OF = date(2023, 9, 1)


@pytest.mark.slow
def test_a_thousand_borrowers_score_the_same_everywhere(lender: Lender, tmp_path: Path) -> None:
    settings = on_record(Settings(home=lender.home, db=f"sqlite:///{tmp_path / 'w.db'}"))
    model = load(lender.model)
    save(model, tmp_path / "again")
    reloaded = load(tmp_path / "again")
    with Progress(disable=True) as progress:
        run_night(lender.book, settings, AS_OF, tmp_path / "out", progress, model=str(lender.model))
    night = pandas.read_parquet(tmp_path / "out" / f"as_of={AS_OF}" / "scores").set_index("borrower_id")
    with open_book(lender.book, settings.book) as book:
        observed = model.observed_in(book)
        trained = training_set(book, [AS_OF], model.target, model.features, borrowers_per_chunk=3000)
        x = encode(trained.x, model.features, model.fitted.codes, book.categories)
        of = {borrower: row for row, borrower in enumerate(trained.borrower_id.tolist())}
        scores = model.scorecard.score(model.fitted.log_odds(x))
        compared = 0
        for borrower in range(book.n_borrowers):
            rows = book.rows(borrower, borrower + 1)
            row = of.get(int(rows.borrower_id[0]))
            if row is None:
                continue
            one = model.score(rows, observed, AS_OF)
            again = reloaded.score(rows, observed, AS_OF)
            published = night.loc[int(rows.borrower_id[0])]
            assert one.x.tobytes() == again.x.tobytes() == x[row].tobytes()
            assert one.score[0] == again.score[0] == scores[row] == published["score"]
            assert one.pd[0] == again.pd[0] == published["pd"]
            compared += 1
            if compared == 1000:
                break
    assert compared == 1000
    assert np.isfinite(scores).all()
