"""Steps: what a rising threshold adds, score by score: a bad event within reach, a call, a loss expected.

An event comes within reach just above the lowest score of its rows; a row's call above its own, unless another of the
same borrower stood open and made it already.
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
    """Amounts that count for every threshold above a score; arrays of shape (steps,), in order of scores."""

    score: Floats
    amount: Floats
    owner: NDArray[np.int64]
    """Position of the borrower."""

    @classmethod
    def of(cls, score: Floats, amount: Floats, owner: NDArray[np.int64]) -> Steps:
        """Put them in order; steps of one score stay in the order given."""
        order = np.argsort(score, kind="stable")
        return cls(score[order], amount[order], owner[order])

    def below(self, thresholds: Sequence[float] | Floats) -> Floats:
        """Sum of the amounts with a score below each threshold."""
        found: Floats = np.concatenate(([0.0], np.cumsum(self.amount)))
        return found[np.searchsorted(self.score, thresholds, side="left")]

    def weighted(self, cell: NDArray[np.int64], cells: int, weight: Floats) -> Floats:
        """The sums below each of `cells` rising thresholds with borrowers weighted; `cell` as `cells_of` gave it."""
        return np.cumsum(np.bincount(cell, self.amount * weight[self.owner], minlength=cells + 1)[:cells])

    def cells_of(self, thresholds: Floats) -> NDArray[np.int64]:
        """The first of the rising thresholds that lies above each step's score."""
        return np.searchsorted(thresholds, self.score, side="right").astype(np.int64)


def event_steps(stakes: Stakes, score: Floats) -> tuple[Steps, Steps]:
    """(the loss of each bad event, one for each) at the lowest score of its rows; `score` has shape (n,)."""
    events = stakes.events
    lowest = np.minimum.reduceat(score[events.rows], events.first) if len(events.first) else np.zeros(0)
    return Steps.of(lowest, events.loss_amount, events.owner), Steps.of(lowest, np.ones(len(lowest)), events.owner)


def call_steps(stakes: Stakes, score: Floats, call_again_days: int) -> Steps:
    """The calls that each threshold adds or takes away; `score` has shape (n,), one a row."""
    scores = np.full((len(stakes.days), stakes.owners), np.inf)
    scores[stakes.date_index, stakes.owner] = score
    ranked, owners = np.sort(scores, axis=0), np.arange(stakes.owners)
    before = np.zeros(stakes.owners)
    parts = []
    for highest in ranked:
        made = calls((scores <= highest) & (scores < np.inf), stakes.days, call_again_days).sum(axis=0).astype(float)
        seen = highest < np.inf
        parts.append((highest[seen], (made - before)[seen], owners[seen]))
        before = made
    at, added, owner = (np.concatenate(part) for part in zip(*parts, strict=True))
    return Steps.of(at, added, owner)


def expected_steps(stakes: Stakes, score: Floats, pd: Floats) -> Steps:
    """PD × loss of each borrower, once an outcome window, by their riskiest row in it; `score`, `pd` of shape (n,)."""
    window = stakes.windows()
    order = np.lexsort((score, window))
    begins = np.ones(len(order), np.bool_)
    begins[1:] = window[order][1:] != window[order][:-1]
    riskiest = order[begins]
    return Steps.of(score[riskiest], pd[riskiest] * stakes.loss_amount[riskiest], stakes.owner[riskiest])
