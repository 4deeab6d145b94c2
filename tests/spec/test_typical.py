"""Typical values, which a borrower's value is compared with."""

from __future__ import annotations

import json
from dataclasses import asdict

import numpy as np

from risk_warning.core import features
from risk_warning.core.features import Feature
from risk_warning.model.typical import typical

FEATURES = {feature.name: feature for feature in features.registry()}
NAN = np.nan


def of(values: list[float], feature: Feature, names: tuple[str, ...] = ()) -> dict[str, object]:
    x = np.array(values, np.float32).reshape(-1, 1)
    document = {name: asdict(one) for name, one in typical(x, [feature], {feature.needs[0]: names}).items()}
    # The document fits into a JSON file that every reader understands.
    again: dict[str, dict[str, object]] = json.loads(json.dumps(document, allow_nan=False))
    assert again == document
    return document[feature.name]


def test_percentiles_are_of_what_was_observed_and_the_rest_is_counted() -> None:
    values = [float(k) for k in range(101)] + [NAN] * 25
    assert of(values, FEATURES["monthly_income"]) == {
        **{"p5": 5, "p25": 25, "p50": 50, "p75": 75, "p95": 95, "min": 0, "max": 100},
        "missing": 0.198413,
    }


def test_a_feature_nobody_has_says_null() -> None:
    assert of([NAN, NAN], FEATURES["utilisation_now"]) == {
        **dict.fromkeys(("p5", "p25", "p50", "p75", "p95", "min", "max")),
        "missing": 1,
    }


def test_numbers_keep_six_digits() -> None:
    assert of([1 / 3], FEATURES["utilisation_now"])["p50"] == 0.333333
    assert of([1234567.0], FEATURES["monthly_income"])["max"] == 1234570


def test_a_category_shows_its_ten_most_frequent_values() -> None:
    names = tuple("abcdefghijkl")
    rows = [float(code) for code in range(12) for _ in range(code)] + [NAN] * 34
    summary = of(rows, FEATURES["region"], names)
    assert summary["missing"] == 0.34
    assert summary["shares"] == {name: names.index(name) / 100 for name in "lkjihgfedc"}
    assert list(summary["shares"]) == list("lkjihgfedc")
