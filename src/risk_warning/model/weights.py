"""Weights: which rows a recipe learns from, and how much each counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.calendar import add_months, to_day
from risk_warning.core.contacts import Arms
from risk_warning.core.splits import borrower_fold
from risk_warning.errors import LabelError
from risk_warning.model.recipe import KEEP, WEIGH, Recipe
from risk_warning.model.training_set import TrainingSet

_PARTS = 10_000
_MONTH_DAYS = 365.25 / 12


@dataclass(frozen=True)
class Weighted:
    """The rows learnt from."""

    rows: TrainingSet
    weight: NDArray[np.float64] | None
    """Shape (n,); None where all count the same."""


def weighted(rows: TrainingSet, recipe: Recipe, horizon_months: int) -> Weighted:
    """The rows the recipe learns from, of those it is given.

    - Whoever was helped within the horizon before turning bad: left out, unless they are kept. Where they are weighed,
      the hold-out stands for those helped by lot too; who was helped for another reason has nobody to stand for them.
    - A good row drawn with share p counts 1/p, so that PDs are those of the whole book.
    - A row `half_life_months` older than the newest counts half.

    `LabelError` where contacts are to be weighed and there is no hold-out.
    """
    factors: list[NDArray[np.float64]] = []
    if recipe.contacted != KEEP:
        arms = arms_of(rows, horizon_months)
        if recipe.contacted == WEIGH:
            each = arms.each_withheld_counts
            if each is None:
                raise LabelError(
                    "To weigh contacts takes a hold-out: rows of the table contacts of kind withheld, randomised 1, "
                    "in the outcome windows. Bring them, or leave out whoever was contacted (leave-out)."
                )
            factors.append(np.where(arms.withheld, each, 1.0)[~arms.helped])
        rows = rows.take(~arms.helped)
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


def arms_of(rows: TrainingSet, horizon_months: int) -> Arms:
    """Who was helped within so many months of the as-of date, before turning bad."""
    end = np.array([to_day(add_months(day, horizon_months)) for day in rows.dates], np.int32)
    return rows.contacts.arms(np.minimum(rows.bad_on, end[rows.date_index]))


def contacts_told(rows: TrainingSet, horizon_months: int) -> dict[str, Any]:
    """How many rows were helped, and what stands for them, ready for JSON."""
    arms = arms_of(rows, horizon_months)
    return {
        "helped": int(arms.helped.sum()),
        "helped_by_lot": int(arms.helped_by_lot.sum()),
        "withheld": int(arms.withheld.sum()),
        "each_withheld_counts": arms.each_withheld_counts,
    }


def _drawn(rows: TrainingSet, share: float) -> NDArray[np.bool_]:
    """Of the rows the share, drawn by a hash of borrower and date."""
    drawn = np.empty(len(rows.bad), np.bool_)
    for index in np.unique(rows.date_index):
        here = rows.date_index == index
        part = borrower_fold(rows.borrower_id[here], _PARTS, seed=rows.dates[index].toordinal() + 1)
        drawn[here] = part < round(share * _PARTS)
    return drawn
