"""The gate's rules, one by one: what is asked, what is not, and what was not measured."""

from __future__ import annotations

from dataclasses import replace

import pytest

from risk_warning.core.delong import Difference
from risk_warning.core.gate import Evidence, Limits, judge

GOOD = Evidence(
    auc=Difference(0.90, 0.91, 0.01, -0.002, 0.022),
    ece=0.01,
    score_psi=0.05,
    selection_ratio=0.9,
    true_positive_gap=0.05,
    violations=0,
    parity_compared=200,
    parity_differing=0,
    archived_compared=1_000,
    archived_differing=0,
)
STRICT = Limits(min_auc_gain=0.0, min_selection_ratio=0.8, max_true_positive_gap=0.1)


def failed(found: Evidence, limits: Limits) -> list[str]:
    return [rule.name for rule in judge(found, limits) if not rule.passed and rule.blocks]


def warned(found: Evidence, limits: Limits) -> list[str]:
    return [rule.name for rule in judge(found, limits) if rule.outcome == "warning"]


def test_a_model_that_meets_every_rule_passes() -> None:
    assert failed(GOOD, Limits()) == []
    better = replace(GOOD, auc=Difference(0.90, 0.91, 0.01, 0.001, 0.019))
    assert failed(better, STRICT) == [] and len(judge(better, STRICT)) == len(judge(better, Limits())) + 1
    assert warned(GOOD, Limits()) == [] and {rule.outcome for rule in judge(better, STRICT)} == {"met"}


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"auc": Difference(0.90, 0.89, -0.01, -0.02, 0.0)}, "no worse in AUC"),
        ({"auc": Difference(0.90, 0.90, 0.0, -0.005, 0.005)}, "no worse in AUC"),  # at the limit
        ({"learnt_from_dates": 1}, "compared on dates it did not learn from"),
        ({"ece": 0.03}, "calibration error (ECE)"),
        ({"score_psi": 0.3}, "PSI of its scores"),
        ({"score_psi": None}, "PSI of its scores"),
        ({"violations": 1}, "directions of features kept"),
        ({"parity_differing": 1}, "alone as in the whole book"),
        ({"parity_compared": 199}, "alone as in the whole book"),
        ({"archived_differing": 1}, "features as they were known at the time"),
        ({"archived_compared": 999}, "features as they were known at the time"),
        ({"archived_compared": None}, "features as they were known at the time"),
    ],
)
def test_each_rule_refuses_by_itself(changed: dict[str, object], rule: str) -> None:
    assert failed(replace(GOOD, **changed), Limits()) == [rule]


def test_what_is_asked_and_not_measured_is_not_met() -> None:
    unknown = replace(GOOD, auc=Difference(0.9, 0.91, 0.01, 0.001, 0.02), selection_ratio=None, true_positive_gap=None)
    assert failed(unknown, STRICT) == ["selection ratio", "true positive gap"]
    assert failed(GOOD, STRICT) == ["better in AUC"]


def test_the_first_champion_is_held_against_nothing_but_itself() -> None:
    first = replace(GOOD, auc=None, ece=None, score_psi=None)
    assert [rule.name for rule in judge(first, Limits())] == [
        "directions of features kept",
        "alone as in the whole book",
        "features as they were known at the time",
    ]
    assert failed(first, Limits()) == []
    assert failed(replace(first, archived_compared=None), Limits(archived_borrowers=0)) == []


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
    found = replace(GOOD, selection_ratio=ratio, true_positive_gap=gap)
    assert warned(found, Limits()) == warnings and failed(found, Limits()) == []
    blocking = Limits(min_selection_ratio=0.8, max_true_positive_gap=0.1)
    assert failed(found, blocking) == warnings and warned(found, blocking) == []


def test_a_limit_given_blocks_alone_and_the_other_rule_still_warns() -> None:
    found = replace(GOOD, selection_ratio=0.5, true_positive_gap=0.3)
    assert failed(found, Limits(min_selection_ratio=0.6)) == ["selection ratio"]
    assert warned(found, Limits(min_selection_ratio=0.6)) == ["true positive gap"]
    assert failed(found, Limits(min_selection_ratio=0.4)) == []
