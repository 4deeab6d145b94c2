"""The threshold job: compute, for a book and a model, what each threshold does and which one each way chooses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from rich.progress import Progress

from risk_warning.book import open_book
from risk_warning.core.policy import BANDS, Policy
from risk_warning.core.swap_sets import SwapSet, cross
from risk_warning.economics.valuation import valuation_of
from risk_warning.errors import LabelError, SettingsError
from risk_warning.learning.recipe import SEED
from risk_warning.model.policy_in_force import policy_of
from risk_warning.registry.registry import fetch
from risk_warning.scoring.side_by_side import unlearnt_dates, untrained_from
from risk_warning.settings import Settings
from risk_warning.studies.threshold.burden import ReplayedNights, burden, within_capacity
from risk_warning.studies.threshold.curve import DRAWS, Curves, Worth, thresholds_at, with_threshold
from risk_warning.studies.threshold.result import Cut, ThresholdRequest, Thresholds, ThresholdWay, WayName
from risk_warning.studies.threshold.rows import WARM_UP_NIGHTS, nights_before, nights_of, warnable_rows

MIN_BADS = 30
"""Fewest borrowers who turn bad that a curve needs."""


def threshold_evidence(
    name: str, location: str | Path, settings: Settings, request: ThresholdRequest, progress: Progress
) -> Thresholds:
    """Return what thresholds do on the requested dates, or on the last mature one that the model did not learn from.

    Raises
    ------
    AsOfDateError, LabelError
        If a date is outside the data, no month is mature, or there are too few bads.
    SettingsError
        If no threshold keeps to the capacity, the borrowers together do not fill it, or the policy cannot be used.
    ContractError, RegistryError, ModelError
        If the book lacks what the model was trained on, or the model cannot be loaded.
    """
    task = progress.add_task("fetching the model", total=None)
    in_service = fetch(name, settings)
    policy = policy_of(in_service, settings)
    # The model in service has learnt from every mature month, so its twin is judged in its place.
    model = in_service.as_judged
    progress.update(task, description="reading the book")
    with open_book(location, settings.book, data_through=settings.data_through, today=date.today()) as book:
        dates, economics = unlearnt_dates(book, [model], request.dates), request.assumptions.economics
        chunk = settings.score.borrowers_per_chunk

        def stage(description: str, total: int = book.n_borrowers) -> Callable[[int], None]:
            progress.update(task, description=description, total=total, completed=0)
            return lambda done: progress.advance(task, done)

        warnable = warnable_rows(book, model, dates, economics, settings, stage("scoring the dates"))
        rows = warnable.rows
        bads = len(np.unique(rows.borrower[rows.bad]))
        if bads < MIN_BADS:
            raise LabelError(
                f"Only {bads:,} of the borrowers scored on {', '.join(map(str, dates))} turned bad; a curve needs at "
                f"least {MIN_BADS}. Name more dates with --as-of, or use a larger book."
            )
        days = nights_before(dates[-1], book.first_date)
        nights = nights_of(book, model, days, economics.call_again_days, settings.score, stage("replaying the nights"))
        valuation = valuation_of(book, model.target, request.assumptions, chunk, stage("measuring defaults among bads"))
    curves = Curves(rows, economics, valuation.loss_rate)
    seen = _Seen(curves, nights, policy)
    curve = curves.points(thresholds_at(rows.score))
    low, mid, high = (curves.best_threshold(effect) for effect in range(3))
    best = curves.best(seed=SEED, advance=stage("bootstrapping over borrowers", DRAWS))
    chosen: list[tuple[WayName, str, float]] = []
    if request.score is not None:
        chosen.append(("fixed", "a fixed score", request.score))
    if request.capacity_per_day is not None:
        rule = f"at most {request.capacity_per_day:g} calls a day"
        chosen.append(("capacity", rule, seen.within(request.capacity_per_day, [p.threshold for p in curve])))
    if mid is not None:
        chosen.append(("benefit", "the best expected benefit", mid))
    return Thresholds(
        model_version=model.version,
        dates=dates,
        learnt_from=tuple(day for day in dates if day < untrained_from(model)),
        rows=len(rows.bad),
        borrowers=len(np.unique(rows.borrower)),
        bads=int(rows.bad.sum()),
        bad_events=len(rows.stakes.events.owner),
        request=request,
        valuation=valuation,
        outcome_unknown=warnable.outcome_unknown,
        exposure_known_ratio=warnable.exposure_known_ratio,
        nights=(days[WARM_UP_NIGHTS], days[-1]) if nights else None,
        night_borrowers=nights.scores.shape[1] if nights else 0,
        in_force=seen.cut(policy),
        curve=curve,
        burdens=tuple(burden(nights, with_threshold(policy, point.threshold)) for point in curve) if nights else (),
        best=(low, mid, high),
        best_at_middle=best,
        ways=seen.ways(chosen),
    )


@dataclass(frozen=True)
class _Seen:
    """The curves, nights and policy in force that a threshold is judged by."""

    curves: Curves
    nights: ReplayedNights | None
    in_force: Policy

    def cut(self, policy: Policy) -> Cut:
        """Return the policy and what its threshold does."""
        (point,) = self.curves.points((policy.threshold,))
        return Cut(policy, point, None if self.nights is None else burden(self.nights, policy))

    def ways(self, chosen: Sequence[tuple[WayName, str, float]]) -> tuple[ThresholdWay, ...]:
        """Return, for each (name, rule, threshold), what changes on the last date and for whom."""
        policies = [with_threshold(self.in_force, threshold) for _, _, threshold in chosen]
        gains = self.curves.gains(self.in_force, policies, seed=SEED)
        return tuple(
            self._way(name, rule, policy, gain)
            for (name, rule, _), policy, gain in zip(chosen, policies, gains, strict=True)
        )

    def _way(self, name: WayName, rule: str, policy: Policy, gain: Worth | None) -> ThresholdWay:
        rows = self.curves.rows
        last = rows.on_last_date
        score = rows.score[last]
        before, after = self.in_force.below_threshold(score), policy.below_threshold(score)
        bands = self.in_force.bands(score)
        gained, lost = (
            tuple(np.bincount(bands[moved], minlength=len(BANDS)).tolist())
            for moved in (after & ~before, before & ~after)
        )
        return ThresholdWay(
            name,
            rule,
            self.cut(policy),
            SwapSet.of(rows.bad[last], before, after),
            cross(bands, policy.bands(score), len(BANDS)),
            gained,
            lost,
            gain,
        )

    def within(self, calls_per_day: float, thresholds: list[float]) -> float:
        """Return the highest threshold within the capacity.

        Raise `SettingsError` if there is none, or if the capacity is more than is needed.
        """
        nights = self.nights
        if nights is None:
            raise SettingsError(
                "--capacity-per-day needs the weeks before the last as-of date, but the book does not reach back that "
                "far; name a later --as-of, or leave the option out."
            )

        def calls(threshold: float) -> float:
            return burden(nights, with_threshold(self.in_force, threshold)).calls

        highest = within_capacity(calls, tuple(thresholds), calls_per_day)
        if highest is None:
            raise SettingsError(
                f"No threshold keeps to {calls_per_day:g} calls a day: the lowest one considered, {thresholds[0]:.1f}, "
                f"takes {calls(thresholds[0]):.1f}. Give a larger --capacity-per-day."
            )
        if highest == thresholds[-1]:
            raise SettingsError(
                f"{calls_per_day:g} calls a day are more than needed: the highest threshold considered, {highest:.1f}, "
                f"flags half of the borrowers and takes {calls(highest):.1f}. Give a smaller --capacity-per-day."
            )
        return highest
