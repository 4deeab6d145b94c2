"""What must hold for any book: nothing later is seen, no order matters, nothing handed in is changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from labels import is_bad
from numpy.typing import NDArray
from random_rows import AS_OF, OBSERVED, TABLES, frozen, only, random_rows, with_rows

from risk_warning.core import features
from risk_warning.core.calendar import NEVER, to_day
from risk_warning.core.history.history import History
from risk_warning.core.outcomes.target import TargetSpec, not_scored
from risk_warning.core.panel.builder import panel_of
from risk_warning.core.panel.panel import Panel
from risk_warning.core.rows import Rows

SEEDS = st.integers(0, 2**32)
CHOSEN = features.supported(OBSERVED, frozenset())
TODAY = to_day(AS_OF)


def panel(rows: Rows) -> Panel:
    return panel_of(History.of(rows, OBSERVED), AS_OF)


def matrix(rows: Rows) -> NDArray[np.float32]:
    return features.matrix(panel(rows), CHOSEN)


def same(left: NDArray[np.float32], right: NDArray[np.float32]) -> bool:
    return left.tobytes() == right.tobytes()


def test_the_random_books_reach_almost_every_feature() -> None:
    seen = np.concatenate([matrix(random_rows(seed, 8)) for seed in range(20)], axis=1)
    empty = [f.name for f, values in zip(CHOSEN, seen, strict=True) if np.isnan(values).all()]
    assert len(CHOSEN) > 110
    assert not empty


@given(SEEDS)
@settings(deadline=None)
def test_what_is_dated_or_recorded_later_changes_no_feature(seed: int) -> None:
    rows = random_rows(seed)
    assert rows.instalments is not None and rows.statements is not None and rows.events is not None
    owed = dict(rows.instalments)
    unknown = (owed["paid_on"] >= TODAY) | (owed["recorded_on"] >= TODAY)
    # A payment made later does not exist yet; the obligation it settles does.
    for name, empty in (("paid_on", NEVER), ("recorded_on", NEVER), ("paid_amount", 0.0)):
        owed[name] = np.where(unknown, empty, owed[name]).astype(owed[name].dtype)
    known = replace(rows, instalments=owed)
    known = with_rows(known, "instalments", np.flatnonzero(owed["scheduled_on"] < TODAY))
    for table, day in (("statements", "statement_on"), ("events", "occurred_on")):
        columns = getattr(rows, table)
        seen = (columns[day] < TODAY) & (columns["recorded_on"] < TODAY)
        known = with_rows(known, table, np.flatnonzero(seen))
    assert rows.loans is not None
    is_known = rows.loans["valid_from"] < TODAY
    loans = {name: column[is_known] for name, column in rows.loans.items()}
    for name in ("closed_on", "written_off_on"):
        loans[name] = np.where(loans[name] >= TODAY, NEVER, loans[name]).astype(np.int32)
    known = frozen(replace(known, loans=loans))
    assert same(matrix(rows), matrix(known))
    why, again = (not_scored(panel(r), TargetSpec(), None) for r in (rows, known))
    assert np.array_equal(why, again)


@given(SEEDS)
@settings(deadline=None)
def test_no_order_of_rows_or_columns_changes_a_bit(seed: int) -> None:
    rows = random_rows(seed)
    random = np.random.default_rng(seed)
    shuffled = rows
    for name in TABLES:
        shuffled = with_rows(shuffled, name, random.permutation(len(getattr(rows, name)["borrower"])))
        columns = list(getattr(shuffled, name).items())
        random.shuffle(columns)
        shuffled = replace(shuffled, **{name: dict(columns)})
    assert same(matrix(rows), matrix(shuffled))
    spec = TargetSpec()
    bad, again = (is_bad(History.of(r, OBSERVED), date(2023, 12, 1), spec) for r in (rows, shuffled))
    assert np.array_equal(bad, again)


@given(SEEDS, st.integers(1, 3))
@settings(deadline=None)
def test_chunks_give_what_the_whole_gives(seed: int, size: int) -> None:
    rows = random_rows(seed)
    parts = [matrix(only(rows, low, min(low + size, rows.n))) for low in range(0, rows.n, size)]
    assert same(matrix(rows), np.ascontiguousarray(np.concatenate(parts, axis=1)))
