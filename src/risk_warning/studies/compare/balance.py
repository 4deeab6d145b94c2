"""Balance: the loss that two models' calls prevent minus their cost, and the cost of each model's errors.

The loss on a borrower whom nobody calls stays as it is. Outcomes are the observed ones, so no model is judged by its
own PDs. Worked example: there are ten calls, two of them before a bad event with 1,000 exposed each. The effect is
10 %, the loss given default 45 %, every bad event is a default, and a call costs 5: 0.1 × 0.45 × 2,000 − 50 = 40.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.economics.economics import Economics
from risk_warning.core.economics.loss_rates import LossRate
from risk_warning.core.economics.stakes import Stakes, draw
from risk_warning.stats.delong import CONFIDENCE, Difference
from risk_warning.stats.paired_bootstrap import DRAWS

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Balance:
    """The value and cost of one model's calls; amounts in the book's currency."""

    calls: int
    """Calls about new warnings, and repeated calls about open ones."""
    bad_events_reached: int
    """Bad events with a warning on at least one date before them."""
    avoided_amount: float
    """Loss prevented in the bad events reached."""
    contact_amount: float
    missed_amount: float
    """Error: the loss that calls before the other bad events would have prevented."""
    needless_amount: float
    """Error: the cost of calls to those who stayed good."""
    break_even_effect: float | None
    """Effect at which the calls pay for themselves; None if nothing was at stake in the bad events reached."""

    @property
    def errors_amount(self) -> float:
        """Cost of both kinds of error."""
        return self.missed_amount + self.needless_amount


@dataclass(frozen=True)
class Balances:
    """The balances of both models on the same rows."""

    a: Balance
    b: Balance
    bad_events: int
    """Among all rows."""
    net_per_1000: Difference
    """Loss prevented minus the cost of the calls, per 1,000 rows."""
    net_interval_a: tuple[float, float]
    net_interval_b: tuple[float, float]


def balances(
    stakes: Stakes,
    flagged_a: Flags,
    flagged_b: Flags,
    economics: Economics,
    loss_rate: LossRate,
    *,
    draws: int = DRAWS,
    seed: int = 0,
    advance: Callable[[int], None] | None = None,
) -> Balances:
    """Return the balances of two ways to flag the same rows, each of shape (n,).

    Intervals cover the sampling of borrowers and the uncertainty of the treatment effect and the roll to loss
    (`core.economics.stakes.draw`). The same `seed` gives the same figures.
    """
    drawn = draw(stakes, (flagged_a, flagged_b), economics, loss_rate, draws=draws, seed=seed, advance=advance)
    nets = 1000 * drawn.net(economics) / drawn.rows[:, None]
    a, b = (_balance(stakes, flagged, economics, loss_rate) for flagged in (flagged_a, flagged_b))
    net_a, net_b = (1000 * (one.avoided_amount - one.contact_amount) / len(flagged_a) for one in (a, b))
    ends = (1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2
    low, high = np.quantile(nets[:, 1] - nets[:, 0], ends).tolist()
    (low_a, low_b), (high_a, high_b) = np.quantile(nets, ends, axis=0).tolist()
    return Balances(
        a=a,
        b=b,
        bad_events=len(stakes.events.owner),
        net_per_1000=Difference(net_a, net_b, net_b - net_a, low, high),
        net_interval_a=(low_a, high_a),
        net_interval_b=(low_b, high_b),
    )


def _balance(stakes: Stakes, flagged: Flags, economics: Economics, loss_rate: LossRate) -> Balance:
    reached, loss = stakes.reached(flagged), stakes.events.loss_amount * loss_rate.ratio.mid
    called, within = stakes.called(flagged, economics.call_again_days), float(loss[reached].sum())
    contact, effect = economics.contact_cost_amount * int(called.sum()), economics.treatment_effect.mid
    return Balance(
        calls=int(called.sum()),
        bad_events_reached=int(reached.sum()),
        avoided_amount=effect * within,
        contact_amount=contact,
        missed_amount=effect * float(loss[~reached].sum()),
        needless_amount=economics.contact_cost_amount * int((called & ~stakes.is_bad).sum()),
        break_even_effect=contact / within if within else None,
    )
