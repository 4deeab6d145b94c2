"""Contacts: who was helped in an outcome window, which rows represent them, and the PD without a contact."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from training_rows import rows

from risk_warning.core.calendar import NEVER, to_day
from risk_warning.core.outcomes.contacts import Contacts
from risk_warning.core.rows import Rows
from risk_warning.core.scorecard import probability
from risk_warning.errors import LabelError
from risk_warning.learning.fit import fit
from risk_warning.learning.recipe import Recipe
from risk_warning.learning.training_set import TrainingSet
from risk_warning.learning.weights import arms_of, contact_counts, untouched, weighted
from risk_warning.model.provenance import ContactCounts
from risk_warning.stats.evaluation import evaluate

AS_OF = date(2024, 1, 1)
KINDS = ("call", "withheld")


def book(contacts: list[tuple[int, str, date, int]], n: int = 3) -> Rows:
    """Return a book of n borrowers with the contacts (borrower, kind, day, randomised)."""
    borrower, kind, day, lot = zip(*contacts, strict=True)
    return Rows(
        np.arange(n),
        0,
        {"borrower": np.arange(n)},
        contacts={
            "borrower": np.array(borrower, np.int32),
            "kind": np.array([KINDS.index(name) for name in kind], np.int32),
            "occurred_on": np.array([to_day(when) for when in day], np.int32),
            "randomised": np.array(lot, np.int8),
        },
        categories={"contacts.kind": KINDS},
    )


def test_the_first_contact_of_each_kind_from_the_as_of_date_on() -> None:
    contacts = Contacts.of(
        book(
            [
                (0, "call", date(2023, 12, 31), 1),
                (0, "call", date(2024, 2, 1), -1),
                (0, "call", date(2024, 1, 1), 0),
                (1, "call", date(2024, 3, 1), 1),
                (2, "withheld", date(2024, 1, 5), 1),
                (2, "withheld", date(2024, 1, 2), 0),
            ]
        ),
        to_day(AS_OF),
    )
    first, third, fifth = to_day(AS_OF), to_day(date(2024, 3, 1)), to_day(date(2024, 1, 5))
    assert contacts.contacted_on.tolist() == [first, third, NEVER]
    assert contacts.contacted_by_lot_on.tolist() == [NEVER, third, NEVER]
    # A borrower with a contact withheld for a reason other than the lot is neither helped nor a hold-out.
    assert contacts.withheld_on.tolist() == [NEVER, NEVER, fifth]


def test_a_book_without_contacts_has_helped_nobody() -> None:
    contacts = Contacts.of(Rows(np.arange(2), 0, {"borrower": np.arange(2)}), to_day(AS_OF))
    arms = contacts.arms(np.full(2, NEVER))
    assert not arms.helped.any() and not arms.withheld.any()


def test_only_a_contact_in_the_window_and_before_turning_bad_changes_the_outcome() -> None:
    some = rows(4)
    on = [to_day(date(2024, 3, 31)), to_day(date(2024, 9, 30)), to_day(date(2024, 4, 1)), to_day(date(2024, 10, 1))]
    late = replace(some, contacts=replace(Contacts.none(4), contacted_on=np.array(on, np.int32)))
    # Rows 0 and 2 are as of 1 January, 1 and 3 as of 1 July; a window of three months ends before the first of a month.
    assert arms_of(late, 3).helped.tolist() == [True, True, False, False]
    bad = replace(late, bad_on=np.array([on[0], on[1] + 1, NEVER, NEVER], np.int32))
    assert arms_of(bad, 3).helped.tolist() == [False, True, False, False]


def test_each_of_the_hold_out_counts_for_those_helped_by_the_same_lot() -> None:
    some = rows(12)
    day = to_day(date(2024, 7, 2))
    by_lot = np.array([day] * 6 + [NEVER] * 6, np.int32)
    made = by_lot.copy()
    made[11] = day
    withheld = np.array([NEVER] * 6 + [day] * 3 + [NEVER] * 3, np.int32)
    some = replace(some, date_index=np.ones(12, np.int16), contacts=Contacts(made, by_lot, withheld))
    counts = contact_counts(some, 3)
    assert counts == ContactCounts(helped=7, helped_by_lot=6, withheld=3, each_withheld_counts=3.0)
    taught = weighted(some, Recipe(contacted="weigh"), 3)
    assert taught.rows.borrower_id.tolist() == [6, 7, 8, 9, 10]
    # Row 11 was contacted for another reason, 1 of 12 rows at risk on that day: each row left counts 12 / 11 times.
    assert taught.weight is not None
    assert taught.weight == pytest.approx(np.array([3, 3, 3, 1, 1]) * 12 / 11)
    left = weighted(some, Recipe(contacted="leave-out"), 3)
    assert left.rows.borrower_id.tolist() == [6, 7, 8, 9, 10]
    # Seven of twelve rows were contacted: each of the five rows left has weight 12 / 5.
    assert left.weight == pytest.approx(np.full(5, 12 / 5))
    assert len(weighted(some, Recipe(), 3).rows.bad) == 12
    with pytest.raises(LabelError, match="takes a hold-out"):
        weighted(some.take(np.arange(6)), Recipe(contacted="weigh"), 3)


@pytest.mark.parametrize(("contacted", "low", "high"), [("keep", 1.7, 1.95), ("weigh", 0.94, 1.06)])
def test_the_pd_is_that_of_a_borrower_left_alone(contacted: str, low: float, high: float) -> None:
    """Nine in ten of the riskiest are called, and half of those are saved.

    Without weights the PDs are too low by a factor of 1 / 0.55.
    """
    untouched = replace(rows(80_000), date_index=np.ones(80_000, np.int16))
    random = np.random.default_rng(5)
    due = untouched.x[:, 0] > 1
    called = due & (random.random(len(due)) < 0.9)
    day = to_day(date(2024, 7, 2))
    made = np.where(called, day, NEVER).astype(np.int32)
    withheld = np.where(due & ~called, day, NEVER).astype(np.int32)
    saved = called & (random.random(len(due)) < 0.5)
    lived = replace(untouched, bad=untouched.bad & ~saved, contacts=Contacts(made, made, withheld))
    recipe = Recipe(contacted=contacted)
    taught = weighted(lived, recipe, 3)
    seen = taught.rows
    fitted = fit(seen, taught.weight, {}, recipe).fitted
    fresh = rows(80_000, seed=1)
    risky = fresh.x[:, 0] > 1
    pd = probability(fitted.log_odds(fresh.x))
    assert low < fresh.bad[risky].sum() / pd[risky].sum() < high


def lived_through(seed: int, shares: tuple[float, ...]) -> tuple[TrainingSet, NDArray[np.float64]]:
    """Return rows that lots with these hold-out shares contact at random times without effect, and the true PDs."""
    n, random = 12_000, np.random.default_rng(seed)
    base = rows(n, seed)
    pd = probability(1.5 * base.x[:, 0].astype(np.float64) - 2.5)
    start = to_day(date(2024, 7, 1))
    bad = random.random(n) < pd
    bad_on = np.where(bad, start + random.integers(0, 92, n), NEVER).astype(np.int32)
    contacted = random.random(n) < 0.5
    day = (start + random.integers(0, 92, n)).astype(np.int32)
    # The riskier half is in one lot, the safer half in another.
    share = np.array(shares)[(base.x[:, 0] > 0).astype(int) * (len(shares) - 1)]
    withheld = contacted & (random.random(n) < share)
    made = np.where(contacted & ~withheld, day, NEVER).astype(np.int32)
    withheld_on = np.where(withheld, day, NEVER).astype(np.int32)
    contacts = Contacts(made, made, withheld_on)
    return replace(base, bad=bad, bad_on=bad_on, date_index=np.ones(n, np.int16), contacts=contacts), pd


@pytest.mark.parametrize("contacted", ["leave-out", "weigh"])
@pytest.mark.parametrize("shares", [(0.2,), (0.1, 0.5)])
def test_random_contacts_without_effect_leave_the_bad_rate_where_it_was(
    contacted: str, shares: tuple[float, ...], record_property: Any
) -> None:
    """The interval of the difference contains 0 for at least 17 of twenty seeds."""
    holds = 0
    for seed in range(20):
        lived, pd = lived_through(seed, shares)
        left = untouched(lived, contacted, 3)
        assert left.weight is not None
        weight, bad = left.weight, left.rows.bad
        rate = float(np.average(bad, weights=weight))
        influence = weight * (bad - rate) / weight.sum()
        # Compare with the true PDs, not with the drawn outcomes: the interval covers the noise of the draw.
        holds += bool(abs(rate - pd.mean()) < 1.96 * np.sqrt(influence @ influence))
    record_property(f"{contacted}, {len(shares)} share(s): intervals that hold 0", holds)
    assert holds >= 17


@pytest.mark.parametrize("contacted", ["leave-out", "weigh"])
def test_a_perfect_pd_is_judged_as_such(contacted: str) -> None:
    lived, pd = lived_through(3, (0.1, 0.5))
    lived = replace(lived, borrower_id=np.arange(len(pd)))
    left = untouched(lived, contacted, 3)
    assert left.weight is not None
    own = pd[left.rows.borrower_id]
    truth = evaluate(lived.bad, pd).auc
    seen = evaluate(left.rows.bad, own, left.weight)
    assert seen.auc == pytest.approx(truth, abs=0.02)
    assert seen.observed_over_expected == pytest.approx(1, abs=0.1)
