"""The rows of a few borrowers taken from a chunk are those borrowers, to the bit, however many they are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from labels import is_bad
from numpy.typing import NDArray
from random_rows import AS_OF, OBSERVED, TABLES, only, random_rows, with_rows

from risk_warning.core import features
from risk_warning.core.history.history import History
from risk_warning.core.observed import Observed
from risk_warning.core.outcomes.target import TargetSpec
from risk_warning.core.panel.builder import panel_of
from risk_warning.core.panel.panel import PERIODS
from risk_warning.core.rows import ByBorrower, Rows

SEEDS = st.integers(0, 2**32)


def matrix(rows: Rows, observed: Observed = OBSERVED) -> NDArray[np.float32]:
    chosen = features.supported(observed, frozenset())
    return features.matrix(panel_of(History.of(rows, observed), AS_OF), chosen)


@given(SEEDS, st.sets(st.integers(0, 5)), st.booleans())
@settings(deadline=None)
def test_features_and_outcomes_of_the_chosen_stay_equal_to_the_bit(seed: int, chosen: set[int], dated: bool) -> None:
    rows, observed = random_rows(seed, 6), OBSERVED
    random = np.random.default_rng(seed)
    for name in TABLES:
        rows = with_rows(rows, name, random.permutation(len(getattr(rows, name)["borrower"])))
    if not dated:
        rows = replace(rows, loans=None)
        observed = replace(OBSERVED, columns={t: c for t, c in OBSERVED.columns.items() if t != "loans"})
    rows = replace(rows, set_aside=random.random(6) < 0.5)
    few = np.array(sorted(chosen), np.int64)
    selected = ByBorrower.of(rows).select(few)
    assert selected.borrower_id.tolist() == rows.borrower_id[few].tolist()
    assert selected.set_aside is not None and rows.set_aside is not None
    assert selected.set_aside.tolist() == rows.set_aside[few].tolist()
    assert matrix(selected, observed).tobytes() == np.ascontiguousarray(matrix(rows, observed)[:, few]).tobytes()
    bad, all_bad = (is_bad(History.of(r, observed), AS_OF, TargetSpec()) for r in (selected, rows))
    assert bad.tolist() == all_bad[few].tolist()


@given(SEEDS, st.integers(0, 5))
@settings(deadline=None)
def test_one_borrower_selected_is_the_chunk_of_that_borrower(seed: int, borrower: int) -> None:
    rows = random_rows(seed, 6)
    selected, alone = ByBorrower.of(rows).select(np.array([borrower])), only(rows, borrower, borrower + 1)
    assert selected.n_loans == alone.n_loans
    for name in TABLES:
        left, right = getattr(selected, name), getattr(alone, name)
        assert left.keys() == right.keys()
        assert all(left[c].tobytes() == right[c].tobytes() and left[c].dtype == right[c].dtype for c in left)


def test_a_chunk_may_hold_as_many_borrowers_as_a_panel_has_months() -> None:
    """Levels, one value a borrower, are not to be taken for one value a month."""
    rows = random_rows(1, PERIODS + 2)
    whole, by_borrower = matrix(rows), ByBorrower.of(rows)
    for size in (PERIODS - 1, PERIODS, PERIODS + 1):
        few = matrix(by_borrower.select(np.arange(size)))
        assert few.tobytes() == np.ascontiguousarray(whole[:, :size]).tobytes()
