"""Calibration evidence: the PDs of a model on dates or borrowers it did not learn from, compared with the outcomes.

Dates it did not learn from show whether the PDs still hold; they are few, and months differ. Borrowers it did not learn
from show on many more months whether the PDs were fitted correctly at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from risk_warning.book import StagedBook
from risk_warning.core.policy import BANDS
from risk_warning.core.rows import Rows
from risk_warning.learning.request import Request, as_of_dates
from risk_warning.learning.sides import held_out
from risk_warning.model.risk_model import RiskModel
from risk_warning.scoring.chunks import Advance, Chunk, Only, over_chunks
from risk_warning.settings import ScoreSettings
from risk_warning.stats.clustered import Interval, Sample, calibration_slope, observed_over_expected

Floats = NDArray[np.float64]
MOST_DATES = 12
"""Maximum number of months evaluated; the latest ones are used."""
MOST_DATES_HELD_OUT = 36
"""Maximum number of months on which held-out borrowers are evaluated; the latest ones are used."""
MIN_BADS_IN_BAND = 30


@dataclass(frozen=True)
class CalibrationEvidence:
    """The calibration of a model's PDs on months it did not learn from."""

    dates: tuple[date, ...]
    rows: int
    bads: int
    bad_borrowers: int
    observed_over_expected: Interval
    slope: Interval
    by_band: tuple[tuple[str, int, Interval], ...]
    """(band, bads, observed over expected) of each band with at least 30 bads."""
    outcome_unknown: int
    """Number of scored rows whose outcome is unknown; `rows` does not count them."""


@dataclass(frozen=True)
class HeldOutEvidence:
    """The calibration of a model's PDs on borrowers it did not learn from, on months it learnt from and later ones."""

    dates: tuple[date, ...]
    rows: int
    bads: int
    observed_over_expected: Interval | None
    """None if all rows have the same outcome."""


def calibration_evidence(
    book: StagedBook, model: RiskModel, unlearnt_from: date, settings: ScoreSettings, advance: Advance
) -> CalibrationEvidence | None:
    """Return the evidence on the latest mature months from `unlearnt_from` on.

    None if there is no such month, or if all rows have the same outcome.

    Raises
    ------
    ContractError
        The book lacks data that the model was trained on.
    """
    dates = tuple(day for day in as_of_dates(book, Request(target=model.target)) if day >= unlearnt_from)[-MOST_DATES:]
    if not dates:
        return None
    bad, pd, borrower, month, outcome_unknown = _rows(book, model, dates, settings, advance)
    sample = Sample(bad, borrower, month)
    if not sample.has_both:
        return None
    band = model.policy.bands(model.scorecard.score(np.log(pd / (1 - pd))))
    by_band = []
    for code, name in enumerate(BANDS):
        inside = band == code
        if MIN_BADS_IN_BAND <= bad[inside].sum() < inside.sum():
            own = Sample.of(bad[inside], borrower[inside], month[inside])
            by_band.append((name, int(bad[inside].sum()), observed_over_expected(own, pd[inside])))
    return CalibrationEvidence(
        dates=dates,
        rows=len(bad),
        bads=int(bad.sum()),
        bad_borrowers=sample.bad_borrowers,
        observed_over_expected=observed_over_expected(sample, pd),
        slope=calibration_slope(sample, pd),
        by_band=tuple(by_band),
        outcome_unknown=outcome_unknown,
    )


def held_out_evidence(
    book: StagedBook, model: RiskModel, settings: ScoreSettings, advance: Advance
) -> HeldOutEvidence | None:
    """Return the evidence on the held-out borrowers, on the latest mature months from the model's first date on.

    None if the model held nobody out.

    Raises
    ------
    ContractError
        The book lacks data that the model was trained on.
    """
    if not model.provenance.test_dates:
        return None
    first = min(model.provenance.train_dates)
    dates = tuple(day for day in as_of_dates(book, Request(target=model.target)) if day >= first)[-MOST_DATES_HELD_OUT:]
    if not dates:
        return HeldOutEvidence((), 0, 0, None)
    bad, pd, borrower, month, _ = _rows(book, model, dates, settings, advance, only=_held_out)
    sample = Sample(bad, borrower, month)
    ratio = observed_over_expected(sample, pd) if sample.has_both else None
    return HeldOutEvidence(dates, len(bad), int(bad.sum()), ratio)


def _held_out(rows: Rows, _: NDArray[np.int64]) -> NDArray[np.bool_]:
    return held_out(rows.borrower_id)


def _rows(
    book: StagedBook,
    model: RiskModel,
    dates: Sequence[date],
    settings: ScoreSettings,
    advance: Advance,
    *,
    only: Only | None = None,
) -> tuple[NDArray[np.bool_], Floats, NDArray[np.int64], NDArray[np.int64], int]:
    """Return (bad, PD, borrower, index of the date, count of scored rows with unknown outcome).

    The arrays hold the scored rows whose outcome is known, on all dates.
    """

    def on_dates(chunk: Chunk) -> list[_Part]:
        parts = []
        for index, day in enumerate(dates):
            (scored,), (known, bad) = chunk.score(day), chunk.outcomes(day)
            is_scored = scored.not_scored < 0
            chosen = np.flatnonzero(known & is_scored)
            columns = bad[chosen], scored.pd[chosen], chunk.borrower[chosen], np.full(len(chosen), index)
            parts.append((columns, int((is_scored & ~known).sum())))
        return parts

    parts = [part for parts in over_chunks(book, (model,), on_dates, settings, advance, only=only) for part in parts]
    bad, pd, borrower, month = (np.concatenate(column) for column in zip(*(part[0] for part in parts), strict=True))
    return bad, pd, np.unique(borrower, return_inverse=True)[1], month, sum(unknown for _, unknown in parts)


_Part = tuple[tuple[NDArray[np.bool_], Floats, NDArray[np.int64], NDArray[np.int64]], int]
