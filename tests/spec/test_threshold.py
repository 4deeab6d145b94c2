"""Thresholds: the borrowers they flag, the calls a team makes, and their benefit, worked out by hand where possible."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from risk_warning.core.calendar import NEVER, to_day
from risk_warning.core.economics.economics import Economics, Estimate
from risk_warning.core.economics.exposure import exposure, loans_reported_twice
from risk_warning.core.economics.loss_rates import LossCounts, LossRate
from risk_warning.core.economics.stakes import Stakes
from risk_warning.core.lifecycle import Seen, step
from risk_warning.core.panel.panel import Panel
from risk_warning.core.policy import Policy
from risk_warning.core.rows import Rows as Book
from risk_warning.studies.threshold.burden import ReplayedNights, burden, within_capacity
from risk_warning.studies.threshold.curve import CurveRows, Curves, with_threshold

POLICY = Policy(threshold=560.0, red_below=530.0, yellow_below=590.0)
MONEY = Economics(
    contact_cost_amount=10.0,
    loss_given_default_ratio=0.5,
    credit_conversion_ratio=0.1,
    treatment_effects=(0.05, 0.1, 0.2),
)
EVERY_BAD = LossRate(Estimate(1.0, 1.0, 1.0), "too few", LossCounts())
"""Every bad defaults."""
MARCH, APRIL, MAY, A_YEAR_LATER = (
    to_day(date(year, month, 1)) for year, month in ((2023, 3), (2023, 4), (2023, 5), (2024, 5))
)
JUNE_10, NEXT_JUNE = to_day(date(2023, 6, 10)), to_day(date(2024, 6, 10))


def rows(
    *given: tuple[int, int, float, float, int, float], window_days: int = 92, knows_exposure: bool = True
) -> CurveRows:
    """Return rows of (borrower, as-of day, score, PD, first day of the bad event or NEVER, loss in default)."""
    borrower, day, score, pd, event_on, loss = (np.array(column) for column in zip(*given, strict=True))
    days, date_index = np.unique(day, return_inverse=True)
    stakes = Stakes(
        borrower=borrower,
        date_index=date_index,
        days=days.astype(np.int32),
        window_ends=(days + 92).astype(np.int32),
        event_on=event_on.astype(np.int32),
        loss_amount=loss.astype(float),
    )
    return CurveRows(stakes=stakes, score=score.astype(float), pd=pd.astype(float), knows_exposure=True)


ROWS = rows(
    # The exposures are 1,000, 1,000, 2,000, 500 and 100; half of each is lost in default.
    (0, MARCH, 500.0, 0.5, JUNE_10, 500.0),
    (1, MARCH, 510.0, 0.4, NEVER, 500.0),
    (2, MARCH, 520.0, 0.3, JUNE_10, 1000.0),
    (3, MARCH, 600.0, 0.1, NEVER, 250.0),
    (4, MARCH, 610.0, 0.1, JUNE_10, 50.0),
)
CURVES = Curves(ROWS, MONEY, EVERY_BAD)


def test_a_threshold_is_worth_the_losses_it_prevents_less_the_contacts_it_costs() -> None:
    none, three, on_the_score = CURVES.points((400.0, 530.0, 520.0))
    assert (none.flagged, none.precision_ratio, none.benefit_amounts) == (0, None, (0, 0, 0))
    assert (three.flagged, three.bads, three.capture_ratio) == (3, 2, pytest.approx(2 / 3))
    # Half of the 3,000 exposed to bads is lost; a contact prevents 5, 10 or 20 % of it; three contacts cost 30.
    assert three.benefit_amounts == pytest.approx((45.0, 120.0, 270.0))
    # The expected exposure is 0.5 × 1,000 + 0.4 × 1,000 + 0.3 × 2,000; the benefit is half of a tenth of it, less 30.
    assert three.expected_benefit_amount == pytest.approx(45.0)
    # A flagged score is strictly below the threshold: a score equal to the threshold is not flagged.
    assert on_the_score.flagged == 2


def test_the_best_threshold_stands_just_above_the_last_row_that_pays() -> None:
    # Row by row, at the middle effect: +40, −10, +90, −10, −5. Of equally good thresholds the lowest is chosen.
    assert CURVES.best_threshold(1) == pytest.approx(520.1)
    costly = Curves(ROWS, replace(MONEY, contact_cost_amount=1e6), EVERY_BAD)
    assert costly.best_threshold(2) is None and costly.best() is None


def test_a_change_of_threshold_is_worth_what_the_moved_rows_are_worth() -> None:
    gain, same = CURVES.gains(POLICY, [with_threshold(POLICY, 515.0), POLICY])
    assert gain is not None
    assert gain.amount == pytest.approx(-90.0)
    assert gain.low < gain.amount < gain.high
    assert same is not None and (same.amount, same.low, same.high) == (0.0, 0.0, 0.0)


def test_one_bad_event_seen_from_three_dates_is_saved_once_and_each_date_with_a_warning_costs_a_call() -> None:
    seen = rows(
        (7, MARCH, 500.0, 0.5, JUNE_10, 500.0),
        (7, APRIL, 510.0, 0.6, JUNE_10, 450.0),
        (7, MAY, 520.0, 0.4, JUNE_10, 400.0),
        (8, MAY, 530.0, 0.1, NEVER, 900.0),
    )
    curves = Curves(seen, MONEY, EVERY_BAD)
    never, once, on_two, on_all = curves.points((500.0, 500.1, 510.1, 520.1))
    # A flag on any date saves the 400 of the latest date: 0.1 × 400 − 10, − 20 or − 30, divided by three dates.
    assert [point.bad_events for point in (never, once, on_two, on_all)] == [0, *[pytest.approx(1 / 3)] * 3]
    assert [point.calls for point in (never, once, on_two, on_all)] == pytest.approx([0, 1 / 3, 2 / 3, 1])
    middle = [point.benefit_amounts[1] for point in (once, on_two, on_all) if point.benefit_amounts]
    assert middle == pytest.approx([10.0, 20 / 3, 10 / 3])
    # Bads and capture count rows: all three bad rows are flagged.
    assert (on_all.bads, on_all.capture_ratio) == (1, 1)
    # The PDs count a borrower once in three months, by the riskiest row: a tenth of 0.5 × 500, less the calls.
    assert on_all.expected_benefit_amount == pytest.approx((0.1 * 250 - 30) / 3)


def test_two_bad_events_of_one_borrower_a_year_apart_are_saved_each() -> None:
    seen = rows((7, MAY, 500.0, 0.5, JUNE_10, 400.0), (7, A_YEAR_LATER, 510.0, 0.5, NEXT_JUNE, 300.0))
    curves = Curves(seen, MONEY, EVERY_BAD)
    first, both = curves.points((500.1, 510.1))
    assert (first.bad_events, both.bad_events) == (0.5, 1)
    # 0.1 × 400 − 10, then 0.1 × 700 − 20, each divided by two dates.
    assert first.benefit_amounts is not None and both.benefit_amounts is not None
    assert (first.benefit_amounts[1], both.benefit_amounts[1]) == (pytest.approx(15.0), pytest.approx(25.0))
    assert both.expected_benefit_amount == pytest.approx((0.1 * (200 + 150) - 20) / 2)


def test_a_warning_on_the_later_date_alone_saves_the_event_too() -> None:
    seen = rows((7, MARCH, 580.0, 0.1, JUNE_10, 500.0), (7, MAY, 500.0, 0.5, JUNE_10, 400.0))
    (late,) = Curves(seen, MONEY, EVERY_BAD).points((550.0,))
    assert (late.bad_events, late.calls) == (0.5, 0.5)
    assert late.benefit_amounts is not None and late.benefit_amounts[1] == pytest.approx(15.0)


def test_a_warning_that_stays_open_is_called_again_after_its_days_and_one_that_reopens_at_once() -> None:
    nights = [MARCH + k for k in (0, 7, 14, 21)]
    open_all_along = rows(*((7, night, 500.0, 0.5, JUNE_10, 0.0) for night in nights))
    (point,) = Curves(open_all_along, MONEY, EVERY_BAD).points((550.0,))
    assert point.calls == 2 / 4, "on the first night, and 14 days later"
    scores = (500.0, 560.0, 500.0, 500.0)
    paused = rows(*((7, night, score, 0.5, JUNE_10, 0.0) for night, score in zip(nights, scores, strict=True)))
    low, high = Curves(paused, MONEY, EVERY_BAD).points((550.0, 570.0))
    assert low.calls == 2 / 4, "a new warning after the pause, not called again a week later"
    assert high.calls == 2 / 4, "with the higher threshold there is no pause"


def test_only_bads_who_default_lose_anything() -> None:
    a_quarter = LossRate(Estimate(0.2, 0.25, 0.3), "measured", LossCounts())
    (point,) = Curves(ROWS, MONEY, a_quarter).points((530.0,))
    # A quarter of the 150 that is saved if every bad defaults, less 30.
    assert point.benefit_amounts is not None and point.benefit_amounts[1] == pytest.approx(7.5)
    assert point.expected_benefit_amount == pytest.approx(0.25 * 75 - 30)


def many(seed: int = 1, borrowers: int = 2_000) -> CurveRows:
    """Return borrowers with scores from 500 to 600 and a loss of 1,000 each; a lower score is more often bad."""
    random = np.random.default_rng(seed)
    score = random.uniform(500, 600, borrowers)
    bad = random.random(borrowers) < 0.4 * (600 - score) / 100
    events = np.where(bad, JUNE_10, NEVER)
    return rows(*((who, MARCH, score[who], 0.1, events[who], 1000.0) for who in range(borrowers)))


def test_the_best_threshold_has_an_interval_and_so_has_its_benefit() -> None:
    exact = replace(MONEY, treatment_effects=(0.1, 0.1, 0.1))
    # A call pays if 1,000 × a tenth × the bad rate exceeds 10: at scores below 575.
    best = Curves(many(), exact, EVERY_BAD).best(draws=200)
    assert best is not None and best.low is not None and best.high is not None
    assert best.low <= best.threshold <= best.high and best.low < 575 < best.high
    assert best.never_ratio == 0 and not best.benefit.holds_zero
    assert best.benefit.low < best.benefit.amount < best.benefit.high
    again = Curves(many(), exact, EVERY_BAD).best(draws=200)
    assert again == best, "the same seed gives the same intervals"


def test_an_effect_or_a_roll_to_loss_known_less_well_widens_the_intervals() -> None:
    def width(effects: tuple[float, float, float], roll: Estimate) -> float:
        curves = Curves(many(), replace(MONEY, treatment_effects=effects), LossRate(roll, "measured", LossCounts()))
        best = curves.best(draws=300)
        assert best is not None
        return best.benefit.high - best.benefit.low

    exact, half = (0.1, 0.1, 0.1), Estimate(0.5, 0.5, 0.5)
    assert width((0.05, 0.1, 0.15), half) > 1.5 * width(exact, half)
    assert width(exact, Estimate(0.3, 0.5, 0.7)) > 1.5 * width(exact, half)


def test_an_effect_that_may_be_none_leaves_open_whether_calls_pay() -> None:
    best = Curves(many(), replace(MONEY, treatment_effects=(0.0, 0.1, 0.2)), EVERY_BAD).best(draws=300)
    assert best is not None and best.benefit.amount > 0 and best.benefit.holds_zero
    assert best.low is None and 0.025 < best.never_ratio < 0.5


def test_bands_make_room_for_a_threshold_that_passes_them() -> None:
    assert with_threshold(POLICY, 520.0) == Policy(threshold=520.0, red_below=520.0, yellow_below=590.0)
    assert with_threshold(POLICY, 600.0) == Policy(threshold=600.0, red_below=530.0, yellow_below=600.0)
    assert with_threshold(POLICY, POLICY.threshold).version == POLICY.version


def nights(seed: int, n: int = 200) -> ReplayedNights:
    random = np.random.default_rng(seed)
    scores = 565 + np.cumsum(random.normal(0, 6, (42, n)), axis=0)
    dpd = random.choice([0.0, 10.0, 30.0, np.nan], (42, n), p=[0.9, 0.05, 0.03, 0.02]).astype(np.float32)
    scores[(dpd >= 30) | (random.random((42, n)) < 0.02)] = np.nan
    return ReplayedNights(
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
            transition = step(
                seen,
                is_open=who in opened_on,
                safe_since=safe_since.get(who),
                as_of_date=first + timedelta(days=night),
                policy=POLICY,
                bad_dpd=30,
            )
            if transition is None:
                continue
            safe_since[who] = transition.safe_since
            if transition.event == "opened":
                opened_on[who], opens = night, opens + 1
            elif transition.event != "kept":
                del opened_on[who], safe_since[who]
                ended += 1
        if night >= 14:
            new.append(opens)
            calls.append(sum((night - since) % 14 == 0 for since in opened_on.values()))
            stock.append(len(opened_on))
    result = burden(played, POLICY)
    assert ended > 50
    assert (result.new_warnings, result.most_new_warnings) == (np.mean(new), max(new))
    assert (result.calls, result.open_warnings) == (np.mean(calls), np.mean(stock))
    assert result.stay_days == pytest.approx(np.mean(stock) / np.mean(new))


def test_the_capacity_is_filled_and_not_passed() -> None:
    played = nights(1)
    grid = (500.0, 530.0, 550.0, 570.0)

    def calls(threshold: float) -> float:
        return burden(played, with_threshold(POLICY, threshold)).calls

    capacity = (calls(530.0) + calls(550.0)) / 2
    cutoff = within_capacity(calls, grid, capacity)
    assert cutoff is not None and 530 <= cutoff < 550
    assert calls(cutoff) <= capacity < calls(round(cutoff + 0.1, 1))
    assert within_capacity(calls, grid, calls(500.0) / 2) is None
    assert within_capacity(calls, grid, 1e9) == 570.0


def nothing_else(n: int) -> tuple[NDArray[Any], ...]:
    """Return the rest of a panel: an open loan, no record, no write-off, days past due unknown."""
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
    # One loan has both: its balance is the sum of its unpaid instalments.
    assert exposure(panel, 0.1, twice).tolist() == pytest.approx([310.0, 50.0, nan, 60.0], nan_ok=True)
    bare = Panel(date(2024, 1, 1), np.zeros(4, np.int32), 1, {}, {}, *nothing_else(1))
    assert np.isnan(exposure(bare, 0.1, np.zeros(1, np.bool_))).all()


def test_a_loan_with_instalments_and_statements_is_told_twice() -> None:
    tables = {
        "instalments": {"borrower": np.array([0, 1], np.int32), "loan": np.array([0, 1], np.int32)},
        "statements": {"borrower": np.array([1, 1, 2], np.int32), "loan": np.array([1, 2, 3], np.int32)},
    }
    rows = Book(np.arange(3), 4, {}, None, tables["instalments"], tables["statements"], None, {})
    assert loans_reported_twice(rows).tolist() == [False, True, False]
