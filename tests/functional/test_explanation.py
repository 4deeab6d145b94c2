"""The explanation gives the points, value and typical value of each feature, and a picture of them."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import numpy as np
import pytest
from lender import Lender
from reviewed import AS_OF, Review, review

from risk_warning.core.features import registry
from risk_warning.core.features.words import reason_of, words_of
from risk_warning.core.policy import Policy
from risk_warning.core.wording import value_in_words
from risk_warning.model.typical import Typical, TypicalCategory, TypicalNumber
from risk_warning.review.explanation import PLACES, Contribution, Explanation, explain, place_of
from risk_warning.review.waterfall import TOP, waterfall

LEVELS = TypicalNumber(min=0.0, p5=1.0, p25=2.0, p50=3.0, p75=4.0, p95=5.0, max=6.0, missing=0.1)
NOTHING = TypicalNumber(min=None, p5=None, p25=None, p50=None, p75=None, p95=None, max=None, missing=1.0)
REGIONS = TypicalCategory(shares={"east": 0.3, "west": 0.01}, missing=0.0)
SVG = "{http://www.w3.org/2000/svg}"


def of(at: Review, borrower: int) -> Explanation:
    rows = at.rows(borrower)
    return explain(at.model, rows, at.model.score(rows, at.observed, AS_OF))


@pytest.mark.slow
def test_the_points_of_all_features_and_the_base_are_the_score(lender: Lender) -> None:
    with review(lender) as at:
        for borrower in (*at.below[::40], *at.safe[::1500]):
            explanation = of(at, int(borrower))
            assert explanation.score == at.scored.score[borrower]
            assert explanation.sum_of_points == pytest.approx(explanation.score, abs=1e-6)
            points = [c.points for c in explanation.contributions]
            assert explanation.base_points + math.fsum(points) == pytest.approx(explanation.sum_of_points, abs=1e-7)
            assert [abs(p) for p in points] == sorted((abs(p) for p in points), reverse=True)
            assert {c.feature for c in explanation.contributions} == set(at.model.feature_names)


@pytest.mark.slow
def test_each_value_stands_in_its_own_unit_beside_what_is_typical(lender: Lender) -> None:
    with review(lender) as at:
        borrower = int(at.below[0])
        rows = at.rows(borrower)
        contributions = {c.feature: c for c in of(at, borrower).contributions}
        assert set(at.model.provenance.typical) == set(contributions)
        declared = {feature.name: feature for feature in registry()}
        for name, contribution in contributions.items():
            column = at.model.feature_names.index(name)
            assert contribution.place in PLACES
            if name in declared:
                assert contribution.unit == declared[name].unit
                assert contribution.label == {"en": declared[name].text_en, "zh": declared[name].text_zh}
                assert contribution.text == words_of(declared[name], contribution.value, 2)
                assert contribution.reason == reason_of(declared[name], contribution.value)
            if contribution.unit != "category":
                x = at.scored.x[borrower, column]
                assert contribution.value == (None if np.isnan(x) else x)
        region = rows.categories["borrowers.region"][rows.borrowers["region"][0]]
        assert contributions["region"].value == region
        assert (
            isinstance(contributions["region"].typical, TypicalCategory)
            and contributions["region"].typical.shares[region] > 0.05
        )
        assert contributions["region"].place == "common"


@pytest.mark.parametrize(
    ("value", "typical", "place"),
    [
        (-0.5, LEVELS, "below_all"),
        (0.5, LEVELS, "far_below"),
        (1.5, LEVELS, "below"),
        (3.0, LEVELS, "usual"),
        (4.5, LEVELS, "above"),
        (5.5, LEVELS, "far_above"),
        (6.5, LEVELS, "above_all"),
        (6.0000001, LEVELS, "far_above"),
        (None, LEVELS, "not_observed"),
        (1.0, NOTHING, "above_all"),
        ("east", REGIONS, "common"),
        ("west", REGIONS, "rare"),
        ("moon", REGIONS, "rare"),
        (3.0, None, None),
    ],
)
def test_where_a_value_lies_among_the_typical_ones(
    value: float | str | None, typical: Typical | None, place: str | None
) -> None:
    assert place_of(value, typical) == place


@pytest.mark.parametrize(
    ("value", "unit", "en", "zh"),
    [
        (1.0, "days", "1 day", "1天"),
        (12.25, "days a month", "12.2 days a month", "12.2天／月"),
        (0.5, "ratio", "50 %", "50%"),
        (-0.012, "ratio difference a month", "−1.2 percentage points a month", "−1.2个百分点／月"),
        (0.735, "ratio to before", "73.5 % of before", "73.5%（相对以往）"),
        (-0.01, "ratio difference", "−1 percentage points", "−1个百分点"),
        (123_456.0, "minor units", "1,234.56", "1,234.56"),
        (None, "months", "not observed", "未观测到"),
        ("east", "category", "east", "east"),
        (2.0, "status code", "2", "2"),
    ],
)
def test_a_value_is_told_with_its_unit(value: float | str | None, unit: str, en: str, zh: str) -> None:
    assert value_in_words(value, unit, "en", 2) == en
    assert value_in_words(value, unit, "zh", 2) == zh


@pytest.mark.slow
def test_the_waterfall_leads_from_the_base_over_the_ten_weightiest_to_the_score(lender: Lender) -> None:
    with review(lender) as at:
        explanation = of(at, int(at.below[-1]))
        for language in ("en", "zh"):
            drawn = ElementTree.fromstring(waterfall(explanation, at.model.policy, language=language))
            words = [element.text or "" for element in drawn.iter(f"{SVG}text")]
            labels = [c.label[language] for c in explanation.contributions[:TOP]]
            assert [word for word in words if word in labels] == labels
            assert f"{explanation.base_points:.1f}" in words and f"{explanation.score:.1f}" in words
            assert any(f"{at.model.policy.threshold:.0f}" in word for word in words)
            numbers = [float(word.replace("−", "-")) for word in words if word[:1] in ("+", "−")]
            assert explanation.base_points + sum(numbers) == pytest.approx(explanation.score, abs=0.05 * len(numbers))


def test_nothing_a_lender_names_can_break_the_picture_or_run_in_it() -> None:
    evil = '<script>alert(1)</script>"&'
    contribution = Contribution(
        feature="x_evil",
        points=-5.0,
        value=evil,
        unit="category",
        null_means="",
        reason="profile",
        label={"en": evil, "zh": evil},
        text={"en": evil, "zh": evil},
        typical=None,
        place=None,
        value_text={"en": evil, "zh": evil},
        place_text=None,
    )
    explanation = Explanation(600.0, 600.0, 605.0, (contribution, replace(contribution, points=0.0)))
    picture = waterfall(explanation, Policy(threshold=560, red_below=530, yellow_below=590))
    assert {element.tag for element in ElementTree.fromstring(picture).iter()} == {
        f"{SVG}{name}" for name in ("svg", "title", "rect", "text", "line", "circle")
    }
    assert picture.count("http") == 1  # This is the namespace; nothing is fetched.
