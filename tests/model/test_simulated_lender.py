"""How much of the knowable risk the model finds out of time, on a simulated lender whose true PDs are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas
import pytest
from counts import FULL
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from risk_warning.book import open_book
from risk_warning.core.outcomes.target import TargetSpec
from risk_warning.datasets.simulation.lender import simulate
from risk_warning.learning.request import Request
from risk_warning.learning.training import train
from risk_warning.settings import Settings


@pytest.mark.slow
def test_the_model_finds_most_of_what_the_truth_knows(tmp_path: Path) -> None:
    simulate(50_000 if FULL else 20_000, 36, 11, tmp_path / "book")
    with open_book(tmp_path / "book", Settings().book) as book:
        trained = train(book, Settings(), Request(target=TargetSpec()))
    judged, evaluation = trained.judged, trained.model.provenance.evaluation
    assert evaluation.scheme == "out-of-time"
    assert judged.bad.sum() >= 500
    # The last quarter of the dates is not average; over seeds, its figures differ from 1 by about a tenth.
    assert 0.85 <= evaluation.calibration_slope <= 1.15
    assert 0.85 <= evaluation.observed_over_expected <= 1.15

    rows = pandas.DataFrame(
        {"borrower_id": judged.borrower_id, "as_of_date": np.array(judged.dates)[judged.date_index]}
    )
    truth = pandas.read_parquet(tmp_path / "book" / "truth.parquet")
    known = rows.merge(truth, how="left", on=["borrower_id", "as_of_date"])["pd"].to_numpy()
    names = [feature.name for feature in judged.features]
    simple = [names.index("dpd_now"), names.index("utilisation_now")]
    baseline = make_pipeline(StandardScaler(), LogisticRegression())
    baseline.fit(np.nan_to_num(trained.sample.x[:, simple]), trained.sample.bad)
    usual = baseline.predict_proba(np.nan_to_num(judged.x[:, simple]))[:, 1]
    is_known = ~np.isnan(known)
    # The true PD includes each borrower's own frailty, which a book shows only by who has fallen behind.
    for chosen, share in ((is_known, 0.8), (is_known & (judged.dpd == 0), 0.65)):
        bad = judged.bad[chosen]
        ours, best = roc_auc_score(bad, trained.pd[chosen]), roc_auc_score(bad, known[chosen])
        assert (2 * ours - 1) / (2 * best - 1) >= share
        assert ours <= best + 0.005  # a result better than the truth shows a leak
    current = judged.dpd == 0
    assert roc_auc_score(judged.bad[current], trained.pd[current]) >= 0.02 + roc_auc_score(
        judged.bad[current], usual[current]
    )
