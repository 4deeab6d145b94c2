"""A book that does not show who turns bad ends in a sentence, not in a model that scores everybody alike."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from training_rows import rows

from risk_warning.errors import LabelError
from risk_warning.learning.fit import fit
from risk_warning.learning.learn import without
from risk_warning.learning.recipe import Recipe
from risk_warning.learning.training_set import TrainingSet


def with_first(value: float) -> TrainingSet:
    """Return rows whose first feature, the only informative one, has the same value for everybody."""
    some = rows(3_000)
    return replace(some, x=np.where(np.arange(3) == 0, np.float32(value), some.x))


@pytest.mark.parametrize("value", [0.0, np.nan])
def test_features_of_one_value_are_no_model(value: float) -> None:
    some = rows(3_000)
    same = replace(some, x=np.full_like(some.x, value))
    with pytest.raises(LabelError, match="rank no better than chance"):
        fit(same, None, {}, Recipe())


@pytest.mark.parametrize("value", [0.0, np.nan])
def test_a_feature_of_one_value_is_as_good_as_none_left(value: float) -> None:
    some = with_first(value)
    first, second, third = (feature.name for feature in some.features)
    with pytest.raises(LabelError, match="The PSI of every feature is above the limit"):
        without(some, [second, third])
    assert [feature.name for feature in without(some, [first, second]).features] == [third]
