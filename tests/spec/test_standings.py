"""Many models on the same rows: intervals that hold jointly for all models, and how often each model ranks first."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from risk_warning.stats.paired_bootstrap import paired_bootstrap
from risk_warning.stats.standings import standings

Floats = NDArray[np.float64]


def book(n: int, seed: int) -> tuple[NDArray[np.bool_], Floats, np.random.Generator]:
    random = np.random.default_rng(seed)
    risk = random.normal(size=n)
    return random.random(n) < 1 / (1 + np.exp(2 - risk)), risk, random


def pd(odds: Floats) -> Floats:
    return 1 / (1 + np.exp(-odds))


def test_the_first_gains_nothing_and_the_others_what_their_auc_says() -> None:
    bad, risk, random = book(3_000, 0)
    own = [pd(risk + random.normal(size=3_000) * noise) for noise in (1.0, 0.3, 3.0)]
    first, better, worse = standings(bad, own, np.arange(3_000), draws=400)
    assert (first.gain.difference, first.gain.low, first.gain.high) == (0, 0, 0)
    for one, said in zip((first, better, worse), own, strict=True):
        assert one.measures["auc"] == pytest.approx(roc_auc_score(bad, said))
        assert one.gain.difference == pytest.approx(one.measures["auc"] - first.measures["auc"])
    assert better.gain.low > 0 and worse.gain.high < 0
    assert better.first_share == 1 and first.first_share == worse.first_share == 0


def test_models_that_tie_share_the_draws() -> None:
    bad, risk, _ = book(500, 1)
    same = standings(bad, [pd(risk), pd(risk), pd(2 * risk)], np.arange(500), draws=50)
    assert [one.first_share for one in same] == pytest.approx([1 / 3] * 3)
    assert all((one.gain.low, one.gain.high) == (0, 0) for one in same)


def test_of_two_models_the_interval_is_the_pairs_and_of_many_wider() -> None:
    bad, risk, random = book(2_000, 2)
    own = [pd(risk + random.normal(size=2_000)) for _ in range(12)]
    pair = paired_bootstrap(bad, own[0], own[1], np.arange(2_000), draws=1_000)["auc"]
    alone = standings(bad, own[:2], np.arange(2_000), draws=1_000)[1].gain
    among = standings(bad, own, np.arange(2_000), draws=1_000)[1].gain
    assert alone.high - alone.low == pytest.approx(pair.high - pair.low, rel=0.1)
    # For eleven independent gains the normal quantile is 2.84 instead of 1.96; these have the first model in common.
    assert 1.25 < (among.high - among.low) / (alone.high - alone.low) < 1.5


def test_the_luckiest_of_many_equals_is_rarely_taken_for_better() -> None:
    """Of forty families of ten models no better than the first, two on average show a significant difference."""
    taken = pairwise = 0
    for seed in range(40):
        bad, risk, random = book(600, 100 + seed)
        own = [pd(risk + random.normal(size=600)) for _ in range(11)]
        ranking = standings(bad, own, np.arange(600), draws=300, seed=seed)
        taken += any(one.gain.is_significant for one in ranking)
        for other in own[1:]:
            if paired_bootstrap(bad, own[0], other, np.arange(600), draws=100, seed=seed)["auc"].is_significant:
                pairwise += 1
                break
    assert taken <= 7 < pairwise
