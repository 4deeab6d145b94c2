"""Archived features: a sample of a night's features, to be compared with a training set of the same as-of date.

A row that arrives later but is dated earlier makes the training set contain more than was known on the night. No test
on the book itself can detect such a leak. The archive is `features.parquet` next to the night's scores: a sample of the
borrowers, drawn by a hash of their ids, with each feature as it was computed and categories as text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pyarrow
import pyarrow.parquet
from numpy.typing import NDArray

from risk_warning.book import StagedBook
from risk_warning.core.features import Feature
from risk_warning.core.rows import Rows
from risk_warning.core.splits import borrower_fold
from risk_warning.errors import BookError
from risk_warning.learning.training_set import TrainingSet, training_set
from risk_warning.model.risk_model import RiskModel, Scored

FILE = "features.parquet"
MOST_BORROWERS = 2_000
"""Approximate number of borrowers archived per night, at most."""
_PARTS = 30_000
_SEED = 11


def sample(borrower_id: NDArray[Any], n_borrowers: int) -> NDArray[np.bool_]:
    """Whether each borrower of a book of `n_borrowers` is archived; shape (n,)."""
    share = min(1.0, MOST_BORROWERS / max(n_borrowers, 1))
    return borrower_fold(borrower_id, _PARTS, seed=_SEED) < round(share * _PARTS)


def archived(
    rows: Rows, scored: Scored, model: RiskModel, n_borrowers: int, left_out: frozenset[str]
) -> pandas.DataFrame:
    """Return the borrower id and features of the borrowers of a chunk that were scored and are archived.

    A feature that needs one of `left_out` is not archived: the book may have its values again later.
    """
    chosen = np.flatnonzero((scored.not_scored < 0) & sample(rows.borrower_id, n_borrowers))
    table: dict[str, NDArray[Any]] = {"borrower_id": rows.borrower_id[chosen]}
    for column, feature in enumerate(model.features):
        if not left_out.isdisjoint(feature.needs):
            continue
        if feature.is_category:
            codes = scored.codes[chosen, model.category_places[column]]
            table[feature.name] = _texts(codes, rows.categories.get(feature.needs[0], ()))
        else:
            table[feature.name] = scored.x[chosen, column]
    return pandas.DataFrame(table)


def write(parts: Sequence[pandas.DataFrame], folder: Path) -> None:
    """Write the archive of the night to the folder."""
    table = pyarrow.Table.from_pandas(pandas.concat(parts, ignore_index=True), preserve_index=False)
    pyarrow.parquet.write_table(table, folder / FILE)


@dataclass(frozen=True)
class ArchiveComparison:
    """The result of comparing an archive with today's book."""

    as_of_date: date
    compared: int
    """Borrowers of the archive."""
    differing: int
    """Of these, borrowers with a feature that differs in any bit, or who are no longer in the training set."""
    features: dict[str, int]
    """Feature → number of borrowers for whom it differs, largest first."""
    unknown: tuple[str, ...]
    """Features of the model that are missing from the archive."""


def hold_against(book: StagedBook, model: RiskModel, nights: Path, as_of_date: date, chunk: int) -> ArchiveComparison:
    """Compare the archive of the night with the features that a training on this book would learn from.

    Raises
    ------
    BookError
        The night has no archive, or the archive cannot be read.
    """
    path = nights / f"as_of={as_of_date}" / FILE
    try:
        then = pandas.read_parquet(path).set_index("borrower_id")
    except (OSError, ValueError, KeyError):
        raise BookError(
            f"{path} is not an archive of a night's features; name the folder given to score as --out."
        ) from None
    shared = tuple(feature for feature in model.features if feature.name in then.columns)
    ids = set(then.index)

    def wanted(borrower_id: NDArray[Any], _: date) -> NDArray[np.bool_]:
        return np.array([one in ids for one in borrower_id.tolist()], np.bool_)

    dates = (as_of_date,)
    rows = training_set(book, dates, model.target, shared, borrowers_per_chunk=chunk, keep=wanted, known_only=False)
    position = {one: i for i, one in enumerate(rows.borrower_id.tolist())}
    at = np.array([position.get(one, -1) for one in then.index.tolist()])
    differs = at < 0
    by_feature = {}
    for column, feature in enumerate(shared):
        now = _values(rows, column, feature, book)[at]
        was = then[feature.name].to_numpy(object) if feature.is_category else then[feature.name].to_numpy(np.float32)
        other = _differ(was, now) & (at >= 0)
        if other.any():
            by_feature[feature.name] = int(other.sum())
        differs |= other
    return ArchiveComparison(
        as_of_date,
        len(then),
        int(differs.sum()),
        dict(sorted(by_feature.items(), key=lambda item: -item[1])),
        tuple(feature.name for feature in model.features if feature.name not in then.columns),
    )


def nights_in(folder: Path) -> tuple[date, ...]:
    """Return the nights of a folder that have an archive, ascending."""
    nights = []
    for path in folder.glob(f"as_of=*/{FILE}"):
        try:
            nights.append(date.fromisoformat(path.parent.name.removeprefix("as_of=")))
        except ValueError:
            continue
    return tuple(sorted(nights))


def _values(rows: TrainingSet, column: int, feature: Feature, book: StagedBook) -> NDArray[Any]:
    values = rows.x[:, column]
    return _texts(values, book.categories.get(feature.needs[0], ())) if feature.is_category else values


def _texts(codes: NDArray[np.float32], names: Sequence[str]) -> NDArray[Any]:
    return np.array([None if np.isnan(code) else names[int(code)] for code in codes.tolist()], object)


def _differ(was: NDArray[Any], now: NDArray[Any]) -> NDArray[np.bool_]:
    empty = pandas.isna(was), pandas.isna(now)
    differs: NDArray[np.bool_] = np.where(empty[0] | empty[1], empty[0] != empty[1], was != now).astype(np.bool_)
    return differs
