"""Horizons: PDs within several windows from one log-odds; a longer window never has a lower PD.

The PD at the action horizon is the model's own. The PD of a shorter window is the PD of the next longer one times a
conditional probability. The PD of a longer window adds to that of the next shorter one the probability that a borrower
who stayed good turns bad later:

    PD(2) = PD(3) · P(bad within 2 | bad within 3)
    PD(6) = PD(3) + (1 − PD(3)) · P(bad within 6 | good for 3)

This is survival analysis in discrete time (Singer & Willett 1993, J. Educ. Stat. 18, 155–195). Each conditional
probability is a sigmoid of the same log-odds, so the PDs of a borrower never cross.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.scorecard import probability

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Link:
    """A conditional probability: the sigmoid of `slope` × log-odds of bad + `intercept`."""

    slope: float
    intercept: float

    def of(self, log_odds_bad: Floats) -> Floats:
        """Return the probability, of the same shape."""
        return probability(self.slope * log_odds_bad + self.intercept)


@dataclass(frozen=True)
class Horizons:
    """The windows of a model in rising order, and how each depends on its neighbour towards the action horizon."""

    months: tuple[int, ...]
    action_months: int
    """The window of the model's own PD, one of `months`."""
    links: tuple[Link | None, ...]
    """One per window; None at the action horizon."""

    @classmethod
    def only(cls, action_months: int) -> Horizons:
        """Return horizons with the action horizon only."""
        return cls((action_months,), action_months, (None,))

    def pd(self, log_odds_bad: Floats, pd: Floats) -> Floats:
        """Return PDs of shape (n, windows) from log-odds and PDs at the action horizon; NaN stays NaN."""
        pds = np.empty((len(pd), len(self.months)))
        action = self.months.index(self.action_months)
        pds[:, action] = pd
        for k in range(action - 1, -1, -1):
            pds[:, k] = np.round(pds[:, k + 1] * self._link(k).of(log_odds_bad), 12)
        for k in range(action + 1, len(self.months)):
            before = pds[:, k - 1]
            pds[:, k] = np.round(before + (1 - before) * self._link(k).of(log_odds_bad), 12)
        return pds

    def _link(self, k: int) -> Link:
        link = self.links[k]
        assert link is not None
        return link


def expected_months_to_overdue(months: Sequence[int], pd: Floats) -> Floats:
    """Return the mean number of the next `months[-1]` months that pass before a borrower turns bad.

    PDs have shape (n, windows), the result has shape (n,). It is the restricted mean survival time (Royston & Parmar
    2013, BMC Med. Res. Methodol. 13, 152): the area under the share still good, which is linear between the windows.
    A borrower who is certain to stay good has `months[-1]`; NaN stays NaN.

    >>> expected_months_to_overdue((2, 4), np.array([[0.0, 0.0], [0.5, 1.0]])).tolist()
    [4.0, 2.0]
    """
    ends = np.array([0, *months], np.float64)
    good = np.concatenate((np.ones((len(pd), 1)), 1 - pd), axis=1)
    area = np.zeros(len(pd))
    for k in range(len(months)):
        area = area + (ends[k + 1] - ends[k]) * (good[:, k] + good[:, k + 1]) / 2
    return area
