"""Score the whole book in chunks, several at a time, into `scores/*.parquet` in order of `borrower_id`."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice
from pathlib import Path

import numpy as np
import pandas
import pyarrow
import pyarrow.parquet
from numpy.typing import NDArray

from risk_warning.book import StagedBook
from risk_warning.core.calendar import to_day
from risk_warning.core.lifecycle import Seen
from risk_warning.core.outcomes.target import REASONS
from risk_warning.core.policy import BANDS, Policy
from risk_warning.core.reasons import TOP, Reasons
from risk_warning.errors import AsOfDateError
from risk_warning.model.explain.feature_values import FeatureValues
from risk_warning.model.explain.reasons_in_words import reasons_in_words
from risk_warning.model.risk_model import RiskModel, Scored
from risk_warning.nightly.publishing import timed
from risk_warning.scoring.archived_features import archived
from risk_warning.scoring.archived_features import write as write_archive
from risk_warning.settings import ScoreSettings
from risk_warning.watchlist.watch_list import Sighting

_EXPLAINED_TOGETHER = 5_000
"""Borrowers explained in one batch: a step through the trees costs about the same for one as for a thousand."""
_MOST_WAITING = 50


@dataclass
class WholeBook:
    """The result of scoring the whole book."""

    scored: int = 0
    not_scored: dict[str, int] = field(default_factory=lambda: dict.fromkeys(REASONS, 0))
    bands: dict[str, int] = field(default_factory=lambda: dict.fromkeys(BANDS, 0))
    below_threshold: int = 0
    unknown_dpd: int = 0
    sightings: list[Sighting] = field(default_factory=list)
    """One per borrower below the threshold or watched by id."""
    timings: dict[str, float] = field(default_factory=dict)
    """Seconds by stage; for reading and scoring, the sum over all workers."""


@dataclass(frozen=True)
class _Chunk:
    """The scores of some borrowers, and which of them to explain."""

    scored: Scored
    """Without its `x`."""
    below: NDArray[np.bool_]
    explained: NDArray[np.int64]
    values: FeatureValues
    """Of the explained borrowers only."""
    timings: Mapping[str, float]
    archived: pandas.DataFrame
    """As `archived_features` stores them."""


def score_book(
    book: StagedBook,
    model: RiskModel,
    policy: Policy,
    as_of_date: date,
    folder: Path,
    *,
    all_reasons: bool,
    watched: frozenset[str],
    settings: ScoreSettings,
    minor_unit_decimals: int,
    advance: Callable[[int], None] | None = None,
) -> WholeBook:
    """Score every borrower into `folder/scores`, with reasons for those below the threshold or for all.

    Chunks are read and scored in parallel, and written in order. Neither their size nor the number of workers changes a
    score.

    Raises
    ------
    AsOfDateError
        If the as-of date is before the data, or too long after the last record of payments.
    ContractError
        If the book lacks what the model was trained on.
    """
    if not book.first_date < as_of_date:
        raise AsOfDateError(
            f"The as-of date {as_of_date} is before the data, which begin on {book.first_date}; choose a later one."
        )
    if (refusal := book.observed.reach.refusal(to_day(as_of_date))) is not None:
        raise AsOfDateError(refusal)
    observed = model.observed_in(book)
    result = WholeBook()
    (folder / "scores").mkdir(parents=True)

    def score(low: int) -> _Chunk:
        timings: dict[str, float] = {}
        with timed(timings, "read"):
            rows = book.rows(low, min(low + settings.borrowers_per_chunk, book.n_borrowers))
        with timed(timings, "score"):
            scored = model.score(rows, observed, as_of_date)
            is_scored = scored.not_scored < 0
            below = is_scored & policy.below_threshold(scored.score)
        explained = np.flatnonzero(is_scored if all_reasons else below)
        kept = archived(rows, scored, model, book.n_borrowers, observed.left_out)
        values = FeatureValues(model, scored.x[explained], scored.codes[explained], rows.categories)
        return _Chunk(replace(scored, x=scored.x[:0]), below, explained, values, timings, kept)

    part = 0
    archive: list[pandas.DataFrame] = []
    lows = range(0, book.n_borrowers, settings.borrowers_per_chunk)
    with ThreadPoolExecutor(settings.workers) as pool:
        for chunks in _in_groups(_ahead(pool, score, lows, settings.workers + 1, advance)):
            with timed(result.timings, "explain"):
                reasons = model.reasons(np.concatenate([chunk.values.x for chunk in chunks]))
            start = 0
            for chunk in chunks:
                own = reasons[start : start + len(chunk.explained)]
                with timed(result.timings, "write"):
                    table = _table(chunk, own, policy, model, as_of_date)
                    pyarrow.parquet.write_table(table, folder / "scores" / f"part-{part:05d}.parquet")
                archive.append(chunk.archived)
                _count(result, chunk, policy)
                result.sightings += _sightings(chunk, own, policy, watched, minor_unit_decimals)
                start, part = start + len(chunk.explained), part + 1
    write_archive(archive, folder)
    return result


def _ahead(
    pool: ThreadPoolExecutor,
    score: Callable[[int], _Chunk],
    lows: Iterable[int],
    most: int,
    advance: Callable[[int], None] | None,
) -> Iterator[_Chunk]:
    """Yield the chunks in order, with at most `most` in progress; numpy, DuckDB and LightGBM release the GIL."""
    waiting = iter(lows)
    ahead = deque(pool.submit(score, low) for low in islice(waiting, most))
    while ahead:
        chunk = ahead.popleft().result()
        ahead.extend(pool.submit(score, low) for low in islice(waiting, 1))
        if advance:
            advance(len(chunk.below))
        yield chunk


def _in_groups(chunks: Iterator[_Chunk]) -> Iterator[list[_Chunk]]:
    """Yield the chunks in groups: large enough to explain in one batch, small enough to keep in memory."""
    waiting: list[_Chunk] = []
    for chunk in chunks:
        waiting.append(chunk)
        if sum(len(one.explained) for one in waiting) >= _EXPLAINED_TOGETHER or len(waiting) == _MOST_WAITING:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


def _count(result: WholeBook, chunk: _Chunk, policy: Policy) -> None:
    scored = chunk.scored
    is_scored = scored.not_scored < 0
    result.scored += int(is_scored.sum())
    result.below_threshold += int(chunk.below.sum())
    result.unknown_dpd += int(np.isnan(scored.days_past_due[is_scored]).sum())
    for code, reason in enumerate(REASONS):
        result.not_scored[reason] += int((scored.not_scored == code).sum())
    for code, count in enumerate(np.bincount(policy.bands(scored.score[is_scored]), minlength=len(BANDS))):
        result.bands[BANDS[code]] += int(count)
    for stage, seconds in chunk.timings.items():
        result.timings[stage] = result.timings.get(stage, 0.0) + seconds


def _table(chunk: _Chunk, reasons: Reasons, policy: Policy, model: RiskModel, as_of_date: date) -> pyarrow.Table:
    scored = chunk.scored
    n = len(scored.borrower_id)
    is_scored = scored.not_scored < 0
    empty = ~is_scored
    columns: dict[str, pyarrow.Array] = {
        "borrower_id": pyarrow.array(scored.borrower_id),
        "as_of_date": pyarrow.array([as_of_date], pyarrow.date32()).take(pyarrow.array(np.zeros(n, np.int64))),
        "pd": pyarrow.array(scored.pd, mask=empty),
        "score": pyarrow.array(scored.score, mask=empty),
        "band": _named(np.where(is_scored, policy.bands(scored.score), -1), BANDS),
        "below_threshold": pyarrow.array(policy.below_threshold(scored.score), mask=empty),
    }
    for k, months in enumerate(model.horizons.months):
        columns[f"pd_{months}m"] = pyarrow.array(scored.pd_by_horizon[:, k], mask=empty)
    columns["expected_months_to_overdue"] = pyarrow.array(scored.expected_months_to_overdue, mask=empty)
    groups, points = np.full((n, TOP), -1, np.int16), np.full((n, TOP), np.nan)
    groups[chunk.explained], points[chunk.explained] = reasons.group, reasons.points
    for k in range(TOP):
        columns[f"reason_{k + 1}"] = _named(groups[:, k], reasons.codes)
    for k in range(TOP):
        columns[f"reason_{k + 1}_points"] = pyarrow.array(points[:, k], from_pandas=True)
    columns["not_scored"] = _named(scored.not_scored, REASONS)
    columns["model_version"] = _named(np.zeros(n, np.int8), (model.version,))
    columns["policy_version"] = _named(np.zeros(n, np.int8), (policy.version,))
    return pyarrow.table(columns)


def _named(codes: NDArray[np.integer], names: tuple[str, ...]) -> pyarrow.Array:
    """Return the name of each code, null where the code is negative."""
    indices = pyarrow.array(np.maximum(codes, 0).astype(np.int32), mask=codes < 0)
    return pyarrow.DictionaryArray.from_arrays(indices, pyarrow.array(names, pyarrow.string())).cast(pyarrow.string())


def _sightings(
    chunk: _Chunk, reasons: Reasons, policy: Policy, watched: frozenset[str], minor_unit_decimals: int
) -> Iterator[Sighting]:
    """Yield the borrowers that the watch list needs: below the threshold, or with an open warning."""
    scored, chosen = chunk.scored, chunk.below.copy()
    if watched:
        chosen |= np.array([str(borrower) in watched for borrower in scored.borrower_id.tolist()])
    position = {int(row): i for i, row in enumerate(chunk.explained)}
    bands = policy.bands(scored.score)
    for row in np.flatnonzero(chosen):
        is_scored = scored.not_scored[row] < 0
        dpd = float(scored.days_past_due[row])
        i = position.get(int(row))
        in_words = () if i is None else reasons_in_words(reasons, i, chunk.values, minor_unit_decimals)
        yield Sighting(
            Seen(
                str(scored.borrower_id[row]),
                score=float(scored.score[row]) if is_scored else None,
                not_scored=None if is_scored else REASONS[scored.not_scored[row]],
                days_past_due=None if np.isnan(dpd) else dpd,
            ),
            band=BANDS[bands[row]] if is_scored else None,
            reasons=tuple(reason.for_warning for reason in in_words),
        )
