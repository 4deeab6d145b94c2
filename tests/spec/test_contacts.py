"""Contacts: who was helped in an outcome window, who stands for them, and the PD of a borrower left alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from training_rows import FEATURES, rows

from risk_warning.core.calendar import NEVER, to_day
from risk_warning.core.contacts import Contacts
from risk_warning.core.rows import Rows
from risk_warning.core.scorecard import probability
from risk_warning.errors import LabelError
from risk_warning.model.fit import fit
from risk_warning.model.recipe import Recipe
from risk_warning.model.weights import arms_of, contacts_told, weighted

AS_OF = date(2024, 1, 1)
KINDS = ("call", "withheld")


def book(told: list[tuple[int, str, date, int]], n: int = 3) -> Rows:
    """A book of n borrowers with these contacts: borrower, kind, day, randomised."""
    borrower, kind, day, lot = zip(*told, strict=True)
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
    found = Contacts.of(
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
    assert found.made_on.tolist() == [first, third, NEVER]
    assert found.made_by_lot_on.tolist() == [NEVER, third, NEVER]
    # Withheld for another reason than the lot: neither helped nor a hold-out.
    assert found.withheld_on.tolist() == [NEVER, NEVER, fifth]


def test_a_book_without_contacts_has_helped_nobody() -> None:
    found = Contacts.of(Rows(np.arange(2), 0, {"borrower": np.arange(2)}), to_day(AS_OF))
    arms = found.arms(np.full(2, NEVER))
    assert not arms.helped.any() and not arms.withheld.any() and arms.each_withheld_counts is None


def test_only_a_contact_in_the_window_and_before_turning_bad_changes_the_outcome() -> None:
    some = rows(4)
    on = [to_day(date(2024, 3, 31)), to_day(date(2024, 9, 30)), to_day(date(2024, 4, 1)), to_day(date(2024, 10, 1))]
    late = replace(some, contacts=replace(Contacts.none(4), made_on=np.array(on, np.int32)))
    # Rows 0 and 2 stand on 1 January, 1 and 3 on 1 July; the window of three months ends before the first of a month.
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
    told = contacts_told(some, 3)
    assert told == {"helped": 7, "helped_by_lot": 6, "withheld": 3, "each_withheld_counts": 3.0}
    taught = weighted(some, Recipe(contacted="weigh"), 3)
    assert taught.rows.borrower_id.tolist() == [6, 7, 8, 9, 10]
    assert taught.weight is not None and taught.weight.tolist() == [3, 3, 3, 1, 1]
    left = weighted(some, Recipe(contacted="leave-out"), 3)
    assert left.rows.borrower_id.tolist() == [6, 7, 8, 9, 10] and left.weight is None
    assert len(weighted(some, Recipe(), 3).rows.bad) == 12
    with pytest.raises(LabelError, match="takes a hold-out"):
        weighted(some.take(np.arange(6)), Recipe(contacted="weigh"), 3)


@pytest.mark.parametrize(("contacted", "low", "high"), [("keep", 1.7, 1.95), ("weigh", 0.94, 1.06)])
def test_the_pd_is_that_of_a_borrower_left_alone(contacted: str, low: float, high: float) -> None:
    """Nine in ten of the riskiest are called and half of those saved: learnt as it is, risk is 1 / 0.55 too low."""
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
    fitted, _ = fit(seen.x, seen.bad, seen.borrower_id, FEATURES, {}, recipe, taught.weight)
    fresh = rows(80_000, seed=1)
    risky = fresh.x[:, 0] > 1
    pd = probability(fitted.log_odds(fresh.x))
    assert low < fresh.bad[risky].sum() / pd[risky].sum() < high
