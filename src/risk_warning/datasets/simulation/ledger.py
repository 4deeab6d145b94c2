"""The ledger of simulated accounts: missed payments, deferrals, cures, payoffs and write-offs, month by month.

Up to 30 days past due, everything follows the hazards of `stress`, so the true PD is exact. After that:

* an account two, three or more payments behind is cleared, is brought back to the current month's payment, stays at its
  level through one payment, or rolls, with the probabilities below;
* a deferred instalment is paid in the month of its new due date, or later, or never;
* an account is written off when its oldest unpaid payment is six months old.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from risk_warning.datasets.simulation.accounts import SimulatedAccounts
from risk_warning.datasets.simulation.stress import DEFERRED_REACHES, MISSES_AGAIN, Floats, Hazards
from risk_warning.datasets.simulation.truth import DEFERRED, IN_ORDER, MISSED, PAST_30

WRITE_OFF_MONTHS = 6
"""Age of the oldest unpaid payment at the write-off: about 180 days."""
CLEARED = np.array([[0.30, 0.19, 0.08], [0.24, 0.14, 0.05], [0.06, 0.03, 0.01]])
"""Probability that all arrears are paid in a month. Rows: two payments behind (30–59 days at the month's start), three
(60–89), more; columns: state. These three tables are set for monthly roll rates of 50–60 % from 30–59 to 60–89 days and
of 60–75 % from 60–89 to 90 and more. Of the cards of Yeh & Lien that are two months late, 25 % are up to date a month
later; here it is a fifth."""
BROUGHT_BACK = np.array([[0.08, 0.06, 0.03], [0.04, 0.03, 0.02], [0.01, 0.01, 0.00]])
"""Probability that all but the current month's payment is paid."""
STAYED = np.array([[0.19, 0.17, 0.13], [0.17, 0.14, 0.11], [0.06, 0.04, 0.03]])
"""Probability that one payment is paid while the next one falls due."""
DEFERRAL_MONTHS = 3
"""Longest deferral; one, two and three months are equally likely."""
DEFERRED_PAID_AT_ONCE, DEFERRED_PAID_LATER = 0.70, 0.15
"""Probability that a deferred instalment is paid in the month of its new due date, and in each later month."""
REFINANCED_SHARE = 0.03
"""Share of early payoffs that are financed by the borrower's next loan, if there is one. This is about 0.5 % of all
closings; above 1 %, the product questions what closings mean."""
_LEAVE_DAYS = (19, 28)
"""Days of the month (0 is the first) of an early payoff, after the month's own payment."""

Days = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Deferrals:
    """Deferrals, one entry each."""

    account: Days
    month: Days
    """Month in which the instalment first fell due."""
    until: Days
    """Month of its new due date."""
    paid_month: Days
    """-1 if not paid within the book."""
    is_late: Flags
    """Whether it was 30 days past its first due date before it was paid."""


class Ledger:
    """The accounts of a block of borrowers, advanced month by month.

    Parameters
    ----------
    accounts : Accounts
        Accounts of the block.
    hazards : Hazards
        Hazards of these accounts.
    months : int
        Number of months of the book.
    """

    def __init__(self, accounts: SimulatedAccounts, hazards: Hazards, months: int) -> None:
        size = len(accounts)
        self.borrower, self.is_card = accounts.borrower, accounts.is_card
        self._hazards, self._everyone = hazards, np.arange(size)
        self.opened = accounts.opened_month.copy()
        self.opened_day = accounts.opened_day.copy()
        self.term = accounts.term_months
        self.status = np.full(size, IN_ORDER, np.int8)
        self.oldest = np.full(size, -1, np.int64)
        """Month of the oldest missed payment; stale where the status is `IN_ORDER`."""
        self._deferred, self._until = np.full(size, -1, np.int64), np.full(size, -1, np.int64)
        self._is_late = np.zeros(size, np.bool_)
        """Whether a deferred instalment is 30 days past its first due date and unpaid."""
        self.ended = np.full(size, -1, np.int64)
        """Month in which the account ends, -1 if it does not end within the book."""
        self._lives = self.last >= 0
        self.is_written_off, self.is_paid_off = np.zeros(size, np.bool_), np.zeros(size, np.bool_)
        self.leave_day = np.zeros(size, np.int64)
        self.paid_month = np.full((months, size), -1, np.int16)
        self.oldest_unpaid = np.full((months, size), -1, np.int16)
        self.reached = np.zeros((months, size), np.bool_)
        """Whether the account reaches 30 days past due in the month."""
        self._settled: list[tuple[Days, Days, Days, Days, Flags]] = []

    @property
    def last(self) -> Days:
        """Month in which each account's last payment falls due."""
        last: Days = self.opened + self.term
        return last

    @property
    def is_past_30(self) -> Flags:
        """Whether each account is 30 days past due or more by its first schedule."""
        is_past_30: Flags = (self.status == PAST_30) | self._is_late
        return is_past_30

    def is_open(self, month: int) -> Flags:
        """Whether each account was opened before the month and has not ended before it."""
        is_open: Flags = self._lives & (self.opened < month) & (self.ended < 0)
        return is_open

    def refuse(self, month: int, is_refused: Flags, never: int) -> None:
        """Move these borrowers' openings in the month to the month `never`; `is_refused` has shape (n,)."""
        self.opened[(self.opened == month) & is_refused[self.borrower]] = never

    def advance(self, month: int, state: NDArray[np.int8], season: float, random: np.random.Generator) -> None:
        """Advance one month; `state` is each borrower's state in it, `season` its factor on the odds of a miss."""
        is_open, of_account = self.is_open(month), state[self.borrower]
        due = is_open & (month <= self.last)
        draw = random.random((5, len(of_account)))
        before, was_late = self.status.copy(), self._is_late.copy()
        leaves = due & (month < self.last) & (before == IN_ORDER) & ~was_late
        leaves &= draw[0] < self._hazards.leaves[of_account, self._everyone]
        self._leave(month, np.flatnonzero(leaves), random)
        is_cleared = self._settle_arrears(month, is_open, before, of_account, draw[1])
        free = due & ~leaves & ~is_cleared & (self.status == IN_ORDER)
        self._pay_or_miss(month, free, before == MISSED, of_account, season, draw[2:4], random)
        self._settle_late_deferrals(month, draw[4])
        unpaid = (self.status == MISSED) | (self.status == PAST_30)
        is_lost = is_open & (self.status == PAST_30) & (month - self.oldest >= WRITE_OFF_MONTHS)
        is_lost |= is_open & self._is_late & (month - self._deferred >= WRITE_OFF_MONTHS)
        is_done = is_open & (month >= self.last) & (self.status == IN_ORDER) & (self._deferred < 0)
        self.is_written_off[is_lost] = True
        self.ended[is_lost | (is_done & (self.ended < 0))] = month
        # An account that is written off is no longer past due.
        self.status[is_lost], self._is_late[is_lost] = IN_ORDER, False
        self.oldest_unpaid[month] = np.where(unpaid & is_open, self.oldest, -1)

    def deferrals(self) -> Deferrals:
        """Return all deferrals, including those unpaid at the book's end."""
        pending = np.flatnonzero(self._deferred >= 0)
        self._close_deferrals(pending, -1)
        account, month, until, paid_month, is_late = (np.concatenate(c) for c in zip(*self._settled, strict=True))
        return Deferrals(account, month, until, paid_month, is_late)

    def _leave(self, month: int, who: Days, random: np.random.Generator) -> None:
        self.ended[who], self.is_paid_off[who], self.paid_month[month, who] = month, True, month
        self.leave_day[who] = random.integers(*_LEAVE_DAYS, len(who))
        payers = who[~self.is_card[who] & (random.random(len(who)) < REFINANCED_SHARE)]
        payers = payers[np.unique(self.borrower[payers], return_index=True)[1]]
        # Accounts are in order of borrowers, so a search finds each payer's first loan that opens later.
        coming = np.flatnonzero((self.opened > month) & (self.opened < len(self.reached)) & ~self.is_card)
        place = np.searchsorted(self.borrower[coming], self.borrower[payers])
        exists = place < len(coming)
        payers, place = payers[exists], place[exists]
        new = coming[place]
        is_theirs = self.borrower[new] == self.borrower[payers]
        self.opened[new[is_theirs]] = month
        self.opened_day[new[is_theirs]] = self.leave_day[payers[is_theirs]]

    def _settle_arrears(
        self, month: int, is_open: Flags, before: NDArray[np.int8], state: NDArray[np.int8], draw: Floats
    ) -> Flags:
        """Pay or age the arrears open at the month's start; return which accounts also made the month's payment."""
        missed, deferred = is_open & (before == MISSED), is_open & (before == DEFERRED)
        reaches = missed & (draw < self._hazards.reaches[state, self._everyone])
        waits = deferred & (draw < DEFERRED_REACHES)
        self.reached[month] = reaches | waits
        paid = np.flatnonzero(missed & ~reaches)
        self.paid_month[self.oldest[paid], paid] = month
        self.status[missed | deferred] = IN_ORDER
        self.status[reaches] = PAST_30
        self._is_late[waits] = True
        self._close_deferrals(np.flatnonzero(deferred & ~waits), month)

        who = np.flatnonzero(is_open & (before == PAST_30))
        level, s, u = np.minimum(month - self.oldest[who], 4) - 2, state[who], draw[who]
        cleared = CLEARED[level, s]
        back = cleared + BROUGHT_BACK[level, s]
        newest = np.minimum(month, self.last[who])
        all_but_current = np.minimum(month - 1, newest) + 1 - self.oldest[who]
        payments = np.where(u < back, all_but_current, np.where(u < back + STAYED[level, s], 1, 0))
        payments = np.where(u < cleared, newest + 1 - self.oldest[who], payments)
        for k in range(int(payments.max(initial=0))):
            pays = who[payments > k]
            self.paid_month[self.oldest[pays] + k, pays] = month
        self.oldest[who] += payments
        is_clear = self.oldest[who] > newest
        self.status[who] = np.where(is_clear, IN_ORDER, np.where(self.oldest[who] == month, MISSED, PAST_30))
        is_cleared = np.zeros(len(before), np.bool_)
        is_cleared[who[is_clear]] = True
        return is_cleared

    def _pay_or_miss(
        self,
        month: int,
        free: Flags,
        missed_before: Flags,
        state: NDArray[np.int8],
        season: float,
        draw: Floats,
        random: np.random.Generator,
    ) -> None:
        defers = free & ~missed_before & (self._deferred < 0)
        defers &= draw[0] < self._hazards.defers[state, self._everyone]
        odds = self._hazards.misses_odds[state, self._everyone] * season
        odds = np.where(missed_before, odds * MISSES_AGAIN, odds)
        misses = free & ~defers & (draw[1] < odds / (1 + odds))
        pays = free & ~defers & ~misses
        self.paid_month[month, pays] = month
        self.status[misses], self.oldest[misses] = MISSED, month
        self.status[defers], self._deferred[defers] = DEFERRED, month
        self._until[defers] = month + random.integers(1, DEFERRAL_MONTHS + 1, int(defers.sum()))

    def _settle_late_deferrals(self, month: int, draw: Floats) -> None:
        chance = np.where(month == self._until, DEFERRED_PAID_AT_ONCE, DEFERRED_PAID_LATER)
        chance = np.where(month < self._until, 0.0, chance)
        pays = np.flatnonzero(self._is_late & (draw < chance))
        self._close_deferrals(pays, month)

    def _close_deferrals(self, who: Days, paid_month: int) -> None:
        """Record these deferrals with the month in which they were paid, -1 if never."""
        paid = np.full(len(who), paid_month, np.int64)
        self._settled.append((who, self._deferred[who], self._until[who], paid, self._is_late[who]))
        self._deferred[who], self._is_late[who] = -1, False
