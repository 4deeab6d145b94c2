"""Economics: the loss that calls avoid less what they cost, and the cost of a model's errors.

A call to somebody who would go bad keeps a share of such people from it (the effect of treatment), and with it their
exposure × loss given default; every call costs the same. Whom nobody calls loses as before. Outcomes are those that
were observed, so that no model is judged by its own PDs. Worked example: ten called, two of them bad with 1,000 exposed
each, effect 10 %, loss given default 45 %, 5 a call: 0.1 × 0.45 × 2,000 − 50 = 40.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.delong import CONFIDENCE, Difference
from risk_warning.core.paired_bootstrap import DRAWS

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Costs:
    """What calls cost and bring. The defaults are round assumptions, to be replaced by what a lender measured."""

    contact_amount: float = 5.0
    """Of one call, in the book's currency."""
    loss_given_default: float = 0.45
    """Share of the exposure lost where somebody goes bad."""
    effect: float = 0.1
    """Share of those who would go bad whom a call keeps from it."""
    effect_low: float = 0.0
    effect_high: float = 0.2
    """Ends of the effect's 95 % interval."""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.contact_amount) and self.contact_amount >= 0):
            raise ValueError("the cost of a call must not be negative")
        if not 0 <= self.loss_given_default <= 1:
            raise ValueError("the loss given default must lie between 0 and 1")
        if not 0 <= self.effect_low <= self.effect <= self.effect_high <= 1:
            raise ValueError("the effect must lie between the ends of its interval, and those between 0 and 1")

    @property
    def effect_error(self) -> float:
        """Standard error that belongs to the interval."""
        return (self.effect_high - self.effect_low) / (2 * NormalDist().inv_cdf(0.5 + CONFIDENCE / 2))


@dataclass(frozen=True)
class Balance:
    """What one model's calls come to, amounts in the book's currency."""

    calls: int
    bads_called: int
    avoided_amount: float
    """Loss avoided by calls to those who went bad."""
    contact_amount: float
    missed_amount: float
    """Error: loss that calls to those who went bad and were not called would have avoided."""
    needless_amount: float
    """Error: cost of calls to those who stayed good."""
    break_even_effect: float | None
    """Effect at which the calls pay for themselves; None where no called bad had anything to lose."""

    @property
    def errors_amount(self) -> float:
        """Cost of both kinds of error."""
        return self.missed_amount + self.needless_amount


@dataclass(frozen=True)
class Economics:
    """The balance of both models on the same rows."""

    a: Balance
    b: Balance
    net_per_1000: Difference
    """Loss avoided less cost of calls, per 1,000 rows; the interval holds who came along and the effect's own."""
    net_interval_a: tuple[float, float]
    net_interval_b: tuple[float, float]


def economics(
    bad: Flags,
    exposure_amount: Floats,
    called_a: Flags,
    called_b: Flags,
    borrower: NDArray[np.integer],
    costs: Costs,
    *,
    draws: int = DRAWS,
    seed: int = 0,
    advance: Callable[[int], None] | None = None,
) -> Economics:
    """The economics of two ways to call the same rows; all arrays have shape (n,), exposure 0 where not known.

    Intervals: borrowers are drawn anew with all their rows, and with each draw an effect from the normal distribution
    of its interval, cut to 0 … 1; who is called stays. The same `seed` gives the same figures.
    """
    loss = np.where(bad, exposure_amount, 0.0) * costs.loss_given_default
    _, cluster = np.unique(borrower, return_inverse=True)
    n = int(cluster.max()) + 1
    sums = np.stack(
        [
            np.bincount(cluster, values, minlength=n)
            for values in (np.ones(len(bad)), loss * called_a, called_a, loss * called_b, called_b)
        ]
    )
    random = np.random.default_rng(seed)
    nets = np.empty((draws, 2))
    for draw in range(draws):
        weight = np.bincount(random.integers(0, n, n), minlength=n).astype(np.float64)
        effect = min(max(random.normal(costs.effect, costs.effect_error), 0.0), 1.0)
        nets[draw] = _net(sums @ weight, effect, costs)
        if advance:
            advance(1)
    here = _net(sums.sum(axis=1), costs.effect, costs)
    ends = (1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2
    low, high = np.quantile(nets[:, 1] - nets[:, 0], ends).tolist()
    interval_a, interval_b = (tuple(np.quantile(nets[:, k], ends).tolist()) for k in (0, 1))
    return Economics(
        a=_balance(bad, loss, called_a, costs),
        b=_balance(bad, loss, called_b, costs),
        net_per_1000=Difference(here[0], here[1], here[1] - here[0], low, high),
        net_interval_a=(interval_a[0], interval_a[1]),
        net_interval_b=(interval_b[0], interval_b[1]),
    )


def _net(sums: Floats, effect: float, costs: Costs) -> tuple[float, float]:
    """(A's, B's) net amount per 1,000 rows, of the sums of rows, and of each model's loss called and calls."""
    rows, loss_a, calls_a, loss_b, calls_b = sums.tolist()
    net_a, net_b = effect * loss_a - costs.contact_amount * calls_a, effect * loss_b - costs.contact_amount * calls_b
    return 1000 * net_a / rows, 1000 * net_b / rows


def _balance(bad: Flags, loss: Floats, called: Flags, costs: Costs) -> Balance:
    within, calls = float(loss[called].sum()), int(called.sum())
    return Balance(
        calls=calls,
        bads_called=int(bad[called].sum()),
        avoided_amount=costs.effect * within,
        contact_amount=costs.contact_amount * calls,
        missed_amount=costs.effect * float(loss[~called].sum()),
        needless_amount=costs.contact_amount * int((called & ~bad).sum()),
        break_even_effect=costs.contact_amount * calls / within if within else None,
    )
