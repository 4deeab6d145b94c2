"""What calls are worth and what a team of given size reaches: tables worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from risk_warning.core.attributes import attributes
from risk_warning.core.calendar import NEVER
from risk_warning.core.capacity import reached
from risk_warning.core.comparison import wilson
from risk_warning.core.economics import Costs, economics
from risk_warning.core.panel import Panel
from risk_warning.errors import SettingsError
from risk_warning.jobs.compare_options import Options, costs_of

COSTS = Costs(contact_amount=5, loss_given_default=0.5, effect=0.2, effect_low=0.1, effect_high=0.3)
#            bad, owed, called by A, called by B
CALLS = [(1, 1000, 1, 1), (1, 400, 0, 1), (0, 900, 1, 1), (0, 100, 1, 0), (1, 200, 0, 0)]


def test_the_worth_of_calls_by_hand() -> None:
    bad, owed, a, b = (np.array(column) for column in zip(*CALLS, strict=True))
    found = economics(bad == 1, owed.astype(float), a == 1, b == 1, np.arange(5), COSTS, draws=200)
    # A: one bad with 1,000 owed: 0.2 × 0.5 × 1,000 = 100 avoided, three calls at 5.
    assert (found.a.avoided_amount, found.a.contact_amount, found.a.calls) == (100, 15, 3)
    # A's errors: 600 of bads' debts uncalled, 60 of it avoidable; two calls to goods.
    assert (found.a.missed_amount, found.a.needless_amount, found.a.errors_amount) == (pytest.approx(60), 10, 70)
    assert found.a.break_even_effect == pytest.approx(15 / 500)
    assert (found.b.avoided_amount, found.b.bads_called) == (pytest.approx(140), 2)
    net = found.net_per_1000
    assert (net.a, net.b, net.difference) == (pytest.approx(17_000), pytest.approx(25_000), pytest.approx(8_000))
    assert net.low <= net.difference <= net.high


def test_an_uncertain_effect_widens_the_interval_and_a_model_against_itself_gains_nothing() -> None:
    random = np.random.default_rng(1)
    bad, owed, who = random.random(4_000) < 0.1, np.full(4_000, 1000.0), np.arange(4_000) // 2
    called = random.random(4_000) < 0.2
    other = random.random(4_000) < 0.2

    def width(costs: Costs) -> float:
        low, high = economics(bad, owed, called, other, who, costs, draws=300).net_interval_a
        return high - low

    assert width(COSTS) > 1.2 * width(replace(COSTS, effect_low=0.2, effect_high=0.2))
    same = economics(bad, owed, called, called, who, COSTS, draws=300)
    assert (same.net_per_1000.difference, same.net_per_1000.low, same.net_per_1000.high) == (0, 0, 0)
    assert economics(bad, owed, called, other, who, COSTS, draws=50) == economics(
        bad, owed, called, other, who, COSTS, draws=50
    )


def test_nothing_owed_has_no_break_even() -> None:
    yes = np.array([True, True])
    found = economics(yes, np.zeros(2), yes, yes, np.arange(2), COSTS, draws=10)
    assert found.a.break_even_effect is None and found.a.avoided_amount == 0


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ((-1.0, 0.4, 0.1, 0.0, 0.2), "cost of a call"),
        ((float("nan"), 0.4, 0.1, 0.0, 0.2), "cost of a call"),
        ((5.0, 1.4, 0.1, 0.0, 0.2), "loss given default"),
        ((5.0, 0.4, 0.3, 0.0, 0.2), "between the ends of its interval"),
    ],
)
def test_economics_that_contradict_themselves_are_refused(
    given: tuple[float, float, float, float, float], sentence: str
) -> None:
    with pytest.raises(SettingsError, match=sentence):
        costs_of(*given)


def test_nights_and_agents_have_limits() -> None:
    with pytest.raises(SettingsError, match="--nights-every"):
        Options(nights_every_days=0)
    with pytest.raises(SettingsError, match="--agent-days"):
        Options(agent_days=91)


def test_what_a_team_reaches() -> None:
    score = np.arange(200.0)
    bad = np.zeros(200, np.bool_)
    bad[[0, 5, 150]] = True
    found = {one.share: one for one in reached(bad, score, np.arange(200) // 100)}
    # Of each date of 100 the five lowest scores: 0–4 and 100–104.
    assert (found[0.05].calls, found[0.05].bads_called, found[0.05].precision) == (10, 1, 0.1)
    assert found[0.05].capture == pytest.approx(1 / 3)
    assert found[0.1].bads_called == 2 and found[0.1].precision_interval == wilson(2, 20)


def test_what_somebody_owes() -> None:
    nan = np.nan
    signals = {
        "outstanding_amount": np.array([1000, 0, nan, nan, 0], np.float32),
        # The latest balance, or where it is missing that of the month before; credit is no exposure.
        "balance": np.array([[50, nan, nan, nan, -30], [70, 20, 40, nan, 9]], np.float32),
        "monthly_income": np.array([9, nan, 9, 9, 9], np.float32),
    }
    panel = Panel(
        as_of_date=date(2024, 1, 1),
        ends=np.zeros(3, np.int32),
        n=5,
        signals=signals,
        codes={"loans.product": np.array([0, 1, nan, 0, 0], np.float32)},
        has_open_loan=np.ones(5, np.bool_),
        record_periods=np.ones(5, np.int32),
        written_off_on=np.full(5, NEVER, np.int32),
        dpd_current=np.full(5, np.nan, np.float32),
    )
    apart = np.zeros(5, np.bool_)
    found = attributes(panel, apart)
    np.testing.assert_array_equal(found["exposure_amount"], [1050, 20, 40, nan, 0])
    np.testing.assert_array_equal(found["loans.product"], [0, 1, nan, 0, 0])
    assert "exposure_amount" not in attributes(replace(panel, signals={}), apart)
