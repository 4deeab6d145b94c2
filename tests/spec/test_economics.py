"""The value of calls, and the bads that a team of a given size reaches, in tables worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest

from risk_warning.core.calendar import NEVER, to_day
from risk_warning.core.economics.attributes import attributes
from risk_warning.core.economics.economics import REACH, Economics, Estimate
from risk_warning.core.economics.loss_rates import LossCounts, LossRate
from risk_warning.core.economics.stakes import Stakes
from risk_warning.core.panel.panel import Panel
from risk_warning.economics.assumptions import Assumptions, assumptions_of
from risk_warning.economics.valuation import Valuation
from risk_warning.errors import SettingsError
from risk_warning.settings import EconomicsSettings, load_settings
from risk_warning.stats.rates import wilson
from risk_warning.studies.compare.balance import Balances, balances
from risk_warning.studies.compare.capacity import reached
from risk_warning.studies.compare.options import Options

MONEY = Economics(
    contact_cost_amount=5,
    loss_given_default_ratio=0.5,
    credit_conversion_ratio=0.0,
    treatment_effects=(0.1, 0.2, 0.3),
)
EVERY_BAD = LossRate(Estimate(1.0, 1.0, 1.0), "too few", LossCounts())
"""Every bad defaults."""
#            bad, owed, called by A, called by B
CALLS = [(1, 1000, 1, 1), (1, 400, 0, 1), (0, 900, 1, 1), (0, 100, 1, 0), (1, 200, 0, 0)]
FIRST, BAD_ON = to_day(date(2023, 3, 1)), to_day(date(2023, 5, 10))


def stakes(bad: np.ndarray, owed: np.ndarray, borrower: np.ndarray | None = None) -> Stakes:
    """Return one row per borrower on one date; several rows of a borrower are on dates a month apart."""
    borrower = np.arange(len(bad)) if borrower is None else borrower
    _, first, each = np.unique(borrower, return_index=True, return_counts=True)
    nth = np.arange(len(borrower)) - np.repeat(first, each)
    days = FIRST + 30 * np.arange(each.max(), dtype=np.int32)
    return Stakes(
        borrower=borrower,
        date_index=nth,
        days=days.astype(np.int32),
        window_ends=(days + 92).astype(np.int32),
        event_on=np.where(bad, BAD_ON, NEVER).astype(np.int32),
        loss_amount=MONEY.loss_given_default_ratio * owed.astype(float),
    )


def test_the_worth_of_calls_by_hand() -> None:
    bad, owed, a, b = (np.array(column) for column in zip(*CALLS, strict=True))
    result = balances(stakes(bad == 1, owed), a == 1, b == 1, MONEY, EVERY_BAD, draws=200)
    # A calls one bad who owes 1,000: 0.2 × 0.5 × 1,000 = 100 is avoided, and three calls cost 5 each.
    assert (result.a.avoided_amount, result.a.contact_amount, result.a.calls) == (100, 15, 3)
    # A's errors: bads who owe 600 get no call, and 60 of it is avoidable; two calls go to goods.
    assert (result.a.missed_amount, result.a.needless_amount, result.a.errors_amount) == (pytest.approx(60), 10, 70)
    assert result.a.break_even_effect == pytest.approx(15 / 500)
    assert (result.b.avoided_amount, result.b.bad_events_reached, result.bad_events) == (pytest.approx(140), 2, 3)
    net = result.net_per_1000
    assert (net.a, net.b, net.difference) == (pytest.approx(17_000), pytest.approx(25_000), pytest.approx(8_000))
    assert net.low <= net.difference <= net.high


def test_only_the_share_of_bads_who_default_loses_anything() -> None:
    bad, owed, a, b = (np.array(column) for column in zip(*CALLS, strict=True))
    quarter = LossRate(Estimate(0.25, 0.25, 0.25), "setting", LossCounts())
    result = balances(stakes(bad == 1, owed), a == 1, b == 1, MONEY, quarter, draws=10)
    assert (result.a.avoided_amount, result.a.missed_amount, result.a.contact_amount) == (25, pytest.approx(15), 15)
    assert result.a.break_even_effect == pytest.approx(15 / 125)


def test_a_bad_event_seen_from_three_dates_is_avoided_once_and_a_call_on_each_is_paid() -> None:
    one = stakes(np.ones(3, np.bool_), np.array([1000.0, 900.0, 800.0]), np.zeros(3, np.int64))
    on_all, on_the_last = np.ones(3, np.bool_), np.array([False, False, True])
    result = balances(one, on_all, on_the_last, MONEY, EVERY_BAD, draws=10)
    # 0.2 × 0.5 × 800, the latest amount owed.
    assert (result.a.avoided_amount, result.b.avoided_amount, result.bad_events) == (
        pytest.approx(80),
        pytest.approx(80),
        1,
    )
    assert (result.a.calls, result.b.calls) == (3, 1)
    assert (result.a.contact_amount, result.a.needless_amount, result.b.missed_amount) == (15, 0, 0)


def test_an_uncertain_effect_or_roll_widens_the_interval_and_a_model_against_itself_gains_nothing() -> None:
    random = np.random.default_rng(1)
    bad, owed, who = random.random(4_000) < 0.1, np.full(4_000, 1000.0), np.arange(4_000) // 2
    called = random.random(4_000) < 0.2
    other = random.random(4_000) < 0.2
    known, exact = stakes(bad, owed, who), replace(MONEY, treatment_effects=(0.2, 0.2, 0.2))

    def compared(economics: Economics, loss_rate: LossRate = EVERY_BAD) -> Balances:
        return balances(known, called, other, economics, loss_rate, draws=300)

    def width(result: Balances) -> float:
        low, high = result.net_interval_a
        return high - low

    assert width(compared(MONEY)) > 1.2 * width(compared(exact))
    half = LossRate(Estimate(0.5, 0.5, 0.5), "setting", LossCounts())
    unsure = LossRate(Estimate(0.3, 0.5, 0.7), "measured", LossCounts())
    assert width(compared(exact, unsure)) > 1.2 * width(compared(exact, half))
    same = balances(known, called, called, MONEY, EVERY_BAD, draws=300)
    assert (same.net_per_1000.difference, same.net_per_1000.low, same.net_per_1000.high) == (0, 0, 0)
    assert compared(MONEY) == compared(MONEY)


def test_nothing_owed_has_no_break_even() -> None:
    yes = np.array([True, True])
    result = balances(stakes(yes, np.zeros(2)), yes, yes, MONEY, EVERY_BAD, draws=10)
    assert result.a.break_even_effect is None and result.a.avoided_amount == 0


def test_an_estimate_keeps_both_ends_of_an_uneven_interval() -> None:
    effect = Estimate(0.05, 0.1, 0.2)
    assert [effect.at(z) for z in (-REACH, 0.0, REACH)] == pytest.approx([0.05, 0.1, 0.2])
    assert (effect.at(-10.0), effect.at(100.0)) == (0.0, 1.0), "a share stays one"


def test_a_product_may_have_a_loss_given_default_of_its_own() -> None:
    money = replace(MONEY, loss_given_default_by_product={"card": 0.8, "boat": 0.1})
    product = np.array([0.0, 1.0, np.nan])
    assert money.loss_given_default(product, ("card", "cash"), 3).tolist() == [0.8, 0.5, 0.5]
    assert money.loss_given_default(None, (), 2).tolist() == [0.5, 0.5]


def test_the_inputs_say_where_each_comes_from() -> None:
    settings = EconomicsSettings(contact_cost_amount=7.0)
    assumptions = assumptions_of(settings, treatment_effects=(0.1, 0.2, 0.3))
    assert assumptions.economics.contact_cost_amount == 7 and assumptions.economics.treatment_effects == (0.1, 0.2, 0.3)
    assert assumptions.source("treatment_effects") == "option"
    assert assumptions.source("contact_cost_amount") == "setting economics.contact_cost_amount"
    assert assumptions.source("credit_conversion_ratio") == "default of the setting economics.credit_conversion_ratio"
    by_product = EconomicsSettings(loss_given_default_by_product={"card": 0.8})
    assert assumptions_of(by_product).economics.loss_given_default_by_product == {"card": 0.8}
    over = assumptions_of(by_product, loss_given_default_ratio=0.3).economics
    assert (over.loss_given_default_ratio, over.loss_given_default_by_product) == (0.3, {}), "an option is for all"


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("TREATMENT_EFFECT", "[0.3, 0.2, 0.1]", "economics.treatment_effect: low, mid and high must be rising shares"),
        ("CONTACT_COST_AMOUNT", "-1", "economics.contact_cost_amount"),
        ("LOSS_GIVEN_DEFAULT_BY_PRODUCT", '{"card": 1.2}', "economics.loss_given_default_by_product.card"),
    ],
)
def test_a_setting_out_of_its_range_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, sentence: str
) -> None:
    monkeypatch.setenv(f"RISK_WARNING_ECONOMICS__{name}", value)
    with pytest.raises(SettingsError, match=sentence):
        load_settings()


def test_the_formula_and_the_inputs_are_told_with_the_figures_used() -> None:
    counts = LossCounts(events=41, lost=10, borrowers=40, squares=43)
    valuation = Valuation(Assumptions(MONEY), LossRate.of(counts, MONEY), 30)
    assert valuation.formula == (
        "Benefit = exposure × 50% loss given default × 24% of bads who default × 20% treatment effect, over the bad "
        "events with a warning before them, minus 5 for every call."
    )
    said = {what: (value, source) for what, value, source in valuation.table}
    default = "bads who default: share of those 30 days past due who reach 90 or are written off within 12 months"
    value, source = said[default]
    assert value.startswith("24.4% (") and source.startswith("measured: 10 of 41 bad events of 40 borrowers")
    assert valuation.cautions == ()
    unmeasured = Valuation(Assumptions(MONEY), EVERY_BAD, 30, ("boat",))
    assert any(source.startswith("assumed to be 1: too few (0 borrowers") for _, _, source in unmeasured.table)
    assert [said in " ".join(unmeasured.cautions) for said in ("losses are overstated", "no product boat")] == [
        True
    ] * 2


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"contact_cost_amount": -1.0}, "cost of a call"),
        ({"contact_cost_amount": float("nan")}, "cost of a call"),
        ({"loss_given_default_ratio": 1.4}, "loss given default"),
        ({"treatment_effects": (0.0, 0.3, 0.2)}, "between the ends of its interval"),
        ({"credit_conversion_ratio": -0.1}, "credit conversion"),
        ({"call_again_days": 0}, "called again"),
    ],
)
def test_economics_that_contradict_themselves_are_refused(given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence):
        assumptions_of(EconomicsSettings(), **given)


def test_nights_and_agents_have_limits() -> None:
    with pytest.raises(SettingsError, match="--every"):
        Options(nights_every_days=0)
    with pytest.raises(SettingsError, match="--agent-days"):
        Options(agent_days=91)


def test_what_a_team_reaches() -> None:
    score = np.arange(200.0)
    bad = np.zeros(200, np.bool_)
    bad[[0, 5, 150]] = True
    by_share = {one.share: one for one in reached(bad, score, np.arange(200) // 100)}
    # The five lowest scores of each date of 100 rows: 0–4 and 100–104.
    assert (by_share[0.05].calls, by_share[0.05].bads_called, by_share[0.05].precision) == (10, 1, 0.1)
    assert by_share[0.05].capture == pytest.approx(1 / 3)
    assert by_share[0.1].bads_called == 2 and by_share[0.1].precision_interval == wilson(2, 20)


def test_what_somebody_owes() -> None:
    nan = np.nan
    signals = {
        "outstanding_amount": np.array([1000, 0, nan, nan, 0], np.float32),
        # The latest balance, or the balance of the month before if it is missing; a credit balance is no exposure.
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
    values = attributes(panel, 0.0, apart)
    np.testing.assert_array_equal(values["exposure_amount"], [1050, 20, 40, nan, 0])
    np.testing.assert_array_equal(values["loans.product"], [0, 1, nan, 0, 0])
    assert "exposure_amount" not in attributes(replace(panel, signals={}), 0.0, apart)
