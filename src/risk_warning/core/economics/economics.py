"""Economics: what a call costs, what a bad borrower loses, and how much of it a call prevents.

A call to somebody before they turn bad keeps a share of such people from it (the treatment effect). What it saves of
one bad event is, in the words of the field's expected loss (PD × LGD × EAD, Basel III, CRE35), with what happened in
place of the PD:

    exposure × loss given default × P(90+ days past due or written off | bad) × treatment effect

and every call costs the same. Worked example: 1,000 exposed, 45 % of it lost in default, half of the bads get that far,
a call prevents a tenth: 1,000 × 0.45 × 0.5 × 0.1 = 22.50 saved, less 10 for the call.
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
"""Standard errors from the middle of a normal distribution to the ends of its 95 % interval."""


@dataclass(frozen=True)
class Estimate:
    """A share and its 95 % interval; all three are equal where nothing is known of its error."""

    low: float
    mid: float
    high: float

    def at(self, z: float) -> float:
        """The share `z` standard errors above the middle, cut to 0 … 1.

        Above and below the middle the error is its own (a split normal distribution), so the interval keeps its ends
        where they are not alike.

        >>> Estimate(0.05, 0.1, 0.2).at(REACH)
        0.2
        """
        far = self.high - self.mid if z > 0 else self.mid - self.low
        return min(max(self.mid + z * far / REACH, 0.0), 1.0)


@dataclass(frozen=True, kw_only=True)
class Economics:
    """What calls cost and bring; amounts in the book's currency, ratios from 0 to 1.

    Raises
    ------
    ValueError
        A figure outside its range, or a treatment effect outside its interval.
    """

    contact_cost_amount: float
    """Of one call."""
    loss_given_default_ratio: float
    """Share of the exposure lost where a loan defaults (90+ days past due, or written off), after recoveries."""
    loss_given_default_by_product: Mapping[str, float] = field(default_factory=dict)
    """The same of single products; a borrower's product is that of the loan opened last."""
    credit_conversion_ratio: float
    """Share of an undrawn limit still drawn before default."""
    treatment_effects: tuple[float, float, float]
    """(low, mid, high): share of those who would turn bad whom a call keeps from it, and its 95 % interval."""
    call_again_days: int = 14
    """A person whose warning is still open is called again after so many days."""
    roll_to_loss_ratio: float | None = None
    """P(90+ days past due or written off | bad) where the book has too few bads to measure it; None: taken as 1."""
    loss_window_months: int = 12
    """Months after turning bad within which that is looked for."""

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
        """The loss given default of n rows; `product` holds positions in `names`, NaN where not known, shape (n,)."""
        found = np.full(n, self.loss_given_default_ratio)
        if product is not None:
            for position, name in enumerate(names):
                if name in self.loss_given_default_by_product:
                    found[product == position] = self.loss_given_default_by_product[name]
        return found
