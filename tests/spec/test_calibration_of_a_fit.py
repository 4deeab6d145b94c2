"""The calibration of a fit: its slope from borrowers and months the folds have not seen, its level from all rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from scipy.special import expit, logit
from training_rows import rows

from risk_warning.core.scorecard import probability
from risk_warning.learning.fit import Calibrated, Fitting, calibration_in_the_large
from risk_warning.learning.recipe import Recipe
from risk_warning.learning.training_set import TrainingSet

MONTHS = tuple(date(2024, month, 1) for month in range(1, 10))


def test_the_shift_makes_the_pds_sum_to_the_bads() -> None:
    bad = np.array([True, False, False, False])
    assert calibration_in_the_large(np.zeros(4), bad, None) == pytest.approx(logit(0.25))
    assert calibration_in_the_large(np.full(4, 7.0), bad, None) == pytest.approx(logit(0.25) - 7)
    weight = np.array([3.0, 1.0, 1.0, 1.0])
    assert calibration_in_the_large(np.zeros(4), bad, weight) == pytest.approx(0.0, abs=1e-12)
    far = np.array([30.0, -30.0, -2.0, 1.0])
    shift = calibration_in_the_large(far, bad, None)
    assert expit(far + shift).sum() == pytest.approx(1.0)


def calibrated(of: TrainingSet, weight: np.ndarray | None = None) -> Calibrated:
    fitting = Fitting(of, weight, {}, Recipe(), trees=30.0)
    return fitting.calibrate([fold() for fold in fitting.folds()])


@pytest.mark.parametrize("weighted", [False, True])
def test_a_stretch_of_months_worse_than_the_others_does_not_move_the_level(weighted: bool) -> None:
    """In the last third of the months 15 % of the borrowers turn bad whatever the features say."""
    some = rows(6_000, seed=2)
    some = replace(some, dates=MONTHS, date_index=(np.arange(6_000) % 9).astype(np.int16))
    random = np.random.default_rng(0)
    shock = (some.date_index >= 6) & (random.random(len(some.bad)) < 0.15)
    shocked = replace(some, bad=some.bad | shock)
    weight = np.where(random.random(len(some.bad)) < 0.5, 1.0, 3.0) if weighted else None
    pd = probability(calibrated(shocked, weight).unseen)
    assert np.average(pd, weights=weight) == pytest.approx(np.average(shocked.bad, weights=weight), rel=1e-6)
