"""Warnings of many borrowers at once live as those of one do on the watch list."""

from __future__ import annotations

from datetime import date

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from risk_warning.core.active_warnings import by_policy
from risk_warning.core.calendar import to_date, to_day
from risk_warning.core.lifecycle import Seen, step
from risk_warning.core.policy import Policy

POLICY = Policy(threshold=500, red_below=450, yellow_below=550, margin=10, close_after_days=7)
SCORES = st.sampled_from([None, 480.0, 499.9, 500.0, 509.9, 510.0, 600.0])
LATE = st.sampled_from([None, 0.0, 29.0, 30.0, 45.0])
FIRST = to_day(date(2024, 1, 1))


@given(
    nights=st.lists(st.integers(1, 9), min_size=1, max_size=20),
    seen=st.lists(st.lists(st.tuples(SCORES, LATE), min_size=20, max_size=20), min_size=1, max_size=3),
)
def test_night_by_night_the_same(nights: list[int], seen: list[list[tuple[float | None, float | None]]]) -> None:
    days = FIRST + np.cumsum(nights).astype(np.int32)
    score, late = (
        np.array([[np.nan if one[row][k] is None else one[row][k] for one in seen] for row in range(len(days))])
        for k in (0, 1)
    )
    open_by_night = by_policy(score, late.astype(np.float32), days, POLICY, 30)
    for column, one in enumerate(seen):
        is_open, safe_since = False, None
        for row, day in enumerate(days.tolist()):
            sighting = Seen("b", one[row][0], None, one[row][1])
            made = step(
                sighting, is_open=is_open, safe_since=safe_since, as_of_date=to_date(day), policy=POLICY, bad_dpd=30
            )
            is_open = made is not None and made.event in ("opened", "kept")
            safe_since = made.safe_since if made is not None and is_open else None
            assert open_by_night[row, column] == is_open
