"""The hidden monthly state of the borrowers (calm, strained or distressed) and its effect on payments.

The state is a Markov chain with a step of one month. A borrower's rate into strain is a base rate times their frailty,
times the downturn factor in a downturn, times the drift. Strain has a cause, and the cause determines the effect of a
contact.

A payment that falls due in a month is missed (unpaid at the month's end) with odds
`MISSES[state] · exp(account's log odds) · season`. A payment missed last month reaches 30 days past due this month
with odds `REACHES[state] · exp(REACHES_SHARE · account's log odds)`; otherwise it is paid before that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from risk_warning.datasets.simulation.accounts import SimulatedAccounts
from risk_warning.datasets.simulation.months import HORIZON_MONTHS, Months
from risk_warning.datasets.simulation.traits import Traits

CALM, STRAINED, DISTRESSED = 0, 1, 2
STATES = (CALM, STRAINED, DISTRESSED)
CAUSES = ("none", "income_shock", "illness", "over_borrowing", "forgetfulness")
CONTACT_EFFECT = np.array([0.30, 0.35, 0.20, 0.05, 0.70])
"""Share of the PD that a contact removes, by cause: a reminder helps borrowers who forget, but hardly those who borrow
to repay. Chosen."""

INTO_STRAIN = 0.016
"""Monthly rate from calm to strained of a borrower of medium frailty: set so that about 4 % turn bad within three
months."""
AT_ONCE_SHARE = 0.12
"""Share of borrowers leaving calm who go straight to distressed (a lost job, an accident); chosen."""
MOST_INTO_STRAIN = 0.40
"""Upper bound of the rate into strain."""
RECOVERS, WORSENS = 0.20, 0.12
"""Monthly probabilities from strained to calm and to distressed: strain lasts about three months; chosen."""
RELEASED, EASES = 0.05, 0.10
"""Monthly probabilities from distressed to calm and to strained: distress lasts about seven months; chosen."""
DOWNTURN = 3.0
"""Factor on the rate into strain in a downturn. Chosen: after a year, the bad rate is 1.5 times as high."""

MISSES = np.array([0.022, 0.070, 0.170])
"""Odds of missing a payment by state, before the account's own part and the season. Set together with `REACHES` for an
AUC of the true PD of 0.85, and about 0.80 among borrowers not past due. Calm borrowers miss payments too, and cause
many of the bad cases."""
MISSES_AGAIN = 1.6
"""Factor on these odds if last month's payment was missed too: borrowers who pay late tend to do it again."""
REACHES = np.array([0.135, 0.300, 0.660])
"""Odds that a missed payment reaches 30 days past due, by state in the month in which it would. Set so that about a
fifth of the accounts 1–29 days past due roll to 30–59."""
REACHES_SHARE = 0.35
"""Weight of the account's own log odds in these odds; chosen."""
REACHES_FORGETFUL = 0.30
"""Factor on these odds for forgetful borrowers: a reminder is enough for most."""
DEFERS = np.array([0.0, 0.006, 0.012])
"""Monthly probability that an instalment of a loan in order is deferred, by state: a few strained borrowers ask."""
DEFERRED_REACHES = 0.85
"""Probability that a deferred instalment reaches 30 days past its first due date: most wait for the new date."""
PAYS_OFF = np.array([0.013, 0.006, 0.002])
"""Monthly probability that a loan in order is paid off early, by state; chosen: 0.013 a month is about 15 % a year."""
CARD_CLOSES = np.array([0.008, 0.006, 0.004])
"""Monthly probability that a card in order is closed, by state; chosen."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Climate:
    """The monthly factors that are the same for all borrowers; shape (months + HORIZON_MONTHS,)."""

    season: Floats
    """Factor on the odds of missing a payment."""
    pressure: Floats
    """Factor on the rate into strain: downturn times drift."""

    @classmethod
    def of(cls, months: Months, downturn_month: int | None, drift: float) -> Climate:
        """Return the climate of the book's months and of the months by which an outcome window extends beyond them.

        `drift` is the yearly relative change of the rate into strain: 0.2 makes it 44 % higher after two years.
        """
        month = np.arange(months.count + HORIZON_MONTHS)
        pressure = (1.0 + drift) ** (month / 12)
        if downturn_month is not None:
            pressure = np.where(month >= downturn_month, pressure * DOWNTURN, pressure)
        return cls(months.seasons(), pressure)


@dataclass(frozen=True)
class Hazards:
    """Monthly odds and probabilities of the accounts, without the season; each has shape (states, accounts)."""

    misses_odds: Floats
    reaches: Floats
    defers: Floats
    leaves: Floats
    """Probability that the loan is paid off early or the card is closed."""

    @classmethod
    def of(cls, accounts: SimulatedAccounts, traits: Traits) -> Hazards:
        """Return the hazards of the accounts."""
        own = accounts.log_odds
        odds = REACHES[:, None] * np.exp(REACHES_SHARE * own)
        odds = odds * np.where(traits.is_forgetful[accounts.borrower], REACHES_FORGETFUL, 1.0)
        is_card = accounts.is_card
        return cls(
            misses_odds=MISSES[:, None] * np.exp(own),
            reaches=odds / (1 + odds),
            defers=np.where(is_card, 0.0, DEFERS[:, None]),
            leaves=np.where(is_card, CARD_CLOSES[:, None], PAYS_OFF[:, None]),
        )


def transition(traits: Traits, pressure: float) -> Floats:
    """Return each borrower's probabilities from each state to each state; shape (states, states, n)."""
    leaves = np.minimum(INTO_STRAIN * pressure * np.exp(traits.log_frailty), MOST_INTO_STRAIN)
    table = np.empty((len(STATES), len(STATES), len(leaves)))
    table[CALM] = [1 - leaves, (1 - AT_ONCE_SHARE) * leaves, AT_ONCE_SHARE * leaves]
    table[STRAINED] = np.array([RECOVERS, 1 - RECOVERS - WORSENS, WORSENS])[:, None]
    table[DISTRESSED] = np.array([RELEASED, EASES, 1 - RELEASED - EASES])[:, None]
    return table


def step(
    state: NDArray[np.int8], cause: NDArray[np.int8], table: Floats, random: np.random.Generator
) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    """Draw next month's state and cause of n borrowers; a cause lasts from leaving calm to returning to it."""
    n = len(state)
    everyone = np.arange(n)
    draw = random.random(n)
    to_calm = table[state, CALM, everyone]
    to_strained = to_calm + table[state, STRAINED, everyone]
    new = np.where(draw < to_calm, CALM, np.where(draw < to_strained, STRAINED, DISTRESSED)).astype(np.int8)
    fresh = random.integers(1, 4, n)
    new_cause = np.where(new == CALM, 0, np.where(state == CALM, fresh, cause)).astype(np.int8)
    return new, new_cause
