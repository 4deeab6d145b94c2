"""Arrears agree with the days they are made of, and with the outcome a model learns."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from labels import is_bad
from random_rows import AS_OF, OBSERVED, only, random_rows

from risk_warning.core.calendar import NEVER, add_months, months_until, to_date, to_day
from risk_warning.core.history.history import History
from risk_warning.core.observed import Observed
from risk_warning.core.outcomes.arrears import LEVELS, Arrears
from risk_warning.core.outcomes.target import TargetSpec
from risk_warning.studies.target.onset import HORIZONS_MONTHS, onsets

INSTALMENTS = Observed({table: columns for table, columns in OBSERVED.columns.items() if table != "statements"})


@given(st.integers(0, 2**32))
@settings(deadline=None, max_examples=40)
def test_a_run_is_the_days_on_which_the_loan_is_past_due(seed: int) -> None:
    rows = replace(random_rows(seed), statements=None)
    start = AS_OF - timedelta(days=900)
    every = [start + timedelta(days=k) for k in range(1200)]
    arrears = Arrears.of(History.of(rows, INSTALMENTS), every)
    for loan in range(rows.n_loans):
        runs = np.flatnonzero(arrears.runs.loan == loan)
        dpd = np.nan_to_num(arrears.dpd[:, loan])
        late = np.flatnonzero(dpd > 0)
        in_runs = [
            day
            for run in runs
            for day in range(
                int(arrears.runs.begun_on[run]) - to_day(start),
                min(int(arrears.runs.cured_on[run]) - to_day(start), len(every)),
            )
        ]
        # An obligation not yet scheduled on a day is not looked at on it, and none is due before it is scheduled.
        assert in_runs == late.tolist()
        for run in runs:
            span = slice(
                int(arrears.runs.begun_on[run]) - to_day(start), int(arrears.runs.cured_on[run]) - to_day(start)
            )
            for level, reached in zip(LEVELS, arrears.runs.reached_on[:, run], strict=True):
                there = np.flatnonzero(dpd[span] >= level)
                seen = to_day(start) + span.start + int(there[0]) if len(there) else NEVER
                assert reached == seen or reached > to_day(every[-1])


@given(st.integers(0, 2**32), st.integers(-300, 60))
@settings(deadline=None, max_examples=60)
def test_current_borrowers_turn_bad_as_the_target_has_it(seed: int, shift: int) -> None:
    rows, day = replace(random_rows(seed), statements=None), AS_OF + timedelta(days=shift)
    for borrower in range(rows.n):
        alone = only(replace(rows, statements=random_rows(seed).statements), borrower, borrower + 1)
        history = History.of(replace(alone, statements=None), INSTALMENTS)
        current, bads = onsets(Arrears.of(history, [day]), [day])
        for h, months in enumerate(HORIZONS_MONTHS):
            for k, level in enumerate(LEVELS):
                labelled = is_bad(history, day, TargetSpec(horizon_months=months, bad_dpd=level))[0]
                assert bads[0, h, k] == (labelled if current[0] else 0)


@given(
    st.dates(date(1999, 1, 1), date(2030, 1, 1)),
    st.integers(-1000, 3000),
)
def test_months_until_is_the_first_number_of_months_that_reaches_the_day(start: date, later: int) -> None:
    end = to_date(to_day(start) + later)
    months = int(months_until(np.array([to_day(start)], np.int32), np.array([to_day(end)], np.int32))[0])
    assert add_months(start, months) >= end > add_months(start, months - 1)
