"""What a threshold does: the curve, the ways to choose one, and what each changes against the policy in force."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.burden import Burden
from risk_warning.core.comparison import SwapSet
from risk_warning.core.policy import BANDS, Policy
from risk_warning.core.threshold import Economics, Gain, Point

WayName = Literal["fixed", "capacity", "benefit"]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a threshold is asked for; amounts in the book's currency."""

    economics: Economics
    credit_conversion_ratio: float
    score: float | None = None
    capacity_per_day: float | None = None
    call_again_days: int = 14
    dates: tuple[date, ...] = ()
    """Mature as-of dates; none: the last one from which the model did not learn."""


@dataclass(frozen=True)
class Cut:
    """A policy and what its threshold does."""

    policy: Policy
    point: Point
    burden: Burden | None
    """None where the book does not reach back far enough to play the nights."""

    def to_dict(self) -> dict[str, Any]:
        """The cut for a program."""
        return {
            "policy_version": self.policy.version,
            "policy": asdict(self.policy),
            **_point(self.point),
            "nights": _burden(self.burden),
        }


@dataclass(frozen=True)
class Way:
    """One way to choose: its cut, and who gains or loses a warning by it on the last date."""

    name: WayName
    rule: str
    """What it was chosen by, in words."""
    cut: Cut
    swap: SwapSet
    """A is the policy in force."""
    bands: NDArray[np.int64]
    """People by band in force (down) and by band of this way (across)."""
    gained: tuple[int, ...]
    """People who gain a warning, by their band in force."""
    lost: tuple[int, ...]
    gain: Gain | None
    """What the change is worth; None without exposures."""

    def to_dict(self) -> dict[str, Any]:
        """The way for a program."""
        return {
            "rule": self.rule,
            **self.cut.to_dict(),
            "swap": asdict(self.swap),
            "gained_by_band": dict(zip(BANDS, self.gained, strict=True)),
            "lost_by_band": dict(zip(BANDS, self.lost, strict=True)),
            "people_by_band": {"bands": list(BANDS), "in_force_down_new_across": self.bands.tolist()},
            "benefit_gain": None if self.gain is None else asdict(self.gain),
        }


@dataclass(frozen=True, kw_only=True)
class Thresholds:
    """The evidence a threshold is chosen by."""

    model_version: str
    dates: tuple[date, ...]
    learnt_from: tuple[date, ...]
    """Dates among them that the model may have learnt from, which flatters it."""
    rows: int
    borrowers: int
    bads: int
    asked: Asked
    exposure_known_ratio: float | None
    """Share of the rows whose exposure is known; None where the book brings nothing to compute it from."""
    nights: tuple[date, date] | None
    """First and last of the nights counted."""
    night_borrowers: int
    """Borrowers whose nights were played."""
    in_force: Cut
    curve: tuple[Point, ...]
    burdens: tuple[Burden, ...]
    """One a point of the curve; empty without nights."""
    best: tuple[float | None, float | None, float | None]
    """Threshold of the largest benefit at the low, the middle and the high treatment effect."""
    ways: tuple[Way, ...]

    def way(self, name: WayName) -> Way | None:
        """The way of that name, where it gave a threshold."""
        return next((way for way in self.ways if way.name == name), None)

    @property
    def verdict(self) -> str:
        """What the policy in force and the ways reach, in a sentence each."""
        now = self.in_force
        told = (
            f"The threshold in force ({now.policy.threshold:.1f}) warns about {now.point.flagged_ratio:.1%} and "
            f"reaches {now.point.capture_ratio:.0%} of those who turn bad."
        )
        ways = [
            f"{way.cut.point.capture_ratio:.0%} by {way.rule} ({way.cut.policy.threshold:.1f})" for way in self.ways
        ]
        return f"{told} It would be {', '.join(ways)}." if ways else told

    @property
    def basis(self) -> str:
        """What the figures rest on."""
        when = str(self.dates[0]) if len(self.dates) == 1 else f"{len(self.dates)} dates to {self.dates[-1]}"
        nights = (
            f"; nights from {self.nights[0]} to {self.nights[1]}, {self.night_borrowers:,} borrowers"
            if self.nights
            else ""
        )
        return (
            f"Model {self.model_version}, policy {self.in_force.policy.version} in force; {when}: {self.rows:,} rows "
            f"of {self.borrowers:,} borrowers, {self.bads:,} turned bad{nights}."
        )

    @property
    def cautions(self) -> tuple[str, ...]:
        """What one must know before believing a figure."""
        told = []
        if self.learnt_from:
            days = ", ".join(map(str, self.learnt_from))
            told.append(f"The model may have learnt from {days}, which flatters every figure of it here.")
        if self.exposure_known_ratio is None:
            told.append(
                "The book brings neither instalments nor balances, so nobody's exposure is known and there is no curve "
                "of the benefit."
            )
        if self.nights is None:
            told.append("The book does not reach back far enough before the last date to play the nights.")
        return tuple(told)

    @property
    def assumptions(self) -> tuple[tuple[str, str, str], ...]:
        """(input, value, where it comes from) of the benefit."""
        money, asked = self.asked.economics, self.asked
        low, mid, high = money.treatment_effects
        return (
            (
                "cost of a contact",
                f"{money.contact_cost_amount:,.2f}",
                "assumption, currency of the book; put in what a call costs you",
            ),
            (
                "loss given default",
                f"{money.loss_given_default_ratio:.0%}",
                "assumption; 45 % is the figure of Basel II (§ 287) for senior unsecured claims on companies",
            ),
            (
                "credit conversion of undrawn limits",
                f"{asked.credit_conversion_ratio:.0%}",
                "assumption; 10 % is the figure of Basel III (CRE20) for limits one may cancel at any time",
            ),
            (
                "treatment effect: bads a contact prevents",
                f"{low:.0%}, {mid:.0%}, {high:.0%}",
                "assumption (low, middle, high), until a hold-out has measured it",
            ),
            (
                "called again while the warning stays open",
                f"every {asked.call_again_days} days",
                "assumption about the team's way of working",
            ),
        )

    def to_dict(self) -> dict[str, Any]:
        """The evidence for a program."""
        money = self.asked.economics
        burdens = self.burdens or (None,) * len(self.curve)
        return {
            "verdict": self.verdict,
            "cautions": list(self.cautions),
            "model_version": self.model_version,
            "as_of_dates": [day.isoformat() for day in self.dates],
            "learnt_from": [day.isoformat() for day in self.learnt_from],
            "rows": self.rows,
            "borrowers": self.borrowers,
            "bads": self.bads,
            "inputs": {
                **asdict(money),
                "credit_conversion_ratio": self.asked.credit_conversion_ratio,
                "score": self.asked.score,
                "capacity_per_day": self.asked.capacity_per_day,
                "call_again_days": self.asked.call_again_days,
            },
            "exposure_known_ratio": self.exposure_known_ratio,
            "nights": None if self.nights is None else [day.isoformat() for day in self.nights],
            "night_borrowers": self.night_borrowers,
            "in_force": self.in_force.to_dict(),
            "curve": [
                {**_point(point), "nights": _burden(load)} for point, load in zip(self.curve, burdens, strict=True)
            ],
            "best_benefit_threshold": dict(zip(("low", "mid", "high"), self.best, strict=True)),
            "ways": {way.name: way.to_dict() for way in self.ways},
        }


def _point(point: Point) -> dict[str, Any]:
    return asdict(point) | {"precision_ratio": point.precision_ratio, "to_reach_one": point.to_reach_one}


def _burden(found: Burden | None) -> dict[str, Any] | None:
    return None if found is None else asdict(found) | {"stay_days": found.stay_days}
