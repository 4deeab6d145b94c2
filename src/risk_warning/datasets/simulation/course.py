"""The course of a block of borrowers through the book's months, with the truth at each month's start."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from risk_warning.datasets.simulation.accounts import SimulatedAccounts
from risk_warning.datasets.simulation.ledger import Deferrals, Ledger
from risk_warning.datasets.simulation.months import HORIZON_MONTHS, Months
from risk_warning.datasets.simulation.stress import CONTACT_EFFECT, Climate, Floats, Hazards, step, transition
from risk_warning.datasets.simulation.traits import Traits
from risk_warning.datasets.simulation.truth import TrueStanding, true_pd

BURN_IN_MONTHS = 24
"""Months for which the hidden states run before the book begins. Arrears start with the book."""
WRITE_OFF_MEMORY_MONTHS = 12
"""Months after a write-off in which the product does not score the borrower and the truth has no row."""
REFUSED_AFTER_WRITE_OFF_MONTHS = 24
"""Months after a write-off in which the lender opens no account; it also opens none for borrowers 30 days past due."""
_FORGETFULNESS = 4


@dataclass(frozen=True)
class TruthRows:
    """The truth, one entry per borrower and month at whose start the borrower could be scored."""

    borrower: NDArray[np.int64]
    month: NDArray[np.int64]
    pd: Floats
    cause: NDArray[np.int8]
    contact_effect: Floats
    bad: NDArray[np.int8]
    """1 bad, 0 good, -1 if the outcome window extends beyond the book."""


@dataclass(frozen=True)
class Course:
    """The history of n borrowers and their accounts; months count from the book's first."""

    accounts: SimulatedAccounts
    """The accounts as opened; refused accounts open in a month after the book's last."""
    state: NDArray[np.int8]
    """Shape (months, n)."""
    cause: NDArray[np.int8]
    """Shape (months, n)."""
    is_customer: NDArray[np.bool_]
    """Shape (months, n): whether an account is open in the month."""
    paid_month: NDArray[np.int16]
    """Shape (months, accounts): month in which the payment due in the month was made; -1 if not within the book."""
    oldest_unpaid: NDArray[np.int16]
    """Shape (months, accounts): month of the oldest missed payment at the month's end, -1 if there is none."""
    ended_month: NDArray[np.int64]
    """Shape (accounts,): month of the closing or write-off, -1 if there is none within the book."""
    is_written_off: NDArray[np.bool_]
    is_paid_off: NDArray[np.bool_]
    """Whether a loan is paid off early, or a card is closed."""
    leave_day: NDArray[np.int64]
    """Day of the month (0 is the first) on which it is paid off or closed."""
    deferrals: Deferrals
    truth: TruthRows


def live(
    traits: Traits, accounts: SimulatedAccounts, months: Months, climate: Climate, random: np.random.Generator
) -> Course:
    """Draw the course of the borrowers with these traits and accounts."""
    n = len(traits.log_frailty)
    hazards = Hazards.of(accounts, traits)
    ledger = Ledger(accounts, hazards, months.count)
    state, cause = np.zeros(n, np.int8), np.zeros(n, np.int8)
    before = transition(traits, 1.0)
    for _ in range(BURN_IN_MONTHS):
        state, cause = step(state, cause, before, random)
    tables = [transition(traits, climate.pressure[k]) for k in range(HORIZON_MONTHS)]
    states, causes = np.zeros((months.count, n), np.int8), np.zeros((months.count, n), np.int8)
    is_customer = np.zeros((months.count, n), np.bool_)
    written_off_month = np.full(n, -1_000)
    standings: list[tuple[TrueStanding, NDArray[np.int64]]] = []
    truths: list[tuple[Floats, NDArray[np.int8], Floats]] = []
    for month in range(months.count):
        past_30 = np.zeros(n, np.bool_)
        past_30[ledger.borrower[ledger.is_past_30]] = True
        ledger.refuse(month, past_30 | (month - written_off_month <= REFUSED_AFTER_WRITE_OFF_MONTHS), months.count)
        is_open = ledger.is_open(month)
        is_customer[month, ledger.borrower[is_open | (ledger.opened == month)]] = True

        standing, who = _standing(
            ledger, is_open, past_30 | (month - written_off_month <= WRITE_OFF_MEMORY_MONTHS), month
        )
        first = tables[0][state[who], :, who].T
        paths = [np.ascontiguousarray(first), tables[1][:, :, who], tables[2][:, :, who]]
        pd = true_pd(standing, hazards, climate.season[month : month + HORIZON_MONTHS], paths)
        why = np.where((cause == 0) & traits.is_forgetful, _FORGETFULNESS, cause)[who].astype(np.int8)
        standings.append((standing, who))
        truths.append((pd, why, np.where(traits.is_persuadable[who], CONTACT_EFFECT[why], 0.0)))

        state, cause = step(state, cause, tables[0], random)
        ledger.advance(month, state, climate.season[month], random)
        lost = ledger.is_written_off & (ledger.ended == month)
        written_off_month[ledger.borrower[lost]] = month
        states[month], causes[month] = state, cause
        coming = climate.pressure[min(month + HORIZON_MONTHS, len(climate.pressure) - 1)]
        tables = [*tables[1:], transition(traits, coming)]
    return Course(
        accounts=replace(accounts, opened_month=ledger.opened, opened_day=ledger.opened_day),
        state=states,
        cause=causes,
        is_customer=is_customer,
        paid_month=ledger.paid_month,
        oldest_unpaid=ledger.oldest_unpaid,
        ended_month=ledger.ended,
        is_written_off=ledger.is_written_off,
        is_paid_off=ledger.is_paid_off,
        leave_day=ledger.leave_day,
        deferrals=ledger.deferrals(),
        truth=TruthRows(
            borrower=np.concatenate([who for _, who in standings]),
            month=np.repeat(np.arange(months.count), [len(who) for _, who in standings]),
            pd=np.concatenate([row[0] for row in truths]),
            cause=np.concatenate([row[1] for row in truths]),
            contact_effect=np.concatenate([row[2] for row in truths]),
            bad=np.concatenate([_bad(ledger.reached, standing, k) for k, (standing, _) in enumerate(standings)]),
        ),
    )


def _standing(
    ledger: Ledger, is_open: NDArray[np.bool_], is_left_out: NDArray[np.bool_], month: int
) -> tuple[TrueStanding, NDArray[np.int64]]:
    """Return the open accounts of all borrowers except those left out, and the borrowers who have them."""
    account = np.flatnonzero(is_open & ~is_left_out[ledger.borrower])
    who, first = np.unique(ledger.borrower[account], return_index=True)
    left = np.maximum(ledger.last[account] - month + 1, 0)
    return TrueStanding(account, ledger.status[account], left, first), who


def _bad(reached: NDArray[np.bool_], standing: TrueStanding, month: int) -> NDArray[np.int8]:
    if month + HORIZON_MONTHS > len(reached):
        return np.full(len(standing.first), -1, np.int8)
    hit = reached[month : month + HORIZON_MONTHS, standing.account].any(axis=0)
    return np.logical_or.reduceat(hit, standing.first).astype(np.int8)
