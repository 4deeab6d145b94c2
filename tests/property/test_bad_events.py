"""Bad events agree with the days they are made of, walked one by one, and with the outcome a model learns."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from random_rows import AS_OF, OBSERVED, random_rows

from risk_warning.core.calendar import NEVER, add_months, to_day
from risk_warning.core.history.history import History
from risk_warning.core.observed import Observed
from risk_warning.core.outcomes.arrears import Arrears
from risk_warning.core.outcomes.bad_events import BadEvents, event_days
from risk_warning.core.outcomes.labels import outcomes
from risk_warning.core.outcomes.target import TargetSpec

INSTALMENTS = Observed({table: columns for table, columns in OBSERVED.columns.items() if table != "statements"})
BAD_DPD = 30


def walked(arrears: Arrears, first: int) -> list[tuple[int, int]]:
    """(borrower, first day) of each event, day by day; `arrears.dpd` holds the days from `first` on."""
    lives, starts = arrears.lives, []
    last = np.minimum(lives.ended_on, lives.written_off_on)
    was_bad = np.zeros(len(last), np.bool_)
    for offset, dpd in enumerate(np.nan_to_num(arrears.dpd)):
        day = first + offset
        is_bad = ((dpd >= BAD_DPD) | (was_bad & (dpd > 0))) & (day <= last) & (lives.opened_on != NEVER)
        is_bad |= (lives.written_off_on == day) & (lives.opened_on != NEVER)
        goes_on = set(lives.borrower[was_bad & is_bad].tolist())
        starts += [(who, day) for who in set(lives.borrower[is_bad].tolist()) - goes_on]
        was_bad = is_bad
    return sorted(starts)


@given(st.integers(0, 2**32))
@settings(deadline=None, max_examples=40)
def test_an_event_begins_when_a_borrower_who_was_not_bad_is(seed: int) -> None:
    rows = replace(random_rows(seed), statements=None)
    start = AS_OF - timedelta(days=950)
    every = [start + timedelta(days=k) for k in range(1200)]
    history = History.of(rows, INSTALMENTS)
    events = BadEvents.of(history, BAD_DPD)
    starts = [
        (who, day)
        for who, day in zip(events.borrower.tolist(), events.bad_on.tolist(), strict=True)
        if day <= to_day(every[-1])
    ]
    assert starts == walked(Arrears.of(history, every), to_day(start))


@given(st.integers(0, 2**32))
@settings(deadline=None, max_examples=40)
def test_rows_precede_an_event_where_the_target_is_bad_and_the_same_one_where_they_turn_bad_on_one_day(
    seed: int,
) -> None:
    history = History.of(replace(random_rows(seed), statements=None), INSTALMENTS)
    dates, target = [add_months(AS_OF, -k) for k in range(12, 0, -1)], TargetSpec()
    event_on = event_days(history, BadEvents.of(history, BAD_DPD), dates, target, ())
    turned = np.stack([outcomes(history, day, target).bad_on for day in dates])
    in_window = turned < np.array([to_day(target.window_end(day)) for day in dates])[:, None]
    assert ((event_on != NEVER) == in_window).all()
    assert (event_on[in_window] <= turned[in_window]).all()
    for who in range(turned.shape[1]):
        days = {int(day) for day in turned[in_window[:, who], who]}
        by_day = {day: {int(on) for on in event_on[in_window[:, who] & (turned[:, who] == day), who]} for day in days}
        assert all(len(events) == 1 for events in by_day.values())
