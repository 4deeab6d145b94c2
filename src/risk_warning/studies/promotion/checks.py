"""The gate's checks besides the comparison.

They cover the directions of features, the scores of borrowers scored alone and together, calibration, and features as
they were known on earlier nights.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from rich.progress import Progress

from risk_warning.book import StagedBook, open_book
from risk_warning.core.rows import ByBorrower
from risk_warning.learning.monotone import Violation, check_directions
from risk_warning.learning.request import Request, as_of_dates
from risk_warning.model.risk_model import RiskModel
from risk_warning.scoring.archived_features import ArchiveComparison, hold_against, nights_in
from risk_warning.scoring.side_by_side import untrained_from
from risk_warning.settings import Settings
from risk_warning.studies.promotion.calibration import (
    CalibrationEvidence,
    HeldOutEvidence,
    calibration_evidence,
    held_out_evidence,
)

_NIGHTS = 3
"""Maximum number of archives compared; the latest ones are used."""
_DIRECTION_ROWS = 2_000


@dataclass(frozen=True)
class Checks:
    """The results of the checks."""

    as_of_date: date
    """As-of date on which borrowers were scored alone and together."""
    parity_compared: int
    parity_differing: int
    parity_there: int
    """Number of borrowers the model scores on that day; a lower bound if the check stopped early."""
    calibration: CalibrationEvidence | None
    """On months the judged twin did not learn from; None if they do not contain both bads and goods."""
    held_out: HeldOutEvidence | None
    """On borrowers the judged twin did not learn from; None if nobody was held out."""
    violations: tuple[Violation, ...]
    archives: tuple[ArchiveComparison, ...]


def gate_checks(
    model: RiskModel, location: str | Path, settings: Settings, nights: Path | None, progress: Progress
) -> Checks:
    """Run the checks on the book as of its last mature day, and compare the archives of the latest nights.

    Raises
    ------
    ContractError
        The book lacks data that the model was trained on.
    BookError
        The book or an archive cannot be read.
    """
    task = progress.add_task("checking the model", total=None)
    with open_book(location, settings.book, data_through=settings.data_through, today=date.today()) as book:
        day = as_of_dates(book, Request(target=model.target))[-1]
        chunk = settings.score.borrowers_per_chunk
        compared, differing, there, violations = _alone_and_together(
            book, model, day, settings.gate.parity_borrowers, chunk
        )
        twin = model.as_judged
        progress.update(task, description="comparing PDs with outcomes", total=book.n_borrowers, completed=0)
        calibration = calibration_evidence(
            book, twin, untrained_from(twin), settings.score, lambda done: progress.advance(task, done)
        )
        progress.update(task, description="comparing PDs of held-out borrowers with outcomes", completed=0)
        held_out = held_out_evidence(book, twin, settings.score, lambda done: progress.advance(task, done))
        archives = () if nights is None else nights_in(nights)[-_NIGHTS:]
        progress.update(task, description="comparing archived features", total=len(archives), completed=0)
        comparisons = []
        for night in archives:
            comparisons.append(hold_against(book, model, nights or Path(), night, chunk))
            progress.advance(task)
    return Checks(day, compared, differing, there, calibration, held_out, violations, tuple(comparisons))


def _alone_and_together(
    book: StagedBook, model: RiskModel, day: date, most: int, chunk: int
) -> tuple[int, int, int, tuple[Violation, ...]]:
    """Score borrowers alone and in the book, and check the directions on a sample.

    Return (borrowers scored both ways, those that differ, borrowers scored at least, violated directions). A borrower
    differs if a PD or the score is not bit-identical, or if the points differ by 0.01 or more.
    """
    observed = model.observed_in(book)
    compared = differing = there = 0
    sample = np.zeros((0, len(model.features)), np.float32)
    for rows in book.chunks(chunk):
        together = model.score(rows, observed, day)
        scored = np.flatnonzero(together.not_scored < 0)
        there += len(scored)
        sample = np.concatenate((sample, together.x[scored][: _DIRECTION_ROWS - len(sample)]))
        points = model.points(together.x[scored[: most - compared]])
        by_borrower = ByBorrower.of(rows)
        for place, row in enumerate(scored[: most - compared].tolist()):
            alone = model.score(by_borrower.select(np.array([row])), observed, day)
            equal = (
                alone.pd[0] == together.pd[row]
                and alone.score[0] == together.score[row]
                and np.array_equal(alone.pd_by_horizon[0], together.pd_by_horizon[row])
                and np.abs(model.points(alone.x)[0] - points[place]).max() < 0.01
            )
            compared, differing = compared + 1, differing + (not equal)
        if compared >= most and len(sample) >= _DIRECTION_ROWS:
            break
    return compared, differing, there, check_directions(model.fitted, model.features, sample).violations
