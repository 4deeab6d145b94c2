"""The curve: whom each threshold flags, how many of those who turn bad it reaches, and what that is worth.

A row is flagged if its score is below the threshold. The benefit of a threshold, in the book's currency, is the loss
that its calls prevent in the bad events it reaches (`core.economics`), minus the cost of the calls. Events and calls
are counted as in `core.economics.stakes`. When the costs of the two kinds of error differ between borrowers, the best
threshold is where the next row's benefit turns negative (Elkan 2001, IJCAI, 973–978).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.economics.economics import Economics
from risk_warning.core.economics.loss_rates import LossRate
from risk_warning.core.economics.stakes import Stakes, draw, sample
from risk_warning.core.policy import Policy
from risk_warning.stats.delong import CONFIDENCE
from risk_warning.studies.threshold.burden import STEP_POINTS
from risk_warning.studies.threshold.steps import Steps, call_steps, event_steps, expected_steps

Floats = NDArray[np.float64]
SHARES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.1, 0.12, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)
"""Shares of rows flagged at which the curves are shown."""
DRAWS = 1_000
_ENDS = (1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2


@dataclass(frozen=True, kw_only=True)
class CurveRows:
    """The n rows, one per borrower and mature as-of date."""

    stakes: Stakes
    score: Floats
    pd: Floats
    knows_exposure: bool
    """Whether the book has anything to compute exposures from."""

    @property
    def bad(self) -> NDArray[np.bool_]:
        """Whether each row's borrower turns bad."""
        return self.stakes.is_bad

    @property
    def borrower(self) -> NDArray[np.int64]:
        """Number of each row's borrower."""
        return self.stakes.borrower

    @property
    def dates(self) -> int:
        """Number of as-of dates."""
        return len(self.stakes.days)

    @property
    def on_last_date(self) -> NDArray[np.bool_]:
        """Whether each row is of the last date."""
        is_last: NDArray[np.bool_] = self.stakes.date_index == self.dates - 1
        return is_last


@dataclass(frozen=True)
class Point:
    """One threshold; counts and amounts are means per as-of date."""

    threshold: float
    flagged: float
    flagged_ratio: float
    bads: float
    """Flagged borrowers who turned bad."""
    capture_ratio: float
    """Flagged share of all rows that turned bad."""
    bad_events: float
    """Bad events reached; an event that several dates precede counts once."""
    calls: float
    """New warnings, and open ones called again."""
    benefit_amounts: tuple[float, float, float] | None
    """At the low, the middle and the high treatment effect; None without exposures."""
    expected_benefit_amount: float | None
    """At the middle effect, with the model's PDs in place of the outcomes."""

    @property
    def precision_ratio(self) -> float | None:
        """Share of the flagged who turned bad."""
        return self.bads / self.flagged if self.flagged else None

    @property
    def to_reach_one(self) -> float | None:
        """Number flagged for each one who turned bad."""
        return self.flagged / self.bads if self.bads else None


@dataclass(frozen=True)
class Worth:
    """An amount per as-of date; its 95 % interval covers the draw of borrowers, treatment effect and roll to loss."""

    amount: float
    low: float
    high: float

    @property
    def holds_zero(self) -> bool:
        """Whether the interval contains 0, so that the sign is uncertain."""
        return self.low <= 0 <= self.high


@dataclass(frozen=True)
class Best:
    """The threshold with the largest benefit at the middle effect, and its uncertainty."""

    threshold: float
    low: float | None
    """`low` and `high` are the ends of its 95 % interval; None means that no threshold brings more than it costs."""
    high: float | None
    never_ratio: float
    """Share of the draws in which no threshold brings more than it costs."""
    benefit: Worth
    """The benefit at that threshold."""


@dataclass(frozen=True)
class Curves:
    """The counts and the benefit of the rows at any threshold."""

    rows: CurveRows
    economics: Economics
    loss_rate: LossRate

    @cached_property
    def _losses(self) -> tuple[Steps, Steps]:
        return event_steps(self.rows.stakes, self.rows.score)

    @cached_property
    def _calls(self) -> Steps:
        return call_steps(self.rows.stakes, self.rows.score, self.economics.call_again_days)

    @cached_property
    def _expected(self) -> Steps:
        return expected_steps(self.rows.stakes, self.rows.score, self.rows.pd)

    def points(self, thresholds: Sequence[float]) -> tuple[Point, ...]:
        """Return one point per threshold."""
        rows, dates = self.rows, self.rows.dates
        order = np.argsort(rows.score, kind="stable")
        flagged = np.searchsorted(rows.score[order], thresholds, side="left")
        bads = np.concatenate(([0], np.cumsum(rows.bad[order])))[flagged]
        lost, events = (steps.below(thresholds) for steps in self._losses)
        called, expected = self._calls.below(thresholds), self._expected.below(thresholds)
        points = []
        for index, threshold in enumerate(thresholds):
            amounts = expected_amount = None
            if rows.knows_exposure:
                at_effects = [self._benefit(lost[index], called[index], k) / dates for k in range(3)]
                amounts = (at_effects[0], at_effects[1], at_effects[2])
                expected_amount = self._benefit(expected[index], called[index], 1) / dates
            points.append(
                Point(
                    threshold=float(threshold),
                    flagged=int(flagged[index]) / dates,
                    flagged_ratio=int(flagged[index]) / len(rows.score),
                    bads=int(bads[index]) / dates,
                    capture_ratio=float(bads[index] / rows.bad.sum()),
                    bad_events=float(events[index]) / dates,
                    calls=float(called[index]) / dates,
                    benefit_amounts=amounts,
                    expected_benefit_amount=expected_amount,
                )
            )
        return tuple(points)

    def _benefit(self, lost_amount: float, calls: float, effect: int) -> float:
        prevented = self.economics.treatment_effects[effect] * self.loss_rate.ratio.mid
        return float(prevented * lost_amount - self.economics.contact_cost_amount * calls)

    @cached_property
    def _cuts(self) -> Floats:
        score = self.rows.score
        first, last = np.floor(score.min() / STEP_POINTS), np.ceil(score.max() / STEP_POINTS) + 1
        return np.round(np.arange(first, last + 1) * STEP_POINTS, 1)

    def best_threshold(self, effect: int) -> float | None:
        """Return the threshold with the largest benefit at the treatment effect of that index, or the lowest of equals.

        None if no threshold brings more than it costs, or if exposures are unknown.
        """
        if not self.rows.knows_exposure:
            return None
        cuts = self._cuts
        prevented = self.economics.treatment_effects[effect] * self.loss_rate.ratio.mid
        benefit = prevented * self._losses[0].below(cuts) - self.economics.contact_cost_amount * self._calls.below(cuts)
        best = int(np.argmax(benefit))
        return float(cuts[best]) if benefit[best] > 0 else None

    def best(self, *, draws: int = DRAWS, seed: int = 0, advance: Callable[[int], None] | None = None) -> Best | None:
        """Return the best threshold at the middle effect with its intervals; None if there is none.

        Each draw takes borrowers with all their rows, an effect and a roll to loss. The threshold is chosen anew in
        every draw; the benefit is always that of the threshold returned.
        """
        threshold = self.best_threshold(1)
        if threshold is None:
            return None
        cuts, (losses, _), called = self._cuts, self._losses, self._calls
        here = int(np.searchsorted(cuts, threshold))
        loss_cell, call_cell = losses.cells_of(cuts), called.cells_of(cuts)
        random = np.random.default_rng(seed)
        chosen, amounts = np.empty(draws), np.empty(draws)
        for at in range(draws):
            weight, prevented = sample(random, self.rows.stakes.owners, self.economics, self.loss_rate)
            benefit = prevented * losses.weighted(loss_cell, len(cuts), weight)
            benefit -= self.economics.contact_cost_amount * called.weighted(call_cell, len(cuts), weight)
            best = int(np.argmax(benefit))
            chosen[at] = cuts[best] if benefit[best] > 0 else -np.inf
            amounts[at] = benefit[here]
            if advance:
                advance(1)
        # An end interpolated between two draws would be a threshold that neither chose, so take that of one draw.
        low, high = np.quantile(chosen, _ENDS, method="inverted_cdf").tolist()
        (point,) = self.points((threshold,))
        assert point.benefit_amounts is not None
        return Best(
            threshold=threshold,
            low=None if np.isinf(low) else low,
            high=None if np.isinf(high) else high,
            never_ratio=float(np.isinf(chosen).mean()),
            benefit=Worth(point.benefit_amounts[1], *(np.quantile(amounts, _ENDS) / self.rows.dates).tolist()),
        )

    def gains(
        self, before: Policy, after: Sequence[Policy], *, draws: int = DRAWS, seed: int = 0
    ) -> tuple[Worth | None, ...]:
        """Return the benefit of each of `after` minus that of `before` at the middle effect; None without exposures."""
        if not self.rows.knows_exposure or not after:
            return (None,) * len(after)
        score, stakes, dates = self.rows.score, self.rows.stakes, self.rows.dates
        flagged = [policy.below_threshold(score) for policy in (before, *after)]
        nets = draw(stakes, flagged, self.economics, self.loss_rate, draws=draws, seed=seed).net(self.economics)
        low, high = np.quantile(nets[:, 1:] - nets[:, :1], _ENDS, axis=0) / dates
        points = self.points([policy.threshold for policy in (before, *after)])
        amounts = [point.benefit_amounts[1] for point in points if point.benefit_amounts is not None]
        return tuple(
            Worth(amount - amounts[0], least, most)
            for amount, least, most in zip(amounts[1:], low.tolist(), high.tolist(), strict=True)
        )


def thresholds_at(score: Floats, shares: Sequence[float] = SHARES) -> tuple[float, ...]:
    """Return thresholds that flag about these shares of the rows: multiples of `STEP_POINTS`, rising, each once."""
    return tuple(sorted({float(round(cut, 1)) for cut in np.quantile(score, shares)}))


def with_threshold(policy: Policy, threshold: float) -> Policy:
    """Return the policy with another threshold; a band's cut-off that would be on its wrong side moves to it."""
    return replace(
        policy,
        threshold=threshold,
        red_below=min(policy.red_below, threshold),
        yellow_below=max(policy.yellow_below, threshold),
    )
