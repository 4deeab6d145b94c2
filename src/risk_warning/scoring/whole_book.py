"""Scoring the whole book: chunk by chunk, published at once or not at all.

`OUT/as_of=D/` holds `scores/*.parquet` in order of `borrower_id`, `quarantine/`, `run.json` with counts and digests,
and `timings.json` with durations, apart, so that the same inputs give the same bytes everywhere else.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pyarrow.parquet
from numpy.typing import NDArray

from risk_warning.book import StagedBook
from risk_warning.core.policy import BANDS, Policy
from risk_warning.core.reasons import TOP, Reasons
from risk_warning.core.target import REASONS
from risk_warning.errors import AsOfDateError, OutputError
from risk_warning.model.risk_model import RiskModel, Scored


@dataclass
class WholeBook:
    """What a run over the book came to."""

    scored: int = 0
    not_scored: dict[str, int] = field(default_factory=lambda: dict.fromkeys(REASONS, 0))
    bands: dict[str, int] = field(default_factory=lambda: dict.fromkeys(BANDS, 0))
    below_threshold: int = 0
    unknown_dpd: int = 0
    sightings: list[dict[str, Any]] = field(default_factory=list)
    """One entry a borrower below the threshold or asked for by id: id, score, band, days past due, reasons."""
    timings: dict[str, float] = field(default_factory=dict)


@contextmanager
def timed(timings: dict[str, float], stage: str) -> Iterator[None]:
    """Adds the seconds spent in the `with` to the stage."""
    start = time.perf_counter()
    try:
        yield
    finally:
        timings[stage] = timings.get(stage, 0.0) + time.perf_counter() - start


def score_book(
    book: StagedBook,
    model: RiskModel,
    policy: Policy,
    as_of_date: date,
    folder: Path,
    *,
    all_reasons: bool,
    watched: frozenset[str],
    borrowers_per_chunk: int,
    advance: Callable[[int], None] | None = None,
) -> WholeBook:
    """Scores every borrower into `folder/scores`; reasons for those below the threshold, or for all.

    Raises
    ------
    AsOfDateError
        The as-of date lies outside the data.
    ContractError
        The book lacks what the model was trained on.
    """
    if not book.first_date < as_of_date or (as_of_date - book.data_through).days > 31:
        raise AsOfDateError(
            f"The as-of date {as_of_date} lies outside the data, which goes from {book.first_date} through "
            f"{book.data_through}; choose a date in between, or at most a month after."
        )
    observed = model.observed_in(book)
    result = WholeBook()
    (folder / "scores").mkdir(parents=True)
    low = 0
    part = 0
    while low < book.n_borrowers:
        high = min(low + borrowers_per_chunk, book.n_borrowers)
        with timed(result.timings, "read"):
            rows = book.rows(low, high)
        with timed(result.timings, "score"):
            scored = model.score(rows, observed, as_of_date)
            is_scored = scored.not_scored < 0
            below = is_scored & policy.below_threshold(scored.score)
        with timed(result.timings, "explain"):
            explained = np.flatnonzero(is_scored if all_reasons else below)
            reasons = model.reasons(scored.x[explained])
        with timed(result.timings, "write"):
            table = _table(scored, policy, model, as_of_date, explained, reasons)
            pyarrow.parquet.write_table(table, folder / "scores" / f"part-{part:05d}.parquet")
        _count(result, scored, policy, below)
        result.sightings += _sightings(scored, policy, model, below, explained, reasons, watched)
        low, part = high, part + 1
        if advance:
            advance(rows.n)
    return result


def _count(result: WholeBook, scored: Scored, policy: Policy, below: NDArray[np.bool_]) -> None:
    is_scored = scored.not_scored < 0
    result.scored += int(is_scored.sum())
    result.below_threshold += int(below.sum())
    result.unknown_dpd += int(np.isnan(scored.days_past_due[is_scored]).sum())
    for code, reason in enumerate(REASONS):
        result.not_scored[reason] += int((scored.not_scored == code).sum())
    for code, count in enumerate(np.bincount(policy.bands(scored.score[is_scored]), minlength=len(BANDS))):
        result.bands[BANDS[code]] += int(count)


def _table(
    scored: Scored,
    policy: Policy,
    model: RiskModel,
    as_of_date: date,
    explained: NDArray[np.int64],
    reasons: Reasons,
) -> pyarrow.Table:
    n = len(scored.borrower_id)
    is_scored = scored.not_scored < 0
    empty = ~is_scored
    columns: dict[str, Any] = {
        "borrower_id": pyarrow.array(scored.borrower_id),
        "as_of_date": pyarrow.array([as_of_date], pyarrow.date32()).take(pyarrow.array(np.zeros(n, np.int64))),
        "pd": pyarrow.array(scored.pd, mask=empty),
        "score": pyarrow.array(scored.score, mask=empty),
        "band": _named(np.where(is_scored, policy.bands(scored.score), -1), BANDS),
        "below_threshold": pyarrow.array(policy.below_threshold(scored.score), mask=empty),
    }
    groups, points = np.full((n, TOP), -1, np.int16), np.full((n, TOP), np.nan)
    groups[explained], points[explained] = reasons.group, reasons.points
    for k in range(TOP):
        columns[f"reason_{k + 1}"] = _named(groups[:, k], reasons.codes)
    for k in range(TOP):
        columns[f"reason_{k + 1}_points"] = pyarrow.array(points[:, k], from_pandas=True)
    columns["not_scored"] = _named(scored.not_scored, REASONS)
    columns["model_version"] = _named(np.zeros(n, np.int8), (model.version,))
    columns["policy_version"] = _named(np.zeros(n, np.int8), (policy.version,))
    return pyarrow.table(columns)


def _named(codes: NDArray[Any], names: tuple[str, ...]) -> pyarrow.Array:
    """Strings by code, empty where the code is negative."""
    indices = pyarrow.array(np.maximum(codes, 0).astype(np.int32), mask=codes < 0)
    return pyarrow.DictionaryArray.from_arrays(indices, pyarrow.array(names, pyarrow.string())).cast(pyarrow.string())


def _sightings(
    scored: Scored,
    policy: Policy,
    model: RiskModel,
    below: NDArray[np.bool_],
    explained: NDArray[np.int64],
    reasons: Reasons,
    watched: frozenset[str],
) -> Iterator[dict[str, Any]]:
    """Borrowers the watch list must hear of: below the threshold, or with a warning open."""
    chosen = below.copy()
    if watched:
        chosen |= np.array([str(borrower) in watched for borrower in scored.borrower_id.tolist()])
    position = {int(row): i for i, row in enumerate(explained)}
    bands = policy.bands(scored.score)
    for row in np.flatnonzero(chosen):
        is_scored = scored.not_scored[row] < 0
        dpd = float(scored.days_past_due[row])
        i = position.get(int(row))
        yield {
            "borrower_id": str(scored.borrower_id[row]),
            "score": float(scored.score[row]) if is_scored else None,
            "band": BANDS[bands[row]] if is_scored else None,
            "not_scored": None if is_scored else REASONS[scored.not_scored[row]],
            "days_past_due": None if np.isnan(dpd) else dpd,
            "reasons": [] if i is None else in_words(reasons, i, model),
        }


def in_words(reasons: Reasons, row: int, model: RiskModel) -> list[dict[str, Any]]:
    """One borrower's reasons: code, feature, points, and the text in English and Chinese."""
    found = []
    for group, points, feature in zip(reasons.group[row], reasons.points[row], reasons.feature[row], strict=True):
        if group >= 0:
            leading = model.features[feature]
            text = {"en": leading.text_en, "zh": leading.text_zh}
            code = reasons.codes[group]
            found.append({"code": code, "feature": leading.name, "points": round(float(points), 6), "text": text})
    return found


@contextmanager
def publishing(out: Path, as_of_date: date) -> Iterator[Path]:
    """A folder to fill, which becomes `out/as_of=D` when the `with` ends well, and is gone when it does not.

    Raises
    ------
    OutputError
        The folder cannot be written.
    """
    target = out / f"as_of={as_of_date}"
    try:
        out.mkdir(parents=True, exist_ok=True)
        # What a killed run left behind is nobody's.
        for left in out.glob(f".as_of={as_of_date}-*"):
            shutil.rmtree(left)
        with tempfile.TemporaryDirectory(dir=out, prefix=f".as_of={as_of_date}-") as unfinished:
            run = Path(unfinished) / "run"
            run.mkdir()
            yield run
            if target.exists():
                target.rename(Path(unfinished) / "replaced")
            run.rename(target)
    except OSError as error:
        raise OutputError(f"{out} cannot be written ({error.strerror}); free it or name another with --out.") from None


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Nothing comes back; writes the content as JSON with sorted keys."""
    path.write_text(json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
