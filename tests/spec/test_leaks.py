"""The leak screen names an attribute overwritten after trouble began, and not a feature that fades with time."""

from __future__ import annotations

import numpy as np

from risk_warning.core.leaks import single_auc, suspects

N, MONTHS = 4_000, 12
NONE: frozenset[str] = frozenset()


def panel() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return (month of trouble, borrower, month, bad within three months, row three months earlier).

    Trouble begins for three in ten borrowers.
    """
    random = np.random.default_rng(0)
    borrower, month = np.divmod(np.arange(N * MONTHS), MONTHS)
    trouble = np.where(random.random(N) < 0.3, random.integers(0, MONTHS + 3, N), 99)
    bad = (trouble[borrower] >= month) & (trouble[borrower] < month + 3)
    earlier = np.where(month >= 3, np.arange(N * MONTHS) - 3, -1)
    return trouble, borrower, month, bad, earlier


def test_an_attribute_overwritten_after_trouble_is_named() -> None:
    random = np.random.default_rng(1)
    trouble, borrower, _, bad, earlier = panel()
    ever = trouble < 99
    overwritten = np.where(random.random(N) < 0.1, ~ever, ever).astype(np.float32)[borrower]
    honest = random.normal(0.2 * ever, 1).astype(np.float32)[borrower]
    x = np.stack((overwritten, honest), axis=1)
    leaks = suspects(("x_flag", "x_honest"), frozenset({"x_flag", "x_honest"}), x, bad, earlier)
    assert [suspect.feature for suspect in leaks] == ["x_flag"]
    assert leaks[0].why == "undated" and "was it overwritten afterwards?" in leaks[0].in_words()
    assert suspects(("x_flag",), NONE, x[:, :1], bad, earlier) == (), "dated, it is known when it was written"


def test_a_feature_that_knows_the_trouble_at_once_is_named_and_one_that_grows_is_not() -> None:
    random = np.random.default_rng(2)
    trouble, borrower, month, bad, earlier = panel()
    away = trouble[borrower] - month
    # Written when the trouble is already known; it says nothing one horizon earlier.
    sudden = (bad & (random.random(len(bad)) < 0.9)).astype(np.float32)
    # Rises for months before the trouble.
    growing = (np.clip(8 - away, 0, 8) * (away >= 0) + random.normal(0, 1.5, len(bad))).astype(np.float32)
    leaks = suspects(("sudden", "growing"), NONE, np.stack((sudden, growing), axis=1), bad, earlier)
    assert [suspect.feature for suspect in leaks] == ["sudden"]


def test_an_empty_value_ranks_where_its_own_bad_rate_puts_it() -> None:
    bad = np.arange(200) < 60
    values = np.where(bad, np.nan, 1.0)
    assert single_auc(bad, values) == 1.0
    assert single_auc(bad[:40], values[:40]) is None, "too few goods"
