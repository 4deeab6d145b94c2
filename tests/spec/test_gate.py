"""The rules of the gate, one by one: what they require, what they do not, and what happens without a measurement."""

from __future__ import annotations

from dataclasses import replace

import pytest

from risk_warning.settings import GateSettings
from risk_warning.stats.clustered import Interval
from risk_warning.stats.delong import Difference
from risk_warning.studies.promotion.rules import GateEvidence, judge

GOOD = GateEvidence(
    auc=Difference(0.90, 0.91, 0.01, 0.005, 0.015),
    auc_bad_borrowers=900,
    observed_over_expected=Interval(1.0, 0.95, 1.05),
    slope=Interval(1.0, 0.9, 1.1),
    calibration_dates=6,
    by_band=(("very high", 300, Interval(1.0, 0.9, 1.1)),),
    held_out=Interval(1.0, 0.97, 1.03),
    held_out_dates=24,
    against_scorecard=Difference(0.89, 0.90, 0.01, 0.005, 0.015),
    ece=0.01,
    score_psi=0.05,
    selection_ratio=0.9,
    true_positive_gap=0.05,
    violations=0,
    parity_compared=200,
    parity_differing=0,
    parity_there=8_000,
    archived_compared=1_000,
    archived_differing=0,
)
STRICT = GateSettings(min_auc_gain=0.0, min_selection_ratio=0.8, max_true_positive_gap=0.1)


def failed(evidence: GateEvidence, limits: GateSettings) -> list[str]:
    return [rule.name for rule in judge(evidence, limits) if not rule.passed and rule.blocks]


def warned(evidence: GateEvidence, limits: GateSettings) -> list[str]:
    return [rule.name for rule in judge(evidence, limits) if rule.outcome == "warning"]


def test_a_model_that_meets_every_rule_passes() -> None:
    assert failed(GOOD, GateSettings()) == []
    assert failed(GOOD, STRICT) == [] and len(judge(GOOD, STRICT)) == len(judge(GOOD, GateSettings())) + 1
    assert warned(GOOD, GateSettings()) == [] and {rule.outcome for rule in judge(GOOD, STRICT)} == {"met"}


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"auc": Difference(0.90, 0.89, -0.01, -0.02, 0.0)}, "no worse in AUC"),
        ({"auc": Difference(0.90, 0.90, 0.0, -0.005, 0.005)}, "no worse in AUC"),  # at the limit
        ({"auc": Difference(0.90, 0.89, -0.01, -0.019, -0.001)}, "no worse in AUC"),  # wide, and wholly below 0
        ({"auc": Difference(0.90, 0.89, -0.01, -0.03, 0.01)}, "no worse in AUC"),  # wide, estimate too low
        ({"observed_over_expected": Interval(1.5, 1.26, 1.8)}, "observed over expected"),
        ({"observed_over_expected": Interval(0.6, 0.5, 0.79)}, "observed over expected"),
        ({"observed_over_expected": None}, "observed over expected"),
        ({"held_out": Interval(0.72, 0.67, 0.78)}, "observed over expected, held-out borrowers"),
        ({"held_out": Interval(1.4, 1.3, 1.5)}, "observed over expected, held-out borrowers"),
        ({"held_out": None}, "observed over expected, held-out borrowers"),
        ({"slope": Interval(0.6, 0.5, 0.79)}, "calibration slope"),
        ({"slope": Interval(1.5, 1.26, 1.8)}, "calibration slope"),
        ({"against_scorecard": Difference(0.9, 0.88, -0.02, -0.03, -0.01)}, "no worse than the scorecard"),
        ({"leaks": ("days_past_due_max_3m",)}, "no leak suspected"),
        ({"learnt_from_dates": 1}, "compared on dates it did not learn from"),
        ({"ece": 0.03}, "calibration error (ECE)"),
        ({"score_psi": 0.3}, "PSI of its scores"),
        ({"score_psi": None}, "PSI of its scores"),
        ({"violations": 1}, "directions of features kept"),
        ({"parity_differing": 1}, "alone as in the whole book"),
        ({"parity_compared": 199}, "alone as in the whole book"),
        ({"archived_differing": 1}, "features as they were known at the time"),
        ({"archived_compared": 0}, "features as they were known at the time"),
        ({"archived_compared": None}, "features as they were known at the time"),
    ],
)
def test_each_rule_refuses_by_itself(changed: dict[str, object], rule: str) -> None:
    assert failed(replace(GOOD, **changed), GateSettings()) == [rule]


def test_what_is_asked_and_not_measured_is_not_met() -> None:
    unknown = replace(GOOD, auc=Difference(0.9, 0.91, 0.01, 0.001, 0.02), selection_ratio=None, true_positive_gap=None)
    assert failed(unknown, STRICT) == ["selection ratio", "true positive gap"]
    unsure = replace(GOOD, auc=Difference(0.90, 0.901, 0.001, -0.001, 0.003))
    assert failed(unsure, STRICT) == ["better in AUC"]


def test_the_first_champion_is_held_against_nothing_but_itself_and_the_scorecard() -> None:
    first = replace(GOOD, auc=None, ece=None, score_psi=None)
    assert [rule.name for rule in judge(replace(first, archived_compared=None), GateSettings())] == [
        "observed over expected",
        "calibration slope",
        "observed over expected, held-out borrowers",
        "observed over expected, band very high",
        "no worse than the scorecard",
        "no leak suspected",
        "directions of features kept",
        "alone as in the whole book",
    ]
    assert failed(first, GateSettings()) == []
    assert failed(replace(first, archived_compared=None), GateSettings(archived_borrowers=0)) == []
    wrong = replace(first, observed_over_expected=Interval(3.0, 2.5, 3.6))
    assert failed(wrong, GateSettings()) == ["observed over expected"]
    by_folds = [rule.name for rule in judge(replace(first, held_out=None, held_out_dates=None), GateSettings())]
    assert "observed over expected, held-out borrowers" not in by_folds  # nobody was held out
    assert failed(replace(first, against_scorecard=None), GateSettings()) == []  # the model is the scorecard


def test_one_band_that_is_surely_miscalibrated_refuses_the_model() -> None:
    evidence = replace(GOOD, by_band=(("very high", 30, Interval(2.0, 1.5, 2.7)),))
    assert failed(evidence, GateSettings()) == ["observed over expected, band very high"]
    unsure = replace(GOOD, by_band=(("very high", 30, Interval(2.0, 1.2, 3.3)),))
    assert failed(unsure, GateSettings()) == []


def figure(evidence: GateEvidence, name: str) -> str:
    return next(rule.figure for rule in judge(evidence, GateSettings()) if rule.name == name)


def test_an_interval_too_wide_says_that_it_cannot_tell() -> None:
    wide = replace(GOOD, observed_over_expected=Interval(1.1, 0.7, 1.7), auc=Difference(0.9, 0.9, 0.0, -0.02, 0.02))
    assert failed(wide, GateSettings()) == []
    assert "cannot tell" in figure(wide, "observed over expected")
    assert "900 bad borrowers are too few to rule out a loss of 0.005" in figure(wide, "no worse in AUC")
    good = figure(GOOD, "observed over expected") + figure(GOOD, "no worse in AUC")
    assert "cannot tell" not in good and "too few" not in good


def test_a_book_with_fewer_borrowers_than_are_asked_for_gives_all_it_has() -> None:
    small = replace(GOOD, parity_there=60, parity_compared=60, archived_compared=60)
    assert failed(small, GateSettings()) == []
    assert "all available; the setting is 200" in figure(small, "alone as in the whole book")
    assert "all available; the setting is 1,000" in figure(small, "features as they were known at the time")
    assert failed(replace(small, parity_compared=59), GateSettings()) == ["alone as in the whole book"]


@pytest.mark.parametrize(
    ("ratio", "gap", "warnings"),
    [
        (0.8, 0.1, []),  # at the limits
        (0.79, 0.1, ["selection ratio"]),
        (0.8, 0.11, ["true positive gap"]),
        (None, None, ["selection ratio", "true positive gap"]),  # not measured
    ],
)
def test_unfairness_is_a_warning_unless_the_settings_ask_for_more(
    ratio: float | None, gap: float | None, warnings: list[str]
) -> None:
    evidence = replace(GOOD, selection_ratio=ratio, true_positive_gap=gap)
    assert warned(evidence, GateSettings()) == warnings and failed(evidence, GateSettings()) == []
    blocking = GateSettings(min_selection_ratio=0.8, max_true_positive_gap=0.1)
    assert failed(evidence, blocking) == warnings and warned(evidence, blocking) == []


def test_a_limit_given_blocks_alone_and_the_other_rule_still_warns() -> None:
    evidence = replace(GOOD, selection_ratio=0.5, true_positive_gap=0.3)
    assert failed(evidence, GateSettings(min_selection_ratio=0.6)) == ["selection ratio"]
    assert warned(evidence, GateSettings(min_selection_ratio=0.6)) == ["true positive gap"]
    assert failed(evidence, GateSettings(min_selection_ratio=0.4)) == []
