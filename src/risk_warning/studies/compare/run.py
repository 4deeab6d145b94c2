"""The comparison job: it compares two models on the same borrowers and mature dates, and gives a verdict."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.progress import Progress

from risk_warning.book import StagedBook, open_book
from risk_warning.book.protected import read_protected
from risk_warning.core.calendar import add_months
from risk_warning.core.policy import BANDS
from risk_warning.core.reasons import ReasonGroups
from risk_warning.core.swap_sets import SwapSet, cross
from risk_warning.economics.assumptions import assumptions_of
from risk_warning.economics.valuation import valuation_of
from risk_warning.errors import LabelError
from risk_warning.learning.recipe import SEED
from risk_warning.model.risk_model import RiskModel
from risk_warning.registry.registry import fetch
from risk_warning.scoring.side_by_side import (
    SideBySide,
    check_targets,
    points_of,
    score_both,
    unlearnt_dates,
    untrained_from,
)
from risk_warning.settings import ScoreSettings, Settings
from risk_warning.stats.calibration import calibration
from risk_warning.stats.delong import Difference, delong
from risk_warning.stats.evaluation import expected_calibration_error
from risk_warning.stats.paired_bootstrap import CAPACITY_SHARE, DRAWS, one_row_each, paired_bootstrap
from risk_warning.stats.stability import bin_counts, bin_edges, psi, psi_of_counts
from risk_warning.studies.compare.capacity import reached
from risk_warning.studies.compare.fairness import Fairness
from risk_warning.studies.compare.groups import balances_of_both, fairness_of_both, guesses_from_b, splits
from risk_warning.studies.compare.options import Options
from risk_warning.studies.compare.result import ComparedModel, Comparison, Stability, Swap
from risk_warning.studies.compare.score_changes import ReasonShift, mean_points, reason_shifts, riskiest
from risk_warning.studies.compare.speed import Speed, speed
from risk_warning.studies.compare.warnings import watch_comparison, watch_nights

MIN_BADS = 30
"""Borrowers who turn bad, and borrowers who stay good, that an interval needs."""
_EXPLAINED = 2_000
"""Rows to explain in each group; with these, mean points are known to a few tenths."""
Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]


def compare_models(
    name_a: str,
    name_b: str,
    location: str | Path,
    settings: Settings,
    requested: Sequence[date],
    progress: Progress,
    options: Options | None = None,
) -> Comparison:
    """Return the comparison of two models on the requested dates; default: the last month from which neither learnt.

    Lead time and alert burden are measured on separate nights (`Options`), if there are enough.

    Raises
    ------
    SettingsError
        If the models have different targets.
    AsOfDateError, LabelError
        If a date is outside the data, no month is mature, or there are too few bads for an interval.
    ContractError
        If the book lacks something that one of the models was trained on.
    RegistryError, ModelError
        If one of the models cannot be loaded.
    """
    options = options or Options()
    assumptions = options.assumptions or assumptions_of(settings.economics)
    conversion = assumptions.economics.credit_conversion_ratio
    task = progress.add_task("fetching the models", total=None)
    in_service = fetch(name_a, settings), fetch(name_b, settings)
    check_targets(*in_service)
    # The model in service has learnt from everything mature, so its twin is judged instead.
    a, b = (model.as_judged for model in in_service)
    progress.update(task, description="reading the book")
    with open_book(location, settings.book, data_through=settings.data_through, today=date.today()) as book:
        dates, nights = unlearnt_dates(book, [a, b], requested), watch_nights(book, a, b, options)
        protected = read_protected(location, settings.book)
        chunk = settings.score.borrowers_per_chunk

        def stage(description: str, total: int) -> Callable[[int], None]:
            progress.update(task, description=description, total=total, completed=0)
            return lambda done: progress.advance(task, done)

        rows = score_both(
            book, a, b, dates, conversion, settings.score, stage("scoring with both models", book.n_borrowers)
        )
        one = one_row_each(rows.borrower, seed=SEED)
        check_bads(rows.bad[one], dates)
        differences = _drawn(rows, slice(None), stage("drawing borrowers again", DRAWS))
        stacked = len(one) < len(rows.bad)
        once = _drawn(rows, one, stage("drawing single rows", DRAWS)) if stacked else differences
        stability = _stability(
            book, a, b, rows, conversion, settings.score, stage("scoring the past", book.n_borrowers)
        )
        below = a.policy.below_threshold(rows.score_a), b.policy.below_threshold(rows.score_b)
        called = [riskiest(score, rows.date_index, CAPACITY_SHARE) for score in (rows.score_a, rows.score_b)]
        flags = [(below[0], below[1]), (called[0], called[1])]
        swaps = _swaps(book, a, b, rows, flags, chunk, stage("explaining who moves", 2 * book.n_borrowers))
        following = stage("following the nights", book.n_borrowers)
        watch = watch_comparison(book, a, b, nights, options, settings.score, following) if nights else None
        categories = book.categories
        by_segment = splits(rows, one, categories)
        valuation = valuation_of(
            book, a.target, assumptions, chunk, stage("following what became of bads", book.n_borrowers)
        )
        speeds = speed(book, a, dates[-1]), speed(book, b, dates[-1])
    fair = fairness_of_both(rows, flags[0], protected)
    progress.update(task, description="guessing protected attributes", total=None)
    guessed = guesses_from_b(rows, b.feature_names, protected)
    minor_units = 10**settings.book.minor_unit_decimals
    money = [
        balances_of_both(
            rows, a.target, each, categories, valuation, minor_units, SEED, stage("counting the money", DRAWS)
        )
        for each in flags
    ]
    bands = a.policy.bands(rows.score_a), b.policy.bands(rows.score_b)
    return Comparison(
        a=_held(name_a, a, in_service[0].version, rows, rows.pd_a, rows.score_a, bands[0], fair[0], speeds[0]),
        b=_held(name_b, b, in_service[1].version, rows, rows.pd_b, rows.score_b, bands[1], fair[1], speeds[1]),
        dates=dates,
        rows=len(rows.bad),
        borrowers=len(one),
        bads=int(rows.bad.sum()),
        bad_borrowers=len(np.unique(rows.borrower[rows.bad])),
        only_a=rows.only_a,
        only_b=rows.only_b,
        outcome_unknown=rows.outcome_unknown,
        differences=differences,
        delong=delong(rows.bad[one], rows.pd_a[one], rows.pd_b[one]),
        bootstrap_one_row=once["auc"],
        migration=cross(*bands, len(BANDS)),
        migration_bads=cross(bands[0][rows.bad], bands[1][rows.bad], len(BANDS)),
        at_thresholds=swaps[0],
        at_capacity=swaps[1],
        score_psi=psi(rows.score_a, rows.score_b),
        stability=stability,
        watch=watch,
        splits=by_segment,
        valuation=valuation,
        balances_at_capacity=money[1],
        balances_at_thresholds=money[0],
        guesses=guessed,
    )


def check_bads(bad: Flags, dates: Sequence[date]) -> None:
    """Check that there are enough bads and goods, on one row per borrower.

    Raises
    ------
    LabelError
        If there are fewer than `MIN_BADS` of either.
    """
    bads = int(bad.sum())
    if min(bads, len(bad) - bads) < MIN_BADS:
        when = f"on {dates[0]}" if len(dates) == 1 else f"on {len(dates)} dates from {dates[0]} to {dates[-1]}"
        raise LabelError(
            f"Of {len(bad):,} borrowers the models score {when}, one row each, {bads:,} turned bad; an interval needs "
            f"at least {MIN_BADS} bads and as many goods. Name more dates with --as-of, or bring a larger book."
        )


def _drawn(rows: SideBySide, at: NDArray[np.int64] | slice, advance: Callable[[int], None]) -> dict[str, Difference]:
    columns = rows.bad[at], rows.pd_a[at], rows.pd_b[at], rows.borrower[at]
    return paired_bootstrap(*columns, seed=SEED, advance=advance)


def _held(
    name: str,
    model: RiskModel,
    version: str,
    rows: SideBySide,
    pd: Floats,
    score: Floats,
    bands: NDArray[np.int8],
    fair: tuple[Fairness, ...],
    measured: Speed,
) -> ComparedModel:
    return ComparedModel(
        name,
        model,
        version,
        by_band=calibration(rows.bad, pd, bands, BANDS),
        by_month=calibration(rows.bad, pd, rows.date_index, [day.isoformat() for day in rows.dates]),
        learnt_from=tuple(day for day in rows.dates if day < untrained_from(model)),
        ece=expected_calibration_error(rows.bad, pd),
        reached=reached(rows.bad, score, rows.date_index),
        fairness=fair,
        speed=measured,
    )


def _stability(
    book: StagedBook,
    a: RiskModel,
    b: RiskModel,
    rows: SideBySide,
    credit_conversion_ratio: float,
    settings: ScoreSettings,
    advance: Callable[[int], None],
) -> Stability | None:
    """Return the PSIs of the compared rows against the earlier of the models' last training dates."""
    day = min(date.fromisoformat(model.about["train_dates"][-1]) for model in (a, b))
    if add_months(day, -a.target.min_history) < book.first_date or day > book.data_through:
        return None
    past = score_both(book, a, b, (day,), credit_conversion_ratio, settings, advance)
    if not len(past.bad):
        return None
    features = {}
    for column, feature in enumerate(rows.features):
        then, now = past.values[:, column], rows.values[:, column]
        if feature.is_category:
            # A category's positions are its bins; -1 marks a missing value.
            codes = [np.nan_to_num(values, nan=-1).astype(np.int64) + 1 for values in (then, now)]
            size = 1 + max(int(code.max()) for code in codes)
            features[feature.name] = psi_of_counts(*(np.bincount(code, minlength=size) for code in codes))
        else:
            edges = bin_edges(then)
            features[feature.name] = psi_of_counts(bin_counts(then, edges), bin_counts(now, edges))
    return Stability(
        day,
        psi(past.score_a, rows.score_a),
        psi(past.score_b, rows.score_b),
        dict(sorted(features.items(), key=lambda item: -item[1])),
    )


def _swaps(
    book: StagedBook,
    a: RiskModel,
    b: RiskModel,
    rows: SideBySide,
    flags: Sequence[tuple[Flags, Flags]],
    chunk: int,
    advance: Callable[[int], None],
) -> list[Swap]:
    """Return, for each way to flag (A's flags, B's flags), the swap-set and the reasons for those who move."""
    random = np.random.default_rng(SEED)

    def some(moved: Flags) -> NDArray[np.int64]:
        positions = np.flatnonzero(moved)
        return (
            positions if len(positions) <= _EXPLAINED else np.sort(random.choice(positions, _EXPLAINED, replace=False))
        )

    gained = [some(by_b & ~by_a) for by_a, by_b in flags]
    lost = [some(by_a & ~by_b) for by_a, by_b in flags]
    explained = np.unique(np.concatenate((*gained, *lost)))
    who, when = rows.borrower[explained], rows.date_index[explained]
    taken_apart = [
        (*points_of(book, model, who, when, rows.dates, chunk, advance), ReasonGroups.of(model.features))
        for model in (a, b)
    ]

    def shifts(moved: NDArray[np.int64]) -> tuple[ReasonShift, ...]:
        if not len(moved):
            return ()
        at = np.searchsorted(explained, moved)
        return reason_shifts(*(mean_points(own[at], missing[at], groups) for own, missing, groups in taken_apart))

    return [
        Swap(SwapSet.of(rows.bad, by_a, by_b), shifts(up), shifts(down))
        for (by_a, by_b), up, down in zip(flags, gained, lost, strict=True)
    ]
