"""Weights: the rows that a recipe learns from, the rows that evaluate it, and how much each counts."""

from __future__ import annotations

from dataclasses import dataclass

import lightgbm
import numpy as np
from numpy.typing import NDArray

from risk_warning.core.calendar import add_months, to_day
from risk_warning.core.outcomes.contacts import Arms
from risk_warning.core.splits import borrower_fold
from risk_warning.errors import LabelError
from risk_warning.learning.recipe import KEEP, WEIGH, Recipe
from risk_warning.learning.training_set import TrainingSet
from risk_warning.model.provenance import ContactCounts

_PARTS = 10_000
_MONTH_DAYS = 365.25 / 12
_ENOUGH_IN_LOT = 200
"""Fewest rows of each arm of a lot to learn whether the arm's share differs between borrowers."""
_GROUPS = 5
"""Groups of about equal chance of a contact; contacts are followed over time within each."""
_LEAST_SHARE = 0.02
"""Lower limit of a share, so that a hold-out row never counts for more than fifty."""
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Weighted:
    """Rows and their weights."""

    rows: TrainingSet
    weight: Floats | None
    """Shape (n,); None if all count the same."""


def weighted(rows: TrainingSet, recipe: Recipe, horizon_months: int) -> Weighted:
    """Return those of the rows that the recipe learns from, with their weights.

    - Borrowers who were helped within the horizon, before turning bad, are left out unless the recipe keeps them
      (`untouched`).
    - A good row drawn with share p counts 1/p, so that PDs are those of the whole book.
    - A row `half_life_months` older than the newest counts half.

    Raises
    ------
    LabelError
        Contacts are to be weighed and there is no hold-out.
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
    """Return the rows whose outcome no contact changed, weighted to represent similar rows that were contacted.

    A borrower who turns bad early has had less time to be contacted, so leaving out only the contacted would leave too
    many bads. So a row counts 1/P(not contacted until then), as in the Kaplan–Meier estimate, with turning bad in the
    place of censoring (Robins & Finkelstein 2000, Biometrics 56, 779–788). The probability is estimated among rows of
    the same as-of date that, by their features, were about as likely to be contacted. If contacts are weighed, the
    hold-out represents the borrowers helped by lot: each of its rows counts 1/its share of the lot (Horvitz & Thompson
    1952). The share may differ between borrowers and is learnt from the features.
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
                "in the outcome windows. Bring them, or leave out contacted borrowers (leave-out)."
            )
        weight[arms.withheld] = _each_withheld_counts(rows, arms)[arms.withheld]
    weight *= _each_untouched_counts(rows, arms.helped & ~by_lot, horizon_months)
    left = ~arms.helped
    return Weighted(rows.take(left), weight[left])


def arms_of(rows: TrainingSet, horizon_months: int) -> Arms:
    """Return who was helped within `horizon_months` months of the as-of date, before turning bad."""
    return rows.contacts.arms(_followed_until(rows, horizon_months))


def contact_counts(rows: TrainingSet, horizon_months: int) -> ContactCounts:
    """Return how many rows were helped and what represents them."""
    arms = arms_of(rows, horizon_months)
    each = _each_withheld_counts(rows, arms)[arms.withheld] if arms.withheld.any() else None
    return ContactCounts(
        helped=int(arms.helped.sum()),
        helped_by_lot=int(arms.helped_by_lot.sum()),
        withheld=int(arms.withheld.sum()),
        each_withheld_counts=None if each is None else float(each.mean()),
    )


def _followed_until(rows: TrainingSet, horizon_months: int) -> NDArray[np.int64]:
    """Return the day on which each row's outcome is settled: it turned bad, or its window ended; shape (n,)."""
    end = np.array([to_day(add_months(day, horizon_months)) for day in rows.dates], np.int64)
    return np.minimum(rows.bad_on, end[rows.date_index])


def _each_untouched_counts(rows: TrainingSet, contacted: NDArray[np.bool_], horizon_months: int) -> Floats:
    """Return 1/P(not contacted before the outcome was settled), among similar rows of the same date; shape (n,)."""
    until = _followed_until(rows, horizon_months)
    weight, everybody = np.ones(len(until)), np.arange(len(until))
    if not contacted.any():
        return weight
    chance = _chance(rows, everybody, contacted)
    group = np.searchsorted(np.unique(np.quantile(chance, np.arange(1, _GROUPS) / _GROUPS)), chance, side="right")
    for stratum in np.unique(rows.date_index.astype(np.int64) * _GROUPS + group):
        here = np.flatnonzero(rows.date_index.astype(np.int64) * _GROUPS + group == stratum)
        time, is_contact = np.where(contacted[here], rows.contacts.contacted_on[here], until[here]), contacted[here]
        days, position = np.unique(time, return_inverse=True)
        contacts = np.bincount(position, is_contact, minlength=len(days))
        # A contact on the day a borrower turns bad is too late: on that day they are no longer at risk of one.
        at_risk = np.cumsum(np.bincount(position, minlength=len(days))[::-1])[::-1]
        at_risk = at_risk - np.bincount(position, ~is_contact, minlength=len(days))
        stays = np.cumprod(1 - contacts / np.maximum(at_risk, 1))
        # P(not contacted before the day) is the product over the days before it.
        before = np.append(1.0, stays)[np.searchsorted(days, until[here], side="left")]
        weight[here] = 1 / np.maximum(before, _LEAST_SHARE)
    return weight


def _each_withheld_counts(rows: TrainingSet, arms: Arms) -> Floats:
    """Return 1/P(withheld) of each row of the lot, by models that did not see its borrower.

    The result has shape (n,) and is 1 outside the lot.
    """
    in_lot = np.flatnonzero(arms.helped_by_lot | arms.withheld)
    weight, withheld = np.ones(len(rows.bad)), arms.withheld[in_lot]
    share = _chance(rows, in_lot, withheld)
    counts = 1 / np.clip(share, _LEAST_SHARE, 1)
    # The weights of the hold-out add up to the size of the lot.
    counts *= len(in_lot) / max(float(counts[withheld].sum()), 1e-9)
    weight[in_lot] = counts
    return weight


def _chance(rows: TrainingSet, which: NDArray[np.int64], chosen: NDArray[np.bool_]) -> Floats:
    """Return P(chosen) given features and date, by models that did not see the borrowers; shape (which,).

    It is the same for all rows if one class is too rare to learn from.
    """
    chance = np.full(len(which), float(chosen.mean()))
    if min(chosen.sum(), (~chosen).sum()) < _ENOUGH_IN_LOT:
        return chance
    day = np.array([to_day(when) for when in rows.dates], np.float32)[rows.date_index[which]]
    x = np.column_stack((rows.x[which], day))
    fold = borrower_fold(rows.borrower_id[which], 3, seed=9)
    for k in range(3):
        inside, outside = fold != k, fold == k
        if outside.any() and 0 < chosen[inside].sum() < inside.sum():
            chance[outside] = _share(x[inside], chosen[inside], x[outside])
    return chance


def _share(x: NDArray[np.float32], chosen: NDArray[np.bool_], other: NDArray[np.float32]) -> Floats:
    """Return P(chosen) of other rows; the same for all if nothing separates the two classes."""
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
    """Whether each row is in the share that is drawn by a hash of borrower and date."""
    drawn = np.empty(len(rows.bad), np.bool_)
    for index in np.unique(rows.date_index):
        here = rows.date_index == index
        part = borrower_fold(rows.borrower_id[here], _PARTS, seed=rows.dates[index].toordinal() + 1)
        drawn[here] = part < round(share * _PARTS)
    return drawn
