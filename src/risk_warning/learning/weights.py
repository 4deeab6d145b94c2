"""Weights: which rows a recipe learns from, which it is judged by, and how much each counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray

from risk_warning.core.calendar import add_months, to_day
from risk_warning.core.outcomes.contacts import Arms
from risk_warning.core.splits import borrower_fold
from risk_warning.errors import LabelError
from risk_warning.learning.recipe import KEEP, WEIGH, Recipe
from risk_warning.learning.training_set import TrainingSet

_PARTS = 10_000
_MONTH_DAYS = 365.25 / 12
_ENOUGH_IN_LOT = 200
"""Rows of each arm of a lot from which it is asked whether its share differs from one to the other."""
_GROUPS = 5
"""Groups of about equal chance of a contact within which it is followed who was contacted when."""
_LEAST_SHARE = 0.02
"""A hold-out row never stands for more than fifty."""
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Weighted:
    """Some rows and how much each counts."""

    rows: TrainingSet
    weight: Floats | None
    """Shape (n,); None where all count the same."""


def weighted(rows: TrainingSet, recipe: Recipe, horizon_months: int) -> Weighted:
    """The rows the recipe learns from, of those it is given.

    - Whoever was helped within the horizon before turning bad: left out, unless they are kept (`untouched`).
    - A good row drawn with share p counts 1/p, so that PDs are those of the whole book.
    - A row `half_life_months` older than the newest counts half.

    `LabelError` where contacts are to be weighed and there is no hold-out.
    """
    left = untouched(rows, recipe.contacted, horizon_months)
    rows, factors = left.rows, [] if left.weight is None else [left.weight]
    if recipe.good_share < 1:
        drawn = rows.bad | _drawn(rows, recipe.good_share)
        rows = rows.take(drawn)
        factors = [factor[drawn] for factor in factors]
        factors.append(np.where(rows.bad, 1.0, 1 / recipe.good_share))
    if recipe.half_life_months is not None:
        day = np.array([to_day(when) for when in rows.dates], np.float64)[rows.date_index]
        recent = 0.5 ** ((day.max() - day) / (_MONTH_DAYS * recipe.half_life_months))
        factors.append(recent / recent.mean())
    return Weighted(rows, np.prod(factors, axis=0) if factors else None)


def untouched(rows: TrainingSet, contacted: str, horizon_months: int) -> Weighted:
    """The rows whose outcome no contact changed, each counting for those like it that were contacted.

    Whoever turns bad early has had less time to be contacted: leaving out the contacted alone would leave too many
    bads. So a row counts 1/P(not contacted until then), as in the Kaplan–Meier estimate, with turning bad in the place
    of censoring (Robins & Finkelstein 2000, Biometrics 56, 779–788), among rows of one as-of date that were about as
    likely to be contacted, by their features. Where contacts are weighed, those helped by lot are stood for by the
    hold-out, each counting 1/its share of the lot (Horvitz & Thompson 1952); the share may differ from one borrower to
    the other, and is learnt from the features.
    """
    if contacted == KEEP:
        return Weighted(rows, None)
    arms = arms_of(rows, horizon_months)
    weight = np.ones(len(rows.bad))
    by_lot = arms.helped_by_lot if contacted == WEIGH else np.zeros(len(weight), np.bool_)
    if contacted == WEIGH:
        if not arms.withheld.any():
            raise LabelError(
                "To weigh contacts takes a hold-out: rows of the table contacts of kind withheld, randomised 1, "
                "in the outcome windows. Bring them, or leave out whoever was contacted (leave-out)."
            )
        weight[arms.withheld] = _each_withheld_counts(rows, arms)[arms.withheld]
    weight *= _each_untouched_counts(rows, arms.helped & ~by_lot, horizon_months)
    left = ~arms.helped
    return Weighted(rows.take(left), weight[left])


def arms_of(rows: TrainingSet, horizon_months: int) -> Arms:
    """Who was helped within so many months of the as-of date, before turning bad."""
    return rows.contacts.arms(_followed_until(rows, horizon_months))


def contacts_told(rows: TrainingSet, horizon_months: int) -> dict[str, Any]:
    """How many rows were helped, and what stands for them, ready for JSON."""
    arms = arms_of(rows, horizon_months)
    each = _each_withheld_counts(rows, arms)[arms.withheld] if arms.withheld.any() else None
    return {
        "helped": int(arms.helped.sum()),
        "helped_by_lot": int(arms.helped_by_lot.sum()),
        "withheld": int(arms.withheld.sum()),
        "each_withheld_counts": None if each is None else float(each.mean()),
    }


def _followed_until(rows: TrainingSet, horizon_months: int) -> NDArray[np.int64]:
    """Day on which each row's outcome is settled: it turned bad, or its window ended; shape (n,)."""
    end = np.array([to_day(add_months(day, horizon_months)) for day in rows.dates], np.int64)
    return np.minimum(rows.bad_on, end[rows.date_index])


def _each_untouched_counts(rows: TrainingSet, contacted: NDArray[np.bool_], horizon_months: int) -> Floats:
    """1/P(not contacted before its outcome was settled) of each row, among those alike on its date; shape (n,)."""
    until = _followed_until(rows, horizon_months)
    found, everybody = np.ones(len(until)), np.arange(len(until))
    if not contacted.any():
        return found
    chance = _chance(rows, everybody, contacted)
    group = np.searchsorted(np.unique(np.quantile(chance, np.arange(1, _GROUPS) / _GROUPS)), chance, side="right")
    for stratum in np.unique(rows.date_index.astype(np.int64) * _GROUPS + group):
        here = np.flatnonzero(rows.date_index.astype(np.int64) * _GROUPS + group == stratum)
        time, is_contact = np.where(contacted[here], rows.contacts.made_on[here], until[here]), contacted[here]
        days, position = np.unique(time, return_inverse=True)
        contacts = np.bincount(position, is_contact, minlength=len(days))
        # A contact on the day somebody turns bad comes too late: who does is no longer at risk of one on that day.
        at_risk = np.cumsum(np.bincount(position, minlength=len(days))[::-1])[::-1]
        at_risk = at_risk - np.bincount(position, ~is_contact, minlength=len(days))
        stays = np.cumprod(1 - contacts / np.maximum(at_risk, 1))
        # Not contacted before the day: the product over the days before it.
        before = np.append(1.0, stays)[np.searchsorted(days, until[here], side="left")]
        found[here] = 1 / np.maximum(before, _LEAST_SHARE)
    return found


def _each_withheld_counts(rows: TrainingSet, arms: Arms) -> Floats:
    """1/P(withheld) of each row of the lot, by models that did not see its borrower; shape (n,), 1 outside the lot."""
    in_lot = np.flatnonzero(arms.helped_by_lot | arms.withheld)
    found, withheld = np.ones(len(rows.bad)), arms.withheld[in_lot]
    share = _chance(rows, in_lot, withheld)
    counts = 1 / np.clip(share, _LEAST_SHARE, 1)
    # Together the hold-out stands for the whole lot.
    counts *= len(in_lot) / max(float(counts[withheld].sum()), 1e-9)
    found[in_lot] = counts
    return found


def _chance(rows: TrainingSet, which: NDArray[np.int64], chosen: NDArray[np.bool_]) -> Floats:
    """P(chosen) of some rows by their features and date, by models that did not see their borrowers; shape (which,).

    The same for all where one kind is too rare to tell them apart.
    """
    found = np.full(len(which), float(chosen.mean()))
    if min(chosen.sum(), (~chosen).sum()) < _ENOUGH_IN_LOT:
        return found
    day = np.array([to_day(when) for when in rows.dates], np.float32)[rows.date_index[which]]
    x = np.column_stack((rows.x[which], day))
    fold = borrower_fold(rows.borrower_id[which], 3, seed=9)
    for k in range(3):
        inside, outside = fold != k, fold == k
        if outside.any() and 0 < chosen[inside].sum() < inside.sum():
            found[outside] = _share(x[inside], chosen[inside], x[outside])
    return found


def _share(x: NDArray[np.float32], chosen: NDArray[np.bool_], other: NDArray[np.float32]) -> Floats:
    """P(chosen) of other rows; where nothing tells the two kinds apart, the same for all."""
    check = np.arange(len(x)) % 4 == 0
    parameters = {
        **{"objective": "binary", "num_leaves": 4, "learning_rate": 0.1, "min_data_in_leaf": 50, "seed": 1},
        **{"num_threads": 1, "deterministic": True, "force_col_wise": True, "verbosity": -1, "feature_fraction": 0.5},
    }
    train = lightgbm.Dataset(x[~check], chosen[~check])
    stop = lightgbm.early_stopping(10, verbose=False)
    valid = lightgbm.Dataset(x[check], chosen[check], reference=train)
    booster = lightgbm.train(parameters, train, 200, valid_sets=[valid], callbacks=[stop])
    base = float(chosen[check].mean())
    flat = -(base * np.log(max(base, 1e-9)) + (1 - base) * np.log(max(1 - base, 1e-9)))
    if booster.best_score["valid_0"]["binary_logloss"] >= flat:
        return np.full(len(other), float(chosen.mean()))
    return np.asarray(booster.predict(other), np.float64)


def _drawn(rows: TrainingSet, share: float) -> NDArray[np.bool_]:
    """Of the rows the share, drawn by a hash of borrower and date."""
    drawn = np.empty(len(rows.bad), np.bool_)
    for index in np.unique(rows.date_index):
        here = rows.date_index == index
        part = borrower_fold(rows.borrower_id[here], _PARTS, seed=rows.dates[index].toordinal() + 1)
        drawn[here] = part < round(share * _PARTS)
    return drawn
