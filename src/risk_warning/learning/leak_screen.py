"""The leak screen: the features of a training set that may contain more than was known on the as-of date."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from risk_warning.book import StagedBook
from risk_warning.core.leaks import Suspect, suspects
from risk_warning.learning.training_set import TrainingSet
from risk_warning.learning.undated import undated_features
from risk_warning.model.encoding import cross_encode

_MOST_ROWS = 150_000


def leak_screen(book: StagedBook, rows: TrainingSet, horizon_months: int) -> tuple[Suspect, ...]:
    """Return the features to be checked, found on at most `_MOST_ROWS` of the rows."""
    rows = rows.take(np.arange(len(rows.bad)) % (len(rows.bad) // _MOST_ROWS + 1) == 0)
    x = cross_encode(rows.x, rows.bad, rows.borrower_id, None, rows.features, book.categories)
    names = tuple(feature.name for feature in rows.features)
    return suspects(names, undated_features(rows.features, book.observed), x, rows.bad, _earlier(rows, horizon_months))


def _earlier(rows: TrainingSet, horizon_months: int) -> NDArray[np.int64]:
    """Return the row of the same borrower one horizon before each row, −1 if missing; shape (n,)."""
    month = np.array([day.year * 12 + day.month for day in rows.dates])[rows.date_index]
    _, borrower = np.unique(rows.borrower_id, return_inverse=True)
    key = borrower.astype(np.int64) * 100_000 + month
    order = np.argsort(key, kind="stable")
    wanted = key - horizon_months
    place = np.minimum(np.searchsorted(key[order], wanted), len(key) - 1)
    earlier: NDArray[np.int64] = np.where(key[order][place] == wanted, order[place], -1)
    return earlier
