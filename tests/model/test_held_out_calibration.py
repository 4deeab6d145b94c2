"""The calibration of the borrowers held out from training, as the gate measures it."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest
from lender import Lender

from risk_warning.book import open_book
from risk_warning.core.splits import borrower_fold
from risk_warning.learning.request import Request, as_of_dates
from risk_warning.model.folder import load
from risk_warning.model.risk_model import RiskModel
from risk_warning.scoring.side_by_side import score_both
from risk_warning.settings import GateSettings, ScoreSettings, Settings
from risk_warning.stats.clustered import Sample, observed_over_expected
from risk_warning.studies.promotion.calibration import HeldOutEvidence, held_out_evidence


@pytest.fixture(scope="module")
def twin(lender: Lender) -> RiskModel:
    return load(Path(lender.model)).as_judged


def evidence_on(location: Path, model: RiskModel) -> HeldOutEvidence | None:
    with open_book(location, Settings().book) as book:
        return held_out_evidence(book, model, ScoreSettings(), lambda _: None)


def test_it_is_the_outcomes_and_pds_of_the_held_out_on_every_mature_month(lender: Lender, twin: RiskModel) -> None:
    evidence = evidence_on(lender.book, twin)
    with open_book(lender.book, Settings().book) as book:
        months = as_of_dates(book, Request(target=twin.target))
        dates = [day for day in months if day >= min(twin.provenance.train_dates)]
        scored = score_both(book, twin, twin, dates, 0.5, ScoreSettings(), lambda _: None)
    held_out = borrower_fold(scored.borrower_id, 10, seed=1) < 3
    assert evidence is not None and evidence.dates == tuple(dates)
    assert set(twin.provenance.test_dates) <= set(dates) and len(dates) > 2 * len(twin.provenance.test_dates)
    assert (evidence.rows, evidence.bads) == (held_out.sum(), scored.bad[held_out].sum())
    sample = Sample.of(scored.bad[held_out], scored.borrower[held_out], scored.date_index[held_out])
    expected = observed_over_expected(sample, scored.pd_a[held_out])
    for name in ("value", "low", "high"):
        assert getattr(evidence.observed_over_expected, name) == pytest.approx(getattr(expected, name), rel=1e-9)
    assert evidence.observed_over_expected.holds(1.0)


@pytest.mark.parametrize("factor", [2.0, 0.5])
def test_pds_that_were_wrong_to_begin_with_lie_surely_outside_the_limits(
    lender: Lender, twin: RiskModel, factor: float
) -> None:
    fitted = replace(twin.fitted, intercept=twin.fitted.intercept + math.log(factor))
    evidence = evidence_on(lender.book, replace(twin, fitted=fitted))
    limits = GateSettings()
    assert evidence is not None
    ratio = evidence.observed_over_expected
    assert ratio.high < limits.min_oe if factor > 1 else ratio.low > limits.max_oe


def test_a_model_evaluated_by_folds_held_nobody_out(lender: Lender, twin: RiskModel) -> None:
    by_folds = replace(twin, provenance=replace(twin.provenance, test_dates=()))
    assert evidence_on(lender.book, by_folds) is None
