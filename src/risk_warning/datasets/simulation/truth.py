"""The true PD: exact, given the full hidden state at the start of a month.

Bad means that an account open at the month's start reaches 30 days past due within three months. No account can be
written off in that time without having been 30 days past due, and accounts opened later do not count. Payments fall due
between the 4th and the 18th, so an account can reach 30 days past due once in each month: through the payment that fell
due the month before.

Given the path s0, s1, s2 of the borrower's states, the accounts are independent. Let a(s) be the probability that a
payment is missed, a'(s) the same after a missed one, h(s) that it is deferred, q(s) that the account is paid off first,
b(s) that a missed payment reaches 30 days and d that a deferred one does. Let V_k(u) be the probability of not reaching
30 days from month k on, where u is what is open at its start: 0 nothing, 1 a missed payment, 2 a deferred one.

    V_2(0) = 1                V_2(1) = 1 − b(s2)                V_2(2) = 1 − d
    M_k    = (1 − h)(1 − a) · V_k+1(0) + (1 − h) a · V_k+1(1) + h · V_k+1(2)
    V_k(0) = q + (1 − q) · M_k
    V_k(1) = (1 − b(sk)) · ((1 − a') · V_k+1(0) + a' · V_k+1(1))
    V_k(2) = (1 − d) · M_k

PD = 1 − Σ over the 27 paths of P(path) · Π over the accounts of V_0(u).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from risk_warning.datasets.simulation.stress import DEFERRED_REACHES, MISSES_AGAIN, STATES, Floats, Hazards

IN_ORDER, MISSED, DEFERRED, PAST_30 = 0, 1, 2, 3
"""Status of an account at a month's start; `PAST_30` means 30 days past due or more."""


@dataclass(frozen=True)
class TrueStanding:
    """The accounts that count at a month's start: open ones of borrowers less than 30 days past due.

    They are in order of borrowers, each of whom has at least one.
    """

    account: NDArray[np.int64]
    """Positions in the hazards."""
    status: NDArray[np.int8]
    payments_left: NDArray[np.int64]
    """Number of payments that fall due from the month on."""
    first: NDArray[np.int64]
    """Position in these arrays of each borrower's first account; shape (borrowers,)."""


@dataclass(frozen=True)
class _Rates:
    """The probabilities of one month, by state; each has shape (states, accounts)."""

    misses: Floats
    misses_again: Floats
    defers: Floats
    leaves: Floats


def true_pd(standing: TrueStanding, hazards: Hazards, seasons: Floats, paths: list[Floats]) -> Floats:
    """Return the true PD of each borrower in the standing; shape (borrowers,).

    Parameters
    ----------
    standing : Standing
        The accounts at the month's start.
    hazards : Hazards
        Hazards of all accounts.
    seasons : shape (3,)
        Factors on the odds of missing a payment in the three months.
    paths : three arrays
        Probability of each state in the first month, shape (states, borrowers); then the transition probabilities into
        the second and the third month, shape (states, states, borrowers).
    """
    chosen = standing.account
    first, second = (_rates(standing, hazards, seasons[k], k) for k in range(2))
    reaches = hazards.reaches[:, chosen]
    kept = 1 - DEFERRED_REACHES
    is_missed, is_deferred = standing.status == MISSED, standing.status == DEFERRED
    good = np.zeros(len(standing.first))
    later = [_second_month(second, reaches, s) for s in STATES]
    for s0 in STATES:
        a, h, q = first.misses[s0], first.defers[s0], first.leaves[s0]
        a = np.where(is_missed, first.misses_again[s0], a)
        h = np.where(is_missed, 0.0, h)
        stays = np.where(is_missed, 1 - reaches[s0], np.where(is_deferred, kept, 1 - q))
        left = np.where(is_missed | is_deferred, 0.0, q)
        to_order, to_missed, to_deferred = stays * (1 - h) * (1 - a), stays * (1 - h) * a, stays * h
        for s1 in STATES:
            in_order, missed, deferred = later[s1]
            # One row per state of the third month.
            survives = left + to_order * in_order + to_missed * missed + to_deferred * deferred
            all_survive = np.multiply.reduceat(survives, standing.first, axis=1)
            good += paths[0][s0] * paths[1][s0, s1] * (paths[2][s1] * all_survive).sum(axis=0)
    return 1.0 - good


def _rates(standing: TrueStanding, hazards: Hazards, season: float, month: int) -> _Rates:
    chosen = standing.account
    falls_due = standing.payments_left > month
    odds = hazards.misses_odds[:, chosen] * season
    again = odds * MISSES_AGAIN
    return _Rates(
        misses=odds / (1 + odds) * falls_due,
        misses_again=again / (1 + again) * falls_due,
        defers=hazards.defers[:, chosen] * falls_due,
        # The last payment is not an early payoff.
        leaves=hazards.leaves[:, chosen] * (standing.payments_left > month + 1),
    )


def _second_month(rates: _Rates, reaches: Floats, s1: int) -> tuple[Floats, Floats, Floats]:
    """Return V_1(u) for u = 0, 1 and 2, by the third month's state; each has shape (states, accounts)."""
    a, h, q = rates.misses[s1], rates.defers[s1], rates.leaves[s1]
    bad = (1 - h) * a * reaches + h * DEFERRED_REACHES
    in_order = 1 - (1 - q) * bad
    missed = (1 - reaches[s1]) * (1 - rates.misses_again[s1] * reaches)
    deferred = (1 - DEFERRED_REACHES) * (1 - bad)
    return in_order, missed, deferred
