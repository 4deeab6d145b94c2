"""Payments: what a borrower could pay today, from the oldest overdue debt to the last cent of the card balances.

They form one ladder: nobody is advised to pay down a card while a debt is overdue. A payment is dated the day before
the as-of date, the last day that counts.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.calendar import NEVER, to_day
from risk_warning.core.history.instalments import Obligations
from risk_warning.core.history.loans import Accounts
from risk_warning.core.rows import Rows
from risk_warning.core.wording import Text, money
from risk_warning.review.actions import Action, Step, round_step


@dataclass(frozen=True)
class _Debt:
    """An overdue debt, with a function that returns the rows once it is paid; amounts in minor units."""

    due_on: int
    amount: float
    paid: Callable[[Rows], Rows]


def payments(rows: Rows, as_of_date: date, dpd_tolerance_ratio: float, decimals: int) -> Action | None:
    """Return the ladder of payments as one action; None if nothing is overdue and no card has a balance.

    Overdue debts are instalments, each paid in full, and the arrears of a card that is past due: the amounts its
    statements have requested since then and not received. Card balances are those of the latest statements, the largest
    paid first; a payment lowers the balance and counts as paid in that statement's month. Only paying a card's arrears
    ends its days past due. The lender's own status codes do not change, since the lender's reaction to a payment is not
    known here.
    """
    as_of = to_day(as_of_date)
    known = _known(rows, as_of)
    cards = _latest(rows, known, as_of)
    arrears = np.array([_arrears(rows, known, int(row)) for row in cards])
    payable = rows.statements["balance"][cards] - arrears if rows.statements is not None and len(cards) else arrears
    debts = [*_instalments(rows, as_of, dpd_tolerance_ratio)]
    debts += [_of_card(rows, int(row), float(owed)) for row, owed in zip(cards, arrears, strict=True) if owed > 0]
    debts.sort(key=lambda debt: debt.due_on)
    overdue = np.cumsum([debt.amount for debt in debts])
    total = float(payable.sum())
    ladder = [(k + 1, 0.0) for k in range(len(debts))]
    if total > 0:
        step = round_step(total, decimals)
        ladder += [(len(debts), step * k) for k in range(1, math.ceil(total / step))]
        ladder.append((len(debts), total))
    if not ladder:
        return None

    def amount_of(step: int) -> float:
        count, down = ladder[step - 1]
        return (float(overdue[count - 1]) if count else 0.0) + down

    def paid(rows: Rows, step: int) -> Rows:
        count, down = ladder[step - 1]
        for debt in debts[:count]:
            rows = debt.paid(rows)
        return _paid_down(rows, cards, payable, down) if down else rows

    def describe(step: int) -> tuple[Step, ...]:
        count, down = ladder[step - 1]
        steps = []
        if count:
            whole, part = float(overdue[-1]), float(overdue[count - 1])
            text = _overdue_in_words(count, len(debts), money(part, decimals))
            steps.append(Step.of_amount("pay_overdue", whole, whole - part, text, decimals=decimals))
        if down:
            text = _down_in_words(down, total - down, decimals)
            steps.append(Step.of_amount("pay_down_cards", total, total - down, text, decimals=decimals))
        return tuple(steps)

    most = amount_of(len(ladder))
    return Action("pay", len(ladder), lambda step: amount_of(step) / most, describe, rows=paid)


def _overdue_in_words(count: int, all_of_them: int, amount: str) -> Text:
    if count == all_of_them:
        return {"en": f"Pay all that is overdue: {amount}", "zh": f"还清全部逾期款项：{amount}"}
    noun = "payment" if count == 1 else f"{count} payments"
    return {"en": f"Pay the oldest overdue {noun}: {amount}", "zh": f"还清最早逾期的{count}笔款项：{amount}"}


def _down_in_words(paid: float, left: float, decimals: int) -> Text:
    return {
        "en": f"Pay {money(paid, decimals)} off the card balances, which leaves {money(left, decimals)}",
        "zh": f"信用卡还款{money(paid, decimals)}，余额降至{money(left, decimals)}",
    }


def _instalments(rows: Rows, as_of: int, tolerance_ratio: float) -> Iterator[_Debt]:
    table = rows.instalments
    if table is None or not len(table["loan"]):
        return
    owed = Obligations.of(rows)
    settled = owed.settle(as_of, tolerance_ratio, Accounts.of(rows).ends(as_of))
    unpaid = np.where(settled.settled_on == NEVER, settled.unpaid_amount, 0.0)
    # Obligations and unique keys are both in order of (loan, number), so each obligation gets its row.
    key = table["loan"].astype(np.int64) << 32 | table["instalment_no"].astype(np.int64) & 0xFFFFFFFF
    row = np.unique(key, return_index=True)[1]
    for i in np.flatnonzero((owed.due_on < as_of) & (owed.scheduled_on < as_of) & (unpaid > 0)):
        payment = {name: values[[row[i]]] for name, values in table.items()}
        day = np.array([as_of - 1], np.int32)
        payment.update(paid_on=day, recorded_on=day, paid_amount=unpaid[i : i + 1])
        yield _Debt(int(owed.due_on[i]), float(unpaid[i]), _with_payment(payment))


def _with_payment(payment: dict[str, NDArray[Any]]) -> Callable[[Rows], Rows]:
    def paid(rows: Rows) -> Rows:
        assert rows.instalments is not None
        joined = {name: np.concatenate((values, payment[name])) for name, values in rows.instalments.items()}
        return replace(rows, instalments=joined)

    return paid


def _known(rows: Rows, as_of: int) -> NDArray[np.int64]:
    """Return the rows of statements known on the day, in order of (account, day).

    Of several versions of a statement it is the last recorded.
    """
    table = rows.statements
    if table is None or "balance" not in table:
        return np.zeros(0, np.int64)
    known = np.flatnonzero((table["statement_on"] < as_of) & (table["recorded_on"] < as_of))
    known = known[np.lexsort((table["recorded_on"][known], table["statement_on"][known], table["loan"][known]))]
    return known[_last(table["loan"][known], table["statement_on"][known])]


def _latest(rows: Rows, known: NDArray[np.int64], as_of: int) -> NDArray[np.int64]:
    """Return the latest known statement of each open account with a balance, the largest balance first."""
    table = rows.statements
    if table is None or not len(known):
        return known
    row = known[_last(table["loan"][known])]
    accounts = Accounts.of(rows)
    if accounts.dated:
        row = row[np.isin(table["loan"][row], accounts.loan[accounts.open_rows(as_of)])]
    row = row[table["balance"][row] > 0]
    return np.asarray(row[np.argsort(-table["balance"][row], kind="stable")])


def _last(*keys: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Whether each entry is the last of those with equal keys; equal keys are adjacent."""
    last = np.ones(len(keys[0]), np.bool_)
    last[:-1] = np.any([key[1:] != key[:-1] for key in keys], axis=0)
    return last


def _arrears(rows: Rows, known: NDArray[np.int64], row: int) -> float:
    """Return the unpaid amounts of an account's statements since it is past due, at most its balance; 0 if none."""
    table = rows.statements
    assert table is not None
    if not {"days_past_due", "due_amount", "paid_amount"} <= set(table) or not table["days_past_due"][row] > 0:
        return 0.0
    since = table["statement_on"][row] - table["days_past_due"][row]
    late = known[(table["loan"][known] == table["loan"][row]) & (table["statement_on"][known] >= since)]
    short = np.maximum(table["due_amount"][late] - table["paid_amount"][late], 0.0)
    return min(float(np.nansum(short)), float(table["balance"][row]))


def _of_card(rows: Rows, row: int, amount: float) -> _Debt:
    assert rows.statements is not None
    due_on = int(rows.statements["statement_on"][row] - rows.statements["days_past_due"][row])

    def paid(rows: Rows) -> Rows:
        at = np.array([row])
        changed = _less(rows, at, np.array([amount]))
        changed["days_past_due"] = changed["days_past_due"].copy()
        changed["days_past_due"][row] = 0.0
        return replace(rows, statements=changed)

    return _Debt(due_on, amount, paid)


def _paid_down(rows: Rows, cards: NDArray[np.int64], payable: NDArray[np.float64], amount: float) -> Rows:
    before = np.concatenate(([0.0], np.cumsum(payable)[:-1]))
    return replace(rows, statements=_less(rows, cards, np.clip(amount - before, 0, payable)))


def _less(rows: Rows, cards: NDArray[np.int64], amounts: NDArray[np.float64]) -> dict[str, NDArray[Any]]:
    """Return the statements with these amounts paid."""
    assert rows.statements is not None
    changed = dict(rows.statements)
    for name, sign in (("balance", -1.0), ("paid_amount", 1.0)):
        if name in changed:
            changed[name] = changed[name].copy()
            changed[name][cards] += sign * amounts
    return changed
