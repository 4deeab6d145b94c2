"""Actions: what can be done about a score today, each in steps from hardly anything to all of it.

An action changes the borrower's rows, or the loan under review, never a feature by itself: so all features stay those
of one and the same borrower.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from risk_warning.core.rows import Rows
from risk_warning.core.wording import MINOR_UNITS, Text, money
from risk_warning.review.under_review import LoanUnderReview

SMALLEST_SHARE = 0.1
"""Of the amount or limit asked for: what is smaller is another loan."""
LONGEST_TERM = 2
"""Times the term asked for."""
_STEPS = 100


@dataclass(frozen=True)
class Step:
    """One thing to do, in numbers and in words."""

    action: str
    """`pay_overdue`, `pay_down_cards`, `borrow_less`, `longer_term`, `lower_limit` or `no_loan`."""
    unit: str
    """Of the two values: minor units or months."""
    before: float
    """What is overdue, the card balances, or what is asked for."""
    after: float
    text: Text

    def to_dict(self, minor_unit_decimals: int) -> dict[str, Any]:
        """The step ready for JSON, an amount in the currency, as requests state amounts."""
        if self.unit != MINOR_UNITS:
            return asdict(self)
        scale = 10.0**minor_unit_decimals
        return asdict(self) | {"unit": "currency", "before": self.before / scale, "after": self.after / scale}


@dataclass(frozen=True)
class Action:
    """Something that can be done, in whole steps 1 … `steps`; it changes either the rows or the loan."""

    code: str
    steps: int
    share: Callable[[int], float]
    """Step → how much of what is possible it is, in (0, 1]: the cost by which paths are compared."""
    told: Callable[[int], tuple[Step, ...]]
    rows: Callable[[Rows, int], Rows] | None = None
    loan: Callable[[LoanUnderReview, int], LoanUnderReview] | None = None


def other_terms(loan: LoanUnderReview, decimals: int) -> tuple[Action, ...]:
    """How the loan could be asked for otherwise: a smaller amount, a longer term, a lower limit."""
    found = []
    if loan.principal_amount is not None:
        found.append(_smaller("borrow_less", loan.principal_amount, decimals))
    if None not in (loan.term_months, loan.principal_amount, loan.annual_rate):
        found.append(_longer_term(loan.term_months or 0))
    if loan.credit_limit is not None:
        found.append(_smaller("lower_limit", loan.credit_limit, decimals))
    return tuple(action for action in found if action.steps)


def _smaller(code: str, asked: float, decimals: int) -> Action:
    """A smaller amount or limit, in round ones, so that a path never ends in odd cents."""
    step = round_step(asked, decimals)
    below = math.ceil(asked / step) - 1
    amounts = [step * k for k in range(below, 0, -1) if step * k >= asked * SMALLEST_SHARE]

    def changed(loan: LoanUnderReview, step: int) -> LoanUnderReview:
        amount = amounts[step - 1]
        return loan.changed(principal_amount=amount) if code == "borrow_less" else loan.changed(credit_limit=amount)

    def told(step: int) -> tuple[Step, ...]:
        was, now = money(asked, decimals), money(amounts[step - 1], decimals)
        text = {"en": f"Borrow {now} instead of {was}", "zh": f"借款金额由{was}降至{now}"}
        if code == "lower_limit":
            text = {"en": f"Ask for a limit of {now} instead of {was}", "zh": f"申请额度由{was}降至{now}"}
        return (Step(code, MINOR_UNITS, asked, amounts[step - 1], text),)

    return Action(code, len(amounts), lambda step: step / len(amounts), told, loan=changed)


def _longer_term(asked_months: int) -> Action:
    steps = asked_months * (LONGEST_TERM - 1)

    def told(step: int) -> tuple[Step, ...]:
        months = asked_months + step
        text = {
            "en": f"Repay over {months} instead of {asked_months} months",
            "zh": f"还款期限由{asked_months}个月延长至{months}个月",
        }
        return (Step("longer_term", "months", asked_months, months, text),)

    return Action(
        "longer_term",
        steps,
        lambda step: step / steps,
        told,
        loan=lambda loan, step: loan.changed(term_months=asked_months + step),
    )


def round_step(total: float, decimals: int) -> float:
    """1, 2 or 5 × a power of ten minor units: about a hundredth of the total, no finer than the currency's own unit.

    >>> round_step(12_345_678, 2)
    100000.0
    """
    rough = max(total / _STEPS, 10.0**decimals)
    size = 10.0 ** math.floor(math.log10(rough))
    return max(size * k for k in (1, 2, 5) if size * k <= rough)
