"""The hidden process of the simulated lender: stress, what it makes of payments, and the true PD.

Each month a borrower is calm, strained or distressed; the chain's speed depends on how fragile they are (five classes)
and, from the month of a downturn on, on the times. Strain has a cause: income shock, illness, over-borrowing; and some
borrowers are forgetful whether strained or not.

What falls due in a month is paid within it, or with probability `a(state)` still unpaid at its end. What is
unpaid then is paid before it is 30 days late, or with probability `b(state of the next month)` reaches 30 days past
due in that next month (always the next one, as due days lie between the 3rd and the 18th). From then on nothing is
paid until the arrears are cleared, with probability `r(state)` a month, or written off after six months.

The true PD at a month's start is the probability of reaching 30 days past due within three months, given the state of
the month before, whether something is unpaid, and all rates; it is exact, by recursion from the horizon back:

    V_k(s, u) = Σ_s' T(s, s') · [ u·b(s') + (1 − u·b(s')) · (a(s')·V_{k−1}(s', 1) + (1 − a(s'))·V_{k−1}(s', 0)) ]
    V_0 = 0
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CALM, STRAINED, DISTRESSED = 0, 1, 2
CAUSES = ("none", "income_shock", "illness", "over_borrowing", "forgetfulness")
HORIZON_MONTHS = 3
WRITE_OFF_MONTHS = 6
BURN_IN_MONTHS = 24

_FRAGILITY = np.array([0.25, 0.5, 1.0, 1.8, 3.2])
_INTO_STRAIN = 0.016
_DOWNTURN = 2.5
_WORSENS, _RECOVERS = 0.20, 0.22
_EASES, _RELEASED = 0.10, 0.06
_UNPAID = np.array([0.012, 0.10, 0.55])
_UNPAID_FORGETFUL = 0.08
_REACHES_30 = np.array([0.03, 0.16, 0.55])
_CLEARS = np.array([0.45, 0.25, 0.10])
_CONTACT_EFFECT = np.array([0.30, 0.35, 0.20, 0.05, 0.70])
"""Share of the PD a contact takes away, by cause: a reminder helps who forgets, hardly who borrows to repay."""

Floats = NDArray[np.float64]
States = NDArray[np.int8]


@dataclass(frozen=True)
class Traits:
    """What is fixed about n borrowers."""

    fragility: NDArray[np.int8]
    is_forgetful: NDArray[np.bool_]
    is_persuadable: NDArray[np.bool_]

    @classmethod
    def draw(cls, n: int, random: np.random.Generator) -> Traits:
        """Traits of n borrowers."""
        return cls(
            random.integers(0, len(_FRAGILITY), n).astype(np.int8), random.random(n) < 0.12, random.random(n) < 0.6
        )


@dataclass(frozen=True)
class Course:
    """What happened; matrices of shape (months, n), months counted from the book's first."""

    state: States
    cause: NDArray[np.int8]
    is_unpaid: NDArray[np.bool_]
    """What fell due in the month (or before) stands unpaid at its end."""
    in_default: NDArray[np.bool_]
    """30 days past due was reached in this month or before, and the arrears are not cleared."""
    is_resolved: NDArray[np.bool_]
    """What stood unpaid before the month is paid in it."""
    paid_month: NDArray[np.int16]
    """Month in which what fell due in the month is paid; -1: not within the book."""
    written_off_month: NDArray[np.int16]
    """Shape (n,): month of the write-off, -1 where there is none."""
    pd: Floats
    """True PD at the month's start, NaN while in default or written off."""
    contact_effect: Floats
    """Share of that PD a contact takes away."""


def _transition(fragility: NDArray[np.int8], times: float) -> Floats:
    """Shape (3, 3, n): probability from state to state."""
    n = len(fragility)
    enters = np.minimum(_INTO_STRAIN * _FRAGILITY[fragility] * times, 0.5)
    worsens = np.full(n, min(_WORSENS * (1.0 + 0.2 * (times - 1)), 0.5))
    table = np.zeros((3, 3, n))
    table[CALM] = [1 - enters, enters, np.zeros(n)]
    table[STRAINED] = [np.full(n, _RECOVERS), 1 - _RECOVERS - worsens, worsens]
    table[DISTRESSED] = [[_RELEASED] * n, [_EASES] * n, [1 - _RELEASED - _EASES] * n]
    return table


def _unpaid_rate(state: States, traits: Traits) -> Floats:
    rate = _UNPAID[state]
    return np.where(traits.is_forgetful, np.maximum(rate, _UNPAID_FORGETFUL), rate)


def live(traits: Traits, owes: NDArray[np.bool_], downturn_month: int | None, random: np.random.Generator) -> Course:
    """The course of n borrowers; `owes` says in which month something falls due, shape (months, n)."""
    months, n = owes.shape
    state, cause = np.zeros(n, np.int8), np.zeros(n, np.int8)
    unpaid, default = np.zeros(n, np.bool_), np.zeros(n, np.bool_)
    age, written_off = np.zeros(n, np.int16), np.full(n, -1, np.int16)
    shape = (months, n)
    states, causes = np.zeros(shape, np.int8), np.zeros(shape, np.int8)
    unpaids, defaults, resolved = (np.zeros(shape, np.bool_) for _ in range(3))
    pd = np.full(shape, np.nan)
    for month in range(-BURN_IN_MONTHS, months):
        if month >= 0:
            awake = ~default & (written_off < 0)
            pd[month] = np.where(awake, _true_pd(traits, state, unpaid, owes, month, downturn_month), np.nan)
        table = _transition(traits.fragility, _times(month, downturn_month))
        roll = random.random(n)
        everyone = np.arange(n)
        to_calm, to_strain = table[state, CALM, everyone], table[state, STRAINED, everyone]
        new = np.where(roll < to_calm, CALM, np.where(roll < to_calm + to_strain, STRAINED, DISTRESSED)).astype(np.int8)
        enters = (state == CALM) & (new != CALM)
        cause = np.where(enters, random.integers(1, 4, n), np.where(new == CALM, 0, cause)).astype(np.int8)
        state = new
        if month < 0:
            continue
        falls = unpaid & ~default & (random.random(n) < _REACHES_30[state])
        clears = default & (random.random(n) < _CLEARS[state])
        resolved[month] = (unpaid & ~default & ~falls) | clears
        default = (default & ~clears) | falls
        age = np.where(default, age + 1, 0).astype(np.int16)
        gone = default & (age > WRITE_OFF_MONTHS) & (written_off < 0)
        written_off[gone] = month
        fresh = owes[month] & (random.random(n) < _unpaid_rate(state, traits))
        unpaid = (default | fresh) & (written_off < 0)
        states[month], unpaids[month], defaults[month] = state, unpaid, default
        causes[month] = np.where((cause == 0) & traits.is_forgetful, 4, cause)
    before = np.concatenate((np.zeros((1, n), np.int8), causes[:-1]))
    effect = np.where(traits.is_persuadable, _CONTACT_EFFECT[before], 0.0)
    return Course(states, causes, unpaids, defaults, resolved, _paid_month(unpaids, resolved), written_off, pd, effect)


def _times(month: int, downturn_month: int | None) -> float:
    return _DOWNTURN if downturn_month is not None and month >= downturn_month else 1.0


def _paid_month(unpaid: NDArray[np.bool_], resolved: NDArray[np.bool_]) -> NDArray[np.int16]:
    months, n = unpaid.shape
    found = np.empty((months, n), np.int16)
    following = np.full(n, -1, np.int16)
    for month in range(months - 1, -1, -1):
        found[month] = np.where(unpaid[month], following, month)
        following = np.where(resolved[month], month, following).astype(np.int16)
    return found


def _true_pd(
    traits: Traits,
    state: States,
    unpaid: NDArray[np.bool_],
    owes: NDArray[np.bool_],
    month: int,
    downturn_month: int | None,
) -> Floats:
    months, n = owes.shape
    value = np.zeros((3, 2, n))
    for step in range(HORIZON_MONTHS - 1, -1, -1):
        now = month + step
        table = _transition(traits.fragility, _times(now, downturn_month))
        due = owes[min(now, months - 1)]
        within = np.empty((3, 2, n))
        for s in (CALM, STRAINED, DISTRESSED):
            a = np.where(due, _unpaid_rate(np.full(n, s, np.int8), traits), 0.0)
            later = a * value[s, 1] + (1 - a) * value[s, 0]
            within[s, 0] = later
            within[s, 1] = _REACHES_30[s] + (1 - _REACHES_30[s]) * later
        value = np.einsum("stn,tun->sun", table, within)
    found: Floats = value[state, unpaid.astype(np.int8), np.arange(n)]
    return found
