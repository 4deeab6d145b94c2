"""The rows of a family: PDs of several models for the same borrowers on the same dates, with the outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from risk_warning.book import StagedBook
from risk_warning.model.risk_model import RiskModel
from risk_warning.scoring.chunks import Advance, Chunk, over_chunks
from risk_warning.settings import ScoreSettings


@dataclass(frozen=True)
class FamilyRows:
    """One row per borrower and date that every model scores; arrays of shape (n,), in order of dates and borrowers."""

    pd: NDArray[np.float64]
    """Shape (models, n)."""
    bad: NDArray[np.bool_]
    borrower: NDArray[np.int64]
    """Number of the borrower in the book, in order of ids."""
    date_index: NDArray[np.int64]
    not_by_all: int
    """Rows with an outcome that some of the models score and others do not."""
    outcome_unknown: int
    """Rows that all models score but whose outcome is unknown; they are not among the n."""


def score_family(
    book: StagedBook, models: Sequence[RiskModel], dates: Sequence[date], settings: ScoreSettings, advance: Advance
) -> FamilyRows:
    """Return every borrower that all models score, on every date; the models have one target.

    Raises
    ------
    ContractError
        If the book lacks what one of the models was trained on.
    """

    def on_dates(chunk: Chunk) -> list[_DateRows]:
        parts = []
        for index, day in enumerate(dates):
            known, bad = chunk.outcomes(day)
            scored = chunk.score(day)
            eligible = np.array([one.not_scored < 0 for one in scored])
            by_all = known & eligible.all(axis=0)
            positions = np.flatnonzero(by_all)
            parts.append(
                _DateRows(
                    not_by_all=int((known & eligible.any(axis=0) & ~by_all).sum()),
                    outcome_unknown=int((~known & eligible.all(axis=0)).sum()),
                    date_index=np.full(len(positions), index),
                    borrower=chunk.borrower[positions],
                    bad=bad[positions],
                    pd=np.array([one.pd[positions] for one in scored]),
                )
            )
        return parts

    parts = [part for parts in over_chunks(book, models, on_dates, settings, advance) for part in parts]
    date_index = np.concatenate([part.date_index for part in parts])
    borrower = np.concatenate([part.borrower for part in parts])
    order = np.lexsort((borrower, date_index))
    return FamilyRows(
        pd=np.concatenate([part.pd for part in parts], axis=1)[:, order],
        bad=np.concatenate([part.bad for part in parts])[order],
        borrower=borrower[order],
        date_index=date_index[order],
        not_by_all=sum(part.not_by_all for part in parts),
        outcome_unknown=sum(part.outcome_unknown for part in parts),
    )


@dataclass(frozen=True)
class _DateRows:
    """The rows of one chunk on one date."""

    not_by_all: int
    outcome_unknown: int
    date_index: NDArray[np.int64]
    borrower: NDArray[np.int64]
    bad: NDArray[np.bool_]
    pd: NDArray[np.float64]
