"""Features: values computed from other values, and windows over months with and without observations."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from risk_warning.core.features import Feature, matrix
from risk_warning.core.features.value import (
    CountOf,
    Largest,
    Latest,
    Mean,
    MonthsSince,
    Now,
    Ratio,
    Slope,
    Smallest,
    Spread,
    Streak,
    Total,
    Value,
    change,
    growth,
)
from risk_warning.core.panel.panel import PERIODS, Panel

NAN = np.nan
AS_OF = date(2024, 6, 1)


def panel_of(*latest_first: float) -> Panel:
    """Return a panel of one borrower with these months of `signal`, and nothing observed before."""
    signal = np.full((PERIODS, 1), NAN, np.float32)
    signal[: len(latest_first), 0] = latest_first
    nothing = np.zeros(1, np.int32)
    signals = {"signal": signal, "income": np.array([8], np.float32)}
    unknown = np.full(1, np.nan, np.float32)
    return Panel(AS_OF, np.zeros(PERIODS + 1, np.int32), 1, signals, {}, nothing > 0, nothing, nothing, unknown)


def features_of(*values: Value) -> list[Feature]:
    return [Feature(f"f{k}", "family", "", "", 0, "reason", "", "", value) for k, value in enumerate(values)]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Now("signal"), 4),
        (Total("signal", 3), 6),
        (Total("signal", 2, start=4), NAN),
        (Mean("signal", 3), 3),
        (Mean("signal", 3, start=1), 4),
        (Largest("signal", 6), 6),
        (Smallest("signal", 3), 2),
        (Latest("signal", 2), 4),
        (Spread("signal", 3), 1),
        (Spread("signal", 2), NAN),
        (Slope("signal", 4), -3 / 7),
        (Slope("signal", 3), NAN),
        (CountOf("signal", ">=", 4, months=4), 2),
        (CountOf("signal", "<=", 2, months=2), 0),
        (Streak("signal", ">", 3), 1),
        (MonthsSince("signal", "<=", 2), 2),
        (MonthsSince("signal", ">", 6), NAN),
        (change("signal", 1, 3), 0),
        (growth("signal", 1, 3), 1),
        (Ratio(Now("income"), Total("signal", 1, start=1)), NAN),
    ],
    ids=str,
)
def test_a_month_without_a_record_is_skipped_not_zero(value: Value, expected: float) -> None:
    values = matrix(panel_of(4, NAN, 2, 6), features_of(value))
    np.testing.assert_allclose(values, [[expected]], rtol=1e-6)


def test_values_may_be_made_of_values_made_of_values_in_any_order() -> None:
    shallow = Ratio(Now("signal"), Now("income"))
    deep = Ratio(shallow, Ratio(Now("income"), Now("signal")))
    deeper = Ratio(Now("income") - Now("signal"), deep - shallow)
    other = Ratio(Now("income") - Now("signal"), Now("income"))
    values = matrix(panel_of(4), features_of(deep, other, deeper, shallow, deep))
    assert values[:, 0].tolist() == pytest.approx([0.25, 0.5, NAN, 0.5, 0.25], nan_ok=True)


def test_a_value_names_each_signal_it_is_made_of_once() -> None:
    assert Ratio(Mean("utilisation", 3), Now("balance")).needs == ("balance", "credit_limit")
