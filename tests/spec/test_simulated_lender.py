"""The simulated lender: the same seed makes the same book, and the truth is what happens."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

import numpy as np
import pandas
import pytest
from sklearn.metrics import roc_auc_score

from risk_warning.book import open_book
from risk_warning.book.simulation.lender import simulate
from risk_warning.core.panel import History
from risk_warning.core.target import TargetSpec, is_bad, not_scored
from risk_warning.errors import OutputError
from risk_warning.settings import BookSettings


def digest(folder: Path) -> dict[str, str]:
    return {f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in sorted(folder.iterdir())}


def test_the_same_seed_makes_the_same_bytes(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        simulate(500, 12, seed, tmp_path / name)
    assert digest(tmp_path / "a") == digest(tmp_path / "b")
    assert digest(tmp_path / "a")["instalments.parquet"] != digest(tmp_path / "c")["instalments.parquet"]


def test_a_folder_in_use_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(OutputError):
        simulate(10, 12, 1, tmp_path)
    assert [f.name for f in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.slow
def test_the_truth_is_calibrated_and_the_book_is_clean(tmp_path: Path) -> None:
    simulate(30_000, 24, 5, tmp_path / "book")
    truth = pandas.read_parquet(tmp_path / "book" / "truth.parquet")
    observed, expected, bads, pds = 0, 0.0, [], []
    with open_book(tmp_path / "book", BookSettings()) as book:
        assert book.quarantine.total == 0
        rows = book.rows(0, book.n_borrowers)
        history = History.of(rows, book.observed)
        for as_of_date in (date(2022, 9, 1), date(2023, 3, 1), date(2023, 9, 1)):
            eligible = not_scored(history.panel(as_of_date), TargetSpec(), rows.set_aside) < 0
            bad = is_bad(history, as_of_date, TargetSpec())[eligible]
            assert 0.02 <= bad.mean() <= 0.06
            of_day = truth[truth["as_of_date"] == as_of_date].set_index("borrower_id")["pd"]
            pd = of_day.reindex(rows.borrower_id[eligible]).to_numpy()
            known = ~np.isnan(pd)
            assert known.mean() > 0.98
            observed, expected = observed + bad[known].sum(), expected + pd[known].sum()
            bads.append(bad[known])
            pds.append(pd[known])
    assert observed / expected == pytest.approx(1, abs=0.08)
    assert roc_auc_score(np.concatenate(bads), np.concatenate(pds)) > 0.9


def test_a_downturn_makes_more_borrowers_bad(tmp_path: Path) -> None:
    for name, month in (("calm", None), ("downturn", 8)):
        simulate(4000, 18, 1, tmp_path / name, downturn_month=month)
    mean = {}
    for name in ("calm", "downturn"):
        truth = pandas.read_parquet(tmp_path / name / "truth.parquet")
        mean[name] = truth.groupby("as_of_date")["pd"].mean()
    assert mean["calm"].iloc[:6].equals(mean["downturn"].iloc[:6])
    assert (mean["downturn"].iloc[10:] > 1.2 * mean["calm"].iloc[10:]).all()
