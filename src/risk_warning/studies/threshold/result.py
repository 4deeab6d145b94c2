"""The evidence on thresholds: the curve, the ways to choose one, and what each changes from the policy in force."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.policy import Policy
from risk_warning.core.swap_sets import SwapSet
from risk_warning.economics.assumptions import Assumptions
from risk_warning.economics.valuation import CANNOT_TELL, Valuation, worth_in_words
from risk_warning.model.headline import unknown_outcomes
from risk_warning.studies.threshold.burden import Burden
from risk_warning.studies.threshold.curve import Best, Point, Worth

WayName = Literal["fixed", "capacity", "benefit"]


@dataclass(frozen=True, kw_only=True)
class ThresholdRequest:
    """The request for a threshold; amounts in the book's currency."""

    assumptions: Assumptions
    score: float | None = None
    capacity_per_day: float | None = None
    dates: tuple[date, ...] = ()
    """Mature as-of dates; if empty, the last one that the model did not learn from."""


@dataclass(frozen=True)
class CurvePoint:
    """A threshold of the curve: whom it flags, and the work it makes."""

    point: Point
    burden: Burden | None
    """None if the book does not reach back far enough to replay the nights."""


@dataclass(frozen=True)
class Cut:
    """A policy and what its threshold does."""

    policy: Policy
    point: Point
    burden: Burden | None
    """None if the book does not reach back far enough to replay the nights."""


@dataclass(frozen=True)
class ThresholdWay:
    """One way to choose a threshold: its cut, and who gains or loses a warning on the last date."""

    name: WayName
    rule: str
    """The rule it was chosen by, in words."""
    cut: Cut
    swap: SwapSet
    """A is the policy in force."""
    bands: NDArray[np.int64]
    """Number of people by band under the policy in force (down) and under this way (across)."""
    gained: tuple[int, ...]
    """Number of people who gain a warning, by their band under the policy in force."""
    lost: tuple[int, ...]
    gain: Worth | None
    """What the change is worth; None without exposures."""


@dataclass(frozen=True, kw_only=True)
class Thresholds:
    """The evidence for choosing a threshold."""

    model_version: str
    dates: tuple[date, ...]
    learnt_from: tuple[date, ...]
    """Those of the dates that the model may have learnt from, which makes its figures too optimistic."""
    rows: int
    borrowers: int
    bads: int
    bad_events: int
    """Number of times a borrower turned bad; each counts once, however many rows precede it."""
    request: ThresholdRequest
    valuation: Valuation
    outcome_unknown: int
    """Number of rows left out because their outcome is unknown."""
    exposure_known_ratio: float | None
    """Share of the rows whose exposure is known; None if the book has nothing to compute it from."""
    nights: tuple[date, date] | None
    """First and last of the counted nights."""
    night_borrowers: int
    """Number of borrowers whose nights were replayed."""
    in_force: Cut
    curve: tuple[Point, ...]
    burdens: tuple[Burden, ...]
    """One per point of the curve; empty without nights."""
    best: tuple[float | None, float | None, float | None]
    """Threshold with the largest benefit at the low, the middle and the high treatment effect."""
    best_at_middle: Best | None
    """The one at the middle effect, with its intervals; None if no threshold brings more than it costs."""
    ways: tuple[ThresholdWay, ...]

    def way(self, name: WayName) -> ThresholdWay | None:
        """Return the way of that name, or None if it gave no threshold."""
        return next((way for way in self.ways if way.name == name), None)

    @property
    def curve_points(self) -> tuple[CurvePoint, ...]:
        """The points of the curve, each with its burden."""
        burdens = self.burdens or (None,) * len(self.curve)
        return tuple(CurvePoint(point, load) for point, load in zip(self.curve, burdens, strict=True))

    @property
    def verdict(self) -> str:
        """What the policy in force and the ways reach, in one sentence each."""
        now = self.in_force
        sentence = (
            f"The threshold in force ({now.policy.threshold:.1f}) warns about {now.point.flagged_ratio:.1%} of "
            f"borrowers and reaches {now.point.capture_ratio:.0%} of those who turn bad."
        )
        ways = [
            f"{way.rule} ({way.cut.policy.threshold:.1f}) reaches {way.cut.point.capture_ratio:.0%}"
            for way in self.ways
        ]
        return f"{sentence} Alternatives: {', '.join(ways)}." if ways else sentence

    @property
    def pays(self) -> str | None:
        """What the threshold of the best benefit is worth, and how certain that is; None if no threshold pays."""
        best = self.best_at_middle
        if best is None:
            return None
        benefit = best.benefit
        low, high = ("warning nobody" if end is None else f"{end:.1f}" for end in (best.low, best.high))
        sentence = (
            f"At the threshold with the best benefit, {best.threshold:.1f} (95 % interval: {low} to {high}), calls are "
            f"worth {worth_in_words(benefit.amount, benefit.low, benefit.high)} per as-of date"
        )
        return f"{sentence}: {CANNOT_TELL}." if benefit.holds_zero else f"{sentence}."

    @property
    def basis(self) -> str:
        """The model, policy, dates and rows that the figures are based on."""
        when = str(self.dates[0]) if len(self.dates) == 1 else f"{len(self.dates)} dates to {self.dates[-1]}"
        nights = (
            f"; nights from {self.nights[0]} to {self.nights[1]}, {self.night_borrowers:,} borrowers"
            if self.nights
            else ""
        )
        return (
            f"Model {self.model_version}, policy {self.in_force.policy.version} in force; {when}: {self.rows:,} rows "
            f"of {self.borrowers:,} borrowers, {self.bads:,} turned bad in {self.bad_events:,} bad events{nights}."
        )

    @property
    def cautions(self) -> tuple[str, ...]:
        """What a reader must know before trusting a figure."""
        messages = []
        if self.learnt_from:
            days = ", ".join(map(str, self.learnt_from))
            messages.append(f"The model may have learnt from {days}, which flatters its figures here.")
        messages += unknown_outcomes(self.rows, self.bads, self.outcome_unknown)
        if self.exposure_known_ratio is None:
            messages.append(
                "The book has neither instalments nor balances, so no exposure is known and there is no benefit curve."
            )
        if self.nights is None:
            messages.append("The book does not reach back far enough before the last date to replay the nights.")
        if self.exposure_known_ratio is not None:
            messages += self.valuation.cautions
        return tuple(messages)
