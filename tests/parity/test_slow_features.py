"""The fast features agree with the slow ones on two hundred borrowers."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas
import pytest
from random_rows import AS_OF, OBSERVED, TABLES, random_rows

from risk_warning.core import features
from risk_warning.core.history.history import History
from risk_warning.core.panel.builder import panel_of

sys.path.append(str(Path(__file__).parent))
from slow_features import SlowBorrower


@pytest.mark.slow
def test_every_feature_is_what_its_words_say() -> None:
    chosen = features.supported(OBSERVED, frozenset())
    assert {feature.name for feature in features.registry()} <= {feature.name for feature in chosen}
    fast, slow = [], []
    for seed in range(25):
        rows = random_rows(seed, 8)
        fast.append(features.matrix(panel_of(History.of(rows, OBSERVED), AS_OF), chosen).T)
        tables = {name: pandas.DataFrame(dict(getattr(rows, name))) for name in TABLES}
        for borrower in range(rows.n):
            values = SlowBorrower(tables, borrower, AS_OF, dict(OBSERVED.event_kinds)).features()
            assert set(values) == {feature.name for feature in chosen}
            slow.append([values[feature.name] for feature in chosen])
    left, right = np.concatenate(fast).astype(np.float64), np.array(slow, np.float64)
    assert len(left) == 200
    scale = np.nanmax(np.abs(right), axis=0)
    for column, feature in enumerate(chosen):
        # Signals are float32, so differences are small relative to the scale of the feature.
        np.testing.assert_allclose(
            left[:, column], right[:, column], rtol=1e-5, atol=2e-6 * scale[column], err_msg=feature.name
        )
