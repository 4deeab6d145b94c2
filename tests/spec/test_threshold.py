"""Thresholds: whom they warn about, what they ask of a team, and what they are worth; by hand where that can be."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from risk_warning.core.burden import Nights, burden, within_capacity
from risk_warning.core.calendar import NEVER
from risk_warning.core.exposure import exposure, loans_told_twice
from risk_warning.core.panel import Panel
from risk_warning.core.policy import Policy
from risk_warning.core.rows import Rows as Book
from risk_warning.core.threshold import Economics, Rows, benefit_gain, best_benefit, points, with_threshold
from risk_warning.watchlist.lifecycle import Seen, step

POLICY = Policy(threshold=560.0, red_below=530.0, yellow_below=590.0)
MONEY = Economics(contact_cost_amount=10.0, loss_given_default_ratio=0.5, treatment_effects=(0.05, 0.1, 0.2))
ROWS = Rows(
    score=np.array([500.0, 510.0, 520.0, 600.0, 610.0]),
    bad=np.array([True, False, True, False, True]),
    pd=np.array([0.5, 0.4, 0.3, 0.1, 0.1]),
    exposure_amount=np.array([1000.0, 1000.0, 2000.0, 500.0, 100.0]),
    borrower=np.arange(5),
    on_last_date=np.ones(5, np.bool_),
    dates=1,
)


def test_a_threshold_is_worth_the_losses_it_prevents_less_the_contacts_it_costs() -> None:
    none, three, on_the_score = points(ROWS, (400.0, 530.0, 520.0), MONEY)
    assert (none.flagged, none.precision_ratio, none.benefit_amounts) == (0, None, (0, 0, 0))
    assert (three.flagged, three.bads, three.capture_ratio) == (3, 2, pytest.approx(2 / 3))
    # Of 3,000 exposed to those who turned bad half is lost; a contact prevents 5, 10, 20 %; three contacts cost 30.
    assert three.benefit_amounts == pytest.approx((45.0, 120.0, 270.0))
    # 0.5 × 1,000 + 0.4 × 1,000 + 0.3 × 2,000 expected, half of a tenth of it, less 30.
    assert three.expected_benefit_amount == pytest.approx(45.0)
    # Strictly below: who scores the threshold itself is not warned about.
    assert on_the_score.flagged == 2


def test_the_best_threshold_stands_just_above_the_last_row_that_pays() -> None:
    # Row by row, at the middle effect: +40, −10, +90, −10, −5. Of equal thresholds the lowest is taken.
    assert best_benefit(ROWS, MONEY, 1) == pytest.approx(520.1)
    costly = Economics(contact_cost_amount=1e6, loss_given_default_ratio=0.5, treatment_effects=(0.05, 0.1, 0.2))
    assert best_benefit(ROWS, costly, 2) is None


def test_a_change_of_threshold_is_worth_what_the_moved_rows_are_worth() -> None:
    found = benefit_gain(ROWS, MONEY, POLICY, with_threshold(POLICY, 515.0))
    assert found is not None
    assert found.amount == pytest.approx(-90.0)
    assert found.low < found.amount < found.high
    same = benefit_gain(ROWS, MONEY, POLICY, POLICY)
    assert same is not None and (same.amount, same.low, same.high) == (0.0, 0.0, 0.0)


def test_bands_make_room_for_a_threshold_that_passes_them() -> None:
    assert with_threshold(POLICY, 520.0) == Policy(threshold=520.0, red_below=520.0, yellow_below=590.0)
    assert with_threshold(POLICY, 600.0) == Policy(threshold=600.0, red_below=530.0, yellow_below=600.0)
    assert with_threshold(POLICY, POLICY.threshold).version == POLICY.version


def nights(seed: int, n: int = 200) -> Nights:
    random = np.random.default_rng(seed)
    scores = 565 + np.cumsum(random.normal(0, 6, (42, n)), axis=0)
    dpd = random.choice([0.0, 10.0, 30.0, np.nan], (42, n), p=[0.9, 0.05, 0.03, 0.02]).astype(np.float32)
    scores[(dpd >= 30) | (random.random((42, n)) < 0.02)] = np.nan
    return Nights(
        scores=scores, days_past_due=dpd, warm_up_nights=14, borrowers_each=1.0, bad_dpd=30, call_again_days=14
    )


@pytest.mark.parametrize("seed", range(3))
def test_the_nights_played_are_those_of_the_watch_list(seed: int) -> None:
    played, first = nights(seed), date(2024, 1, 1)
    n = played.scores.shape[1]
    opened_on: dict[int, int] = {}
    safe_since: dict[int, date | None] = {}
    new, calls, stock, ended = [], [], [], 0
    for night in range(len(played.scores)):
        opens = 0
        for who in range(n):
            score, dpd = float(played.scores[night, who]), float(played.days_past_due[night, who])
            seen = Seen(str(who), None if np.isnan(score) else score, None, None if np.isnan(dpd) else dpd)
            found = step(
                seen,
                is_open=who in opened_on,
                safe_since=safe_since.get(who),
                as_of_date=first + timedelta(days=night),
                policy=POLICY,
                bad_dpd=30,
            )
            if found is None:
                continue
            safe_since[who] = found.safe_since
            if found.event == "opened":
                opened_on[who], opens = night, opens + 1
            elif found.event != "kept":
                del opened_on[who], safe_since[who]
                ended += 1
        if night >= 14:
            new.append(opens)
            calls.append(sum((night - since) % 14 == 0 for since in opened_on.values()))
            stock.append(len(opened_on))
    told = burden(played, POLICY)
    assert ended > 50
    assert (told.new_warnings, told.most_new_warnings) == (np.mean(new), max(new))
    assert (told.calls, told.open_warnings) == (np.mean(calls), np.mean(stock))
    assert told.stay_days == pytest.approx(np.mean(stock) / np.mean(new))


def test_the_capacity_is_filled_and_not_passed() -> None:
    played = nights(1)
    grid = (500.0, 530.0, 550.0, 570.0)

    def calls(threshold: float) -> float:
        return burden(played, with_threshold(POLICY, threshold)).calls

    capacity = (calls(530.0) + calls(550.0)) / 2
    found = within_capacity(calls, grid, capacity)
    assert found is not None and 530 <= found < 550
    assert calls(found) <= capacity < calls(round(found + 0.1, 1))
    assert within_capacity(calls, grid, calls(500.0) / 2) is None
    assert within_capacity(calls, grid, 1e9) == 570.0


def nothing_else(n: int) -> tuple[NDArray[Any], ...]:
    """An open loan, no record, no write-off, days past due unknown."""
    return np.ones(n, np.bool_), np.zeros(n, np.int32), np.full(n, NEVER, np.int32), np.full(n, np.nan, np.float32)


def test_exposure_is_what_is_owed_the_balance_and_a_part_of_the_limit() -> None:
    nan = np.nan
    signals = {
        "outstanding_amount": np.array([300.0, 0.0, nan, 50.0], np.float32),
        "balance": np.array([[nan, 40.0, nan, -5.0], [100.0, 90.0, nan, nan], [0.0, 0.0, nan, nan]], np.float32),
        "credit_limit": np.array([[nan, 140.0, nan, 100.0], [200.0, 9.0, nan, nan], [0.0, 0.0, nan, nan]], np.float32),
    }
    panel = Panel(date(2024, 1, 1), np.zeros(4, np.int32), 4, signals, {}, *nothing_else(4))
    apart, twice = np.zeros(4, np.bool_), np.ones(4, np.bool_)
    assert exposure(panel, 0.1, apart).tolist() == pytest.approx([410.0, 50.0, nan, 60.0], nan_ok=True)
    # One loan with both: its balance is what its unpaid instalments come to.
    assert exposure(panel, 0.1, twice).tolist() == pytest.approx([310.0, 50.0, nan, 60.0], nan_ok=True)
    bare = Panel(date(2024, 1, 1), np.zeros(4, np.int32), 1, {}, {}, *nothing_else(1))
    assert np.isnan(exposure(bare, 0.1, np.zeros(1, np.bool_))).all()


def test_a_loan_with_instalments_and_statements_is_told_twice() -> None:
    tables = {
        "instalments": {"borrower": np.array([0, 1], np.int32), "loan": np.array([0, 1], np.int32)},
        "statements": {"borrower": np.array([1, 1, 2], np.int32), "loan": np.array([1, 2, 3], np.int32)},
    }
    rows = Book(np.arange(3), 4, {}, None, tables["instalments"], tables["statements"], None, {})
    assert loans_told_twice(rows).tolist() == [False, True, False]
