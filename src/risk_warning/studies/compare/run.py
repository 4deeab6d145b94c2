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
from risk_warning.core.swap_sets import cross
from risk_warning.economics.assumptions import assumptions_of
from risk_warning.economics.valuation import valuation_of
from risk_warning.errors import LabelError
from risk_warning.learning.recipe import SEED
from risk_warning.model.risk_model import RiskModel
from risk_warning.registry.registry import fetch
from risk_warning.scoring.side_by_side import (
    SideBySide,
    check_targets,
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
from risk_warning.studies.compare.result import (
    ComparedModel,
    Comparison,
    EconomicsComparison,
    Migration,
    OneRow,
    Stability,
)
from risk_warning.studies.compare.score_changes import riskiest
from risk_warning.studies.compare.speed import Speed, speed
from risk_warning.studies.compare.swaps import swaps_of_both
from risk_warning.studies.compare.warnings import watch_comparison, watch_nights

MIN_BADS = 30
"""Borrowers who turn bad, and borrowers who stay good, that an interval needs."""
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
        differences = _drawn(rows, slice(None), stage("bootstrapping over borrowers", DRAWS))
        stacked = len(one) < len(rows.bad)
        once = _drawn(rows, one, stage("bootstrapping one row per borrower", DRAWS)) if stacked else differences
        stability = _stability(
            book, a, b, rows, conversion, settings.score, stage("scoring the reference date", book.n_borrowers)
        )
        below = a.policy.below_threshold(rows.score_a), b.policy.below_threshold(rows.score_b)
        called = (
            riskiest(rows.score_a, rows.date_index, CAPACITY_SHARE),
            riskiest(rows.score_b, rows.date_index, CAPACITY_SHARE),
        )
        explaining = stage("explaining changed flags", 2 * book.n_borrowers)
        swaps = swaps_of_both(book, a, b, rows, below, called, chunk, explaining)
        following = stage("replaying the nights", book.n_borrowers)
        watch = watch_comparison(book, a, b, nights, options, settings.score, following) if nights else None
        categories = book.categories
        by_segment = splits(rows, one, categories)
        valuation = valuation_of(
            book, a.target, assumptions, chunk, stage("measuring defaults among bads", book.n_borrowers)
        )
        speeds = speed(book, a, dates[-1]), speed(book, b, dates[-1])
    fair = fairness_of_both(rows, below, protected)
    progress.update(task, description="measuring proxies of protected attributes", total=None)
    guessed = guesses_from_b(rows, b.feature_names, protected)
    minor_units = 10**settings.book.minor_unit_decimals
    at_thresholds, at_capacity = (
        balances_of_both(
            rows, a.target, flags, categories, valuation, minor_units, SEED, stage("valuing the calls", DRAWS)
        )
        for flags in (below, called)
    )
    bands = a.policy.bands(rows.score_a), b.policy.bands(rows.score_b)
    return Comparison(
        a=_compared_model(name_a, in_service[0], rows, rows.pd_a, rows.score_a, fair[0], speeds[0]),
        b=_compared_model(name_b, in_service[1], rows, rows.pd_b, rows.score_b, fair[1], speeds[1]),
        dates=dates,
        rows=len(rows.bad),
        borrowers=len(one),
        bads=int(rows.bad.sum()),
        bad_borrowers=len(np.unique(rows.borrower[rows.bad])),
        only_a=rows.only_a,
        only_b=rows.only_b,
        outcome_unknown=rows.outcome_unknown,
        differences=differences,
        one_row=OneRow(delong(rows.bad[one], rows.pd_a[one], rows.pd_b[one]), once["auc"]),
        migration=Migration(
            rows=cross(*bands, len(BANDS)), bads=cross(bands[0][rows.bad], bands[1][rows.bad], len(BANDS))
        ),
        swaps=swaps,
        score_psi=psi(rows.score_a, rows.score_b),
        stability=stability,
        economics=EconomicsComparison(valuation, at_capacity=at_capacity, at_thresholds=at_thresholds),
        watch=watch,
        splits=by_segment,
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
            f"Of {len(bad):,} borrowers scored {when}, one row each, {bads:,} turned bad; an interval needs at least "
            f"{MIN_BADS} bads and {MIN_BADS} goods. Name more dates with --as-of, or use a larger book."
        )


def _drawn(rows: SideBySide, at: NDArray[np.int64] | slice, advance: Callable[[int], None]) -> dict[str, Difference]:
    columns = rows.bad[at], rows.pd_a[at], rows.pd_b[at], rows.borrower[at]
    return paired_bootstrap(*columns, seed=SEED, advance=advance)


def _compared_model(
    name: str,
    in_service: RiskModel,
    rows: SideBySide,
    pd: Floats,
    score: Floats,
    fair: tuple[Fairness, ...],
    measured: Speed,
) -> ComparedModel:
    model = in_service.as_judged
    return ComparedModel(
        name,
        model,
        in_service.version,
        by_band=calibration(rows.bad, pd, model.policy.bands(score), BANDS),
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
    day = min(model.provenance.train_dates[-1] for model in (a, b))
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
