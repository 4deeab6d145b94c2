"""Steps: what a rising threshold adds at each score: bad events within reach, calls and expected losses.

An event comes within reach just above the lowest score of its rows. A row's call is added just above the row's own
score, unless the borrower's warning is already open from another row that has made the call.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.economics.calls import calls
from risk_warning.core.economics.stakes import Stakes

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Steps:
    """Amounts that count for every threshold above a score; arrays have shape (steps,), sorted by score."""

    score: Floats
    amount: Floats
    owner: NDArray[np.int64]
    """Position of the borrower."""

    @classmethod
    def of(cls, score: Floats, amount: Floats, owner: NDArray[np.int64]) -> Steps:
        """Return the steps sorted by score; steps with the same score keep their order."""
        order = np.argsort(score, kind="stable")
        return cls(score[order], amount[order], owner[order])

    def below(self, thresholds: Sequence[float] | Floats) -> Floats:
        """Return the sum of the amounts with a score below each threshold."""
        sums: Floats = np.concatenate(([0.0], np.cumsum(self.amount)))
        return sums[np.searchsorted(self.score, thresholds, side="left")]

    def weighted(self, cell: NDArray[np.int64], cells: int, weight: Floats) -> Floats:
        """Return the sums below each of `cells` rising thresholds, borrowers weighted; `cell` comes from `cells_of`."""
        return np.cumsum(np.bincount(cell, self.amount * weight[self.owner], minlength=cells + 1)[:cells])

    def cells_of(self, thresholds: Floats) -> NDArray[np.int64]:
        """Return the index of the first of the rising thresholds above each step's score."""
        return np.searchsorted(thresholds, self.score, side="right").astype(np.int64)


def event_steps(stakes: Stakes, score: Floats) -> tuple[Steps, Steps]:
    """Return (the loss of each bad event, 1 for each event) at the lowest score of its rows; `score` has shape (n,)."""
    events = stakes.events
    lowest = np.minimum.reduceat(score[events.rows], events.first) if len(events.first) else np.zeros(0)
    return Steps.of(lowest, events.loss_amount, events.owner), Steps.of(lowest, np.ones(len(lowest)), events.owner)


def call_steps(stakes: Stakes, score: Floats, call_again_days: int) -> Steps:
    """Return the calls that a rising threshold adds or removes at each score; `score` has shape (n,), one per row."""
    scores = np.full((len(stakes.days), stakes.owners), np.inf)
    scores[stakes.date_index, stakes.owner] = score
    ranked, owners = np.sort(scores, axis=0), np.arange(stakes.owners)
    before = np.zeros(stakes.owners)
    parts = []
    for highest in ranked:
        total = calls((scores <= highest) & (scores < np.inf), stakes.days, call_again_days).sum(axis=0).astype(float)
        seen = highest < np.inf
        parts.append((highest[seen], (total - before)[seen], owners[seen]))
        before = total
    at, added, owner = (np.concatenate(part) for part in zip(*parts, strict=True))
    return Steps.of(at, added, owner)


def expected_steps(stakes: Stakes, score: Floats, pd: Floats) -> Steps:
    """Return PD × loss of each borrower's riskiest row in each outcome window; `score` and `pd` have shape (n,)."""
    window = stakes.windows()
    order = np.lexsort((score, window))
    begins = np.ones(len(order), np.bool_)
    begins[1:] = window[order][1:] != window[order][:-1]
    riskiest = order[begins]
    return Steps.of(score[riskiest], pd[riskiest] * stakes.loss_amount[riskiest], stakes.owner[riskiest])
