"""Economics: the cost of a call, the loss on a bad borrower, and the part of it that a call prevents.

A call before a borrower turns bad prevents it for a share of such borrowers (the treatment effect). The saving on one
bad event follows the formula of expected loss (PD × LGD × EAD, Basel III, CRE35), with the actual outcome in place of
the PD:

    exposure × loss given default × P(90+ days past due or written off | bad) × treatment effect

Every call costs the same. Worked example: the exposure is 1,000, of which 45 % is lost in default; half of the bads
default, and a call prevents a tenth. The call saves 1,000 × 0.45 × 0.5 × 0.1 = 22.50, less 10 for the call itself.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from risk_warning.stats.delong import CONFIDENCE

Floats = NDArray[np.float64]
REACH = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2)
"""Number of standard errors from the mean of a normal distribution to the ends of its 95 % interval."""


@dataclass(frozen=True)
class Estimate:
    """A share and its 95 % interval; all three are equal if its error is unknown."""

    low: float
    mid: float
    high: float

    def at(self, z: float) -> float:
        """Return the share `z` standard errors above the middle, clipped to 0 … 1.

        The standard errors above and below the middle may differ (a split normal distribution), so an asymmetric
        interval keeps its ends.

        >>> Estimate(0.05, 0.1, 0.2).at(REACH)
        0.2
        """
        far = self.high - self.mid if z > 0 else self.mid - self.low
        return min(max(self.mid + z * far / REACH, 0.0), 1.0)


@dataclass(frozen=True, kw_only=True)
class Economics:
    """Costs and benefits of calls; amounts in the book's currency, ratios from 0 to 1.

    Raises
    ------
    ValueError
        If a figure is outside its range, or the treatment effect outside its interval.
    """

    contact_cost_amount: float
    """Cost of one call."""
    loss_given_default_ratio: float
    """Share of the exposure lost if a loan defaults (90+ days past due, or written off), after recoveries."""
    loss_given_default_by_product: Mapping[str, float] = field(default_factory=dict)
    """The same ratio for single products; a borrower's product is that of the loan opened last."""
    credit_conversion_ratio: float
    """Share of an undrawn limit that is drawn before default."""
    treatment_effects: tuple[float, float, float]
    """(low, mid, high): of those who would turn bad, the share for whom a call prevents it, and its 95 % interval."""
    call_again_days: int = 14
    """A borrower whose warning is still open is called again after this many days."""
    roll_to_loss_ratio: float | None = None
    """P(90+ days past due or written off | bad) if the book has too few bads to measure it; None means 1."""
    loss_window_months: int = 12
    """Months after turning bad in which such a default counts."""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.contact_cost_amount) and self.contact_cost_amount >= 0):
            raise ValueError("the cost of a call must not be negative")
        for product, ratio in {"": self.loss_given_default_ratio, **self.loss_given_default_by_product}.items():
            if not 0 <= ratio <= 1:
                raise ValueError(f"the loss given default{product and f' of {product}'} must lie between 0 and 1")
        if not 0 <= self.credit_conversion_ratio <= 1:
            raise ValueError("the credit conversion of undrawn limits must lie between 0 and 1")
        low, mid, high = self.treatment_effects
        if not 0 <= low <= mid <= high <= 1:
            raise ValueError("the treatment effect must lie between the ends of its interval, all from 0 to 1")
        if self.call_again_days < 1 or self.loss_window_months < 1:
            raise ValueError("the days until a person is called again and the months of the loss window begin at 1")
        if self.roll_to_loss_ratio is not None and not 0 <= self.roll_to_loss_ratio <= 1:
            raise ValueError("the roll to loss must lie between 0 and 1")

    @property
    def treatment_effect(self) -> Estimate:
        """The effect with its interval."""
        return Estimate(*self.treatment_effects)

    def loss_given_default(self, product: NDArray[np.floating] | None, names: Sequence[str], n: int) -> Floats:
        """Return the loss given default of n rows.

        `product` has shape (n,) and holds positions in `names`, NaN where not known.
        """
        ratios = np.full(n, self.loss_given_default_ratio)
        if product is not None:
            for position, name in enumerate(names):
                if name in self.loss_given_default_by_product:
                    ratios[product == position] = self.loss_given_default_by_product[name]
        return ratios
