"""Weights: how much each row that is learnt from counts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.calendar import to_day
from risk_warning.core.splits import borrower_fold
from risk_warning.model.recipe import Recipe
from risk_warning.model.training_set import TrainingSet

_PARTS = 10_000
_MONTH_DAYS = 365.25 / 12


def sampled(rows: TrainingSet, recipe: Recipe) -> TrainingSet:
    """All bad rows and the recipe's share of the good ones, drawn by a hash of borrower and date."""
    if recipe.good_share == 1:
        return rows
    drawn = np.empty(len(rows.bad), np.bool_)
    for index in np.unique(rows.date_index):
        here = rows.date_index == index
        part = borrower_fold(rows.borrower_id[here], _PARTS, seed=rows.dates[index].toordinal() + 1)
        drawn[here] = part < round(recipe.good_share * _PARTS)
    return rows.take(rows.bad | drawn)


def stands_for(rows: TrainingSet, recipe: Recipe) -> NDArray[np.float64] | None:
    """For how many of the book's rows each stands, shape (n,); None where every one stands for itself."""
    return None if recipe.good_share == 1 else np.where(rows.bad, 1.0, 1 / recipe.good_share)


def weights(rows: TrainingSet, recipe: Recipe) -> NDArray[np.float64] | None:
    """Weight of each row, shape (n,); None where all count the same.

    A good row drawn with share p counts 1/p, so that PDs are those of the whole book. A row `half_life_months` older
    than the newest counts half.
    """
    many = stands_for(rows, recipe)
    if recipe.half_life_months is None:
        return many
    day = np.array([to_day(when) for when in rows.dates], np.float64)[rows.date_index]
    recent: NDArray[np.float64] = 0.5 ** ((day.max() - day) / (_MONTH_DAYS * recipe.half_life_months))
    recent /= recent.mean()
    return recent if many is None else recent * many
