"""The threshold job: from a book and a model to what each threshold does, and what the ways to choose one come to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from rich.progress import Progress

from risk_warning.book import open_book
from risk_warning.core.burden import Nights, burden, within_capacity
from risk_warning.core.comparison import SwapSet, cross
from risk_warning.core.policy import BANDS, Policy
from risk_warning.core.threshold import Rows, benefit_gain, best_benefit, points, thresholds_at, with_threshold
from risk_warning.errors import LabelError, SettingsError
from risk_warning.jobs.threshold_evidence import Asked, Cut, Thresholds, Way, WayName
from risk_warning.model.registry import fetch
from risk_warning.scoring.cut_offs import WARM_UP_NIGHTS, nights_before, nights_of, rows_of
from risk_warning.scoring.policy_in_force import policy_of
from risk_warning.scoring.side_by_side import unlearnt_dates, untrained_from
from risk_warning.settings import Settings

MIN_BADS = 30
"""Borrowers who turn bad that a curve needs."""


def threshold_evidence(
    name: str, location: str | Path, settings: Settings, asked: Asked, progress: Progress
) -> Thresholds:
    """What thresholds do on the dates asked for, or on the last mature one from which the model did not learn.

    Raises
    ------
    AsOfDateError, LabelError
        A date outside the data; no mature month, or too few bads.
    SettingsError
        A capacity that no threshold keeps to, or that all borrowers together do not fill; a policy that cannot be used.
    ContractError, RegistryError, ModelError
        The book lacks what the model was trained on, or the model cannot be had.
    """
    task = progress.add_task("fetching the model", total=None)
    model = fetch(name, settings)
    policy = policy_of(model, settings)
    progress.update(task, description="reading the book")
    with open_book(location, settings.book, data_through=settings.data_through, today=date.today()) as book:
        dates = unlearnt_dates(book, [model], asked.dates)
        chunk = settings.score.borrowers_per_chunk

        def stage(description: str) -> Callable[[int], None]:
            progress.update(task, description=description, total=book.n_borrowers, completed=0)
            return lambda done: progress.advance(task, done)

        rows, known = rows_of(
            book, model, dates, asked.credit_conversion_ratio, settings.book, chunk, stage("scoring the dates")
        )
        bads = len(np.unique(rows.borrower[rows.bad]))
        if bads < MIN_BADS:
            raise LabelError(
                f"Of the borrowers scored on {', '.join(map(str, dates))} only {bads:,} turned bad; a curve needs at "
                f"least {MIN_BADS}. Name more dates with --as-of, or bring a larger book."
            )
        days = nights_before(dates[-1], book.first_date)
        nights = nights_of(book, model, days, asked.call_again_days, chunk, stage("playing the nights"))
    seen = _Seen(rows, nights, policy, asked)
    curve = points(rows, thresholds_at(rows.score), asked.economics)
    low, mid, high = (best_benefit(rows, asked.economics, effect) for effect in range(3))
    ways = []
    if asked.score is not None:
        ways.append(seen.way("fixed", "a fixed score", asked.score))
    if asked.capacity_per_day is not None:
        rule = f"at most {asked.capacity_per_day:g} calls a day"
        ways.append(seen.way("capacity", rule, seen.within(asked.capacity_per_day, [p.threshold for p in curve])))
    if mid is not None:
        ways.append(seen.way("benefit", "the best expected benefit", mid))
    return Thresholds(
        model_version=model.version,
        dates=dates,
        learnt_from=tuple(day for day in dates if day < untrained_from(model)),
        rows=len(rows.bad),
        borrowers=len(np.unique(rows.borrower)),
        bads=int(rows.bad.sum()),
        asked=asked,
        exposure_known_ratio=known,
        nights=(days[WARM_UP_NIGHTS], days[-1]) if nights else None,
        night_borrowers=nights.scores.shape[1] if nights else 0,
        in_force=seen.cut(policy),
        curve=curve,
        burdens=tuple(burden(nights, with_threshold(policy, point.threshold)) for point in curve) if nights else (),
        best=(low, mid, high),
        ways=tuple(ways),
    )


@dataclass(frozen=True)
class _Seen:
    """All that a threshold is judged by."""

    rows: Rows
    nights: Nights | None
    in_force: Policy
    asked: Asked

    def cut(self, policy: Policy) -> Cut:
        """What the policy's threshold does."""
        point = points(self.rows, (policy.threshold,), self.asked.economics)[0]
        return Cut(policy, point, None if self.nights is None else burden(self.nights, policy))

    def way(self, name: WayName, rule: str, threshold: float) -> Way:
        """What changes for whom on the last date with that threshold."""
        policy = with_threshold(self.in_force, threshold)
        last = self.rows.on_last_date
        score = self.rows.score[last]
        before, after = self.in_force.below_threshold(score), policy.below_threshold(score)
        bands = self.in_force.bands(score)
        gained, lost = (
            tuple(np.bincount(bands[moved], minlength=len(BANDS)).tolist())
            for moved in (after & ~before, before & ~after)
        )
        return Way(
            name,
            rule,
            self.cut(policy),
            SwapSet.of(self.rows.bad[last], before, after),
            cross(bands, policy.bands(score), len(BANDS)),
            gained,
            lost,
            benefit_gain(self.rows, self.asked.economics, self.in_force, policy),
        )

    def within(self, calls_per_day: float, thresholds: list[float]) -> float:
        """The highest threshold within the capacity; `SettingsError` where there is none, or no need of one."""
        nights = self.nights
        if nights is None:
            raise SettingsError(
                "--capacity-per-day needs the weeks before the last as-of date, and the book does not reach back so "
                "far; name a later --as-of, or leave the option out."
            )

        def calls(threshold: float) -> float:
            return burden(nights, with_threshold(self.in_force, threshold)).calls

        found = within_capacity(calls, tuple(thresholds), calls_per_day)
        if found is None:
            raise SettingsError(
                f"No threshold keeps to {calls_per_day:g} calls a day: the {thresholds[0]:.1f} below which the fewest "
                f"borrowers lie asks for {calls(thresholds[0]):.1f}. Give a larger --capacity-per-day."
            )
        if found == thresholds[-1]:
            raise SettingsError(
                f"{calls_per_day:g} calls a day are more than there is to do: {found:.1f}, below which half of the "
                f"borrowers lie, asks for {calls(found):.1f}. Give a smaller --capacity-per-day."
            )
        return found
