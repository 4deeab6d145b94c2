"""How far features reveal a protected attribute, measured on borrowers that the guess did not see."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from risk_warning.studies.compare.proxies import MAX_BORROWERS, Guess, Proxy, guesses, sentences

NAMES = ("income", "noise", "housing", "region")
N = 3_000


@pytest.fixture(scope="module")
def lender() -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return features and attributes: housing reveals sex, income nearly reveals age, and marital status is random."""
    random = np.random.default_rng(4)
    x = random.normal(size=(N, len(NAMES))).astype(np.float32)
    x[random.random(x.shape) < 0.05] = np.nan
    is_female = random.random(N) < 1 / (1 + np.exp(-np.nan_to_num(x[:, 2])))
    sex = np.where(is_female, "female", "male").astype(object)
    sex[:100] = None
    band = np.digitize(np.nan_to_num(x[:, 0]) + 0.5 * random.normal(size=N), (-0.7, 0.7))
    age = np.array(["young", "middle", "old"], object)[band]
    marital = np.array(["married", "single"], object)[random.integers(0, 2, N)]
    few = np.full(N, "most", object)
    few[:199] = "few"
    return x, {"sex": sex, "age": age, "marital status": marital, "few": few}


@pytest.fixture(scope="module")
def measured(lender: tuple[np.ndarray, dict[str, np.ndarray]]) -> tuple[Guess, ...]:
    x, labels = lender
    return guesses(x, NAMES, np.arange(N), labels)


def test_each_large_group_is_guessed_and_two_groups_once(measured: tuple[Guess, ...]) -> None:
    assert [(one.attribute, one.group) for one in measured] == [
        ("sex", "female"),
        ("age", "middle"),
        ("age", "old"),
        ("age", "young"),
        ("marital status", "married"),
    ]
    assert measured[0].borrowers == N - 100


def test_the_feature_that_gives_the_group_away_comes_first_with_its_own_auc(
    lender: tuple[np.ndarray, dict[str, np.ndarray]], measured: tuple[Guess, ...]
) -> None:
    x, labels = lender
    sex = measured[0]
    known = np.arange(100, N)
    alone = roc_auc_score(labels["sex"][known] == "female", np.nan_to_num(x[known, 2], nan=-99))
    assert sex.proxies[0].feature == "housing" and sex.proxies[0].auc == pytest.approx(alone, abs=1e-9)
    assert 0.5 < sex.proxies[0].gain_share < 1 and len(sex.proxies) == 3
    # The guess is as good as the one feature, not better, since it is evaluated on borrowers it did not see.
    assert sex.is_significant and sex.low < alone < sex.high
    young = measured[3]
    assert young.proxies[0].feature == "income" and young.auc > 0.9


def test_an_attribute_drawn_by_lot_is_not_guessed(measured: tuple[Guess, ...]) -> None:
    marital = measured[-1]
    assert marital.low < 0.5 < marital.high and not marital.is_significant


def test_the_same_borrowers_give_the_same_figures_and_no_more_than_a_cap_is_looked_at() -> None:
    random = np.random.default_rng(5)
    n = MAX_BORROWERS + 500
    x = random.normal(size=(n, 2)).astype(np.float32)
    sex = np.where(x[:, 0] > 0, "f", "m").astype(object)
    first, second = (guesses(x, ("a", "b"), np.arange(n), {"sex": sex}) for _ in range(2))
    assert first == second and first[0].borrowers == MAX_BORROWERS and first[0].auc > 0.99


GUESS = Guess(
    "sex", "female", 5_000, 2_400, 0.634, 0.612, 0.651, (Proxy("housing", 0.4, 0.6), Proxy("region", 0.02, 0.5))
)


@pytest.mark.parametrize(
    ("guess", "sentence"),
    [
        (GUESS, "Whether sex is female can be guessed: AUC 0.63 (0.61–0.65), mainly from housing."),
        (
            replace(GUESS, auc=0.53, low=0.51, high=0.55),
            "Whether sex is female can hardly be guessed: AUC 0.53 (0.51–0.55), mainly from housing.",
        ),
        (
            replace(GUESS, auc=0.51, low=0.49, high=0.53),
            "Whether sex is female cannot be guessed from the features: AUC 0.51 (0.49–0.53); 0.50 is chance.",
        ),
    ],
)
def test_the_sentence_claims_no_more_than_was_measured(guess: Guess, sentence: str) -> None:
    assert sentences([guess]) == [sentence]


def test_of_several_groups_the_one_guessed_best_is_reported() -> None:
    old, young = replace(GUESS, attribute="age", group="old", auc=0.6), replace(GUESS, attribute="age", group="young")
    assert [text[:20] for text in sentences([old, young, GUESS])] == ["Whether age is young", "Whether sex is femal"]
