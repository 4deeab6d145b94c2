"""Calibration by length of history: how far the PD of a thin file can be trusted."""

from __future__ import annotations

import numpy as np
import pytest

from risk_warning.core.evaluation import by_history

#         months, PD, bad
ROWS = [(3, 0.5, 1), (5, 0.1, 0), (6, 0.2, 0), (11, 0.2, 1), (24, 0.1, 0), (24, 0.3, 1), (24, 0.1, 0)]


def bands(min_history: int, rows: list[tuple[int, float, int]] = ROWS) -> list[dict[str, float | int | None]]:
    months, pd, bad = (np.array(column) for column in zip(*rows, strict=True))
    return by_history(bad == 1, pd.astype(np.float64), months.astype(np.int32), min_history)


def test_each_band_is_judged_by_its_own_rows() -> None:
    shortest, short, long, longest = bands(3)
    assert shortest["from_months"] == 3 and shortest["to_months"] == 5
    assert (shortest["n"], shortest["bads"]) == (2, 1)
    assert shortest["predicted"] == pytest.approx(0.3)
    assert shortest["observed"] == 0.5
    assert shortest["observed_over_expected"] == pytest.approx(1 / 0.6)
    assert (short["n"], short["bads"]) == (2, 1)
    assert long == {"from_months": 12, "to_months": 23, "n": 0, "bads": 0} | dict.fromkeys(
        ("predicted", "observed", "observed_over_expected")
    )
    assert (longest["from_months"], longest["to_months"], longest["n"]) == (24, None, 3)


@pytest.mark.parametrize(
    ("min_history", "first"), [(0, (0, 5)), (5, (5, 5)), (6, (6, 11)), (8, (8, 11)), (24, (24, None))]
)
def test_the_first_band_starts_at_the_least_history_scored(min_history: int, first: tuple[int, int | None]) -> None:
    band = bands(min_history, [row for row in ROWS if row[0] >= min_history])[0]
    assert (band["from_months"], band["to_months"]) == first


def test_all_rows_stand_in_one_band_each() -> None:
    assert sum(int(band["n"] or 0) for band in bands(3)) == len(ROWS)
