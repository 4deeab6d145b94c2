"""Actions: what can be done today to change a score, each in steps from a little to all of it.

An action changes the borrower's rows or the loan under review, never a feature directly. So all features remain
consistent with one borrower.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, WithJsonSchema

from risk_warning.core.rows import Rows
from risk_warning.core.wording import Text, money
from risk_warning.review.under_review import LoanUnderReview

SMALLEST_SHARE = 0.1
"""Smallest share of the requested amount or limit; below it, it is a different loan."""
LONGEST_TERM = 2
"""Longest term, as a multiple of the requested term."""
_STEPS = 100


StepAction = Literal["pay_overdue", "pay_down_cards", "borrow_less", "longer_term", "lower_limit", "no_loan"]
Number = Annotated[float | int, WithJsonSchema({"type": "number"})]
"""A whole number of months stays whole in JSON."""


@dataclass(frozen=True)
class Step:
    """One action that can be taken."""

    action: StepAction
    unit: str
    before: Annotated[Number, Field(description="an amount in the currency, or months")]
    after: Number
    text: Text

    @classmethod
    def of_amount(cls, action: StepAction, before: float, after: float, text: Text, *, decimals: int) -> Step:
        """Return a step from one amount to another, both given in minor units."""
        scale = 10.0**decimals
        return cls(action, "currency", before / scale, after / scale, text)


@dataclass(frozen=True)
class Action:
    """Something the borrower can do, in whole steps 1 … `steps`; it changes either the rows or the loan."""

    code: str
    steps: int
    share: Callable[[int], float]
    """Step → its share of what is possible, in (0, 1]: the cost by which paths are compared."""
    describe: Callable[[int], tuple[Step, ...]]
    rows: Callable[[Rows, int], Rows] | None = None
    loan: Callable[[LoanUnderReview, int], LoanUnderReview] | None = None


def other_terms(loan: LoanUnderReview, decimals: int) -> tuple[Action, ...]:
    """Return the other terms the loan could have: a smaller amount, a longer term, a lower limit."""
    actions = []
    if loan.principal_amount is not None:
        actions.append(_smaller("borrow_less", loan.principal_amount, decimals))
    if None not in (loan.term_months, loan.principal_amount, loan.annual_rate):
        actions.append(_longer_term(loan.term_months or 0))
    if loan.credit_limit is not None:
        actions.append(_smaller("lower_limit", loan.credit_limit, decimals))
    return tuple(action for action in actions if action.steps)


def _smaller(code: Literal["borrow_less", "lower_limit"], requested: float, decimals: int) -> Action:
    """Return the action of a smaller amount or limit, in round amounts, so that a path never ends in odd cents."""
    step = round_step(requested, decimals)
    below = math.ceil(requested / step) - 1
    amounts = [step * k for k in range(below, 0, -1) if step * k >= requested * SMALLEST_SHARE]

    def changed(loan: LoanUnderReview, step: int) -> LoanUnderReview:
        amount = amounts[step - 1]
        return loan.changed(principal_amount=amount) if code == "borrow_less" else loan.changed(credit_limit=amount)

    def describe(step: int) -> tuple[Step, ...]:
        was, now = money(requested, decimals), money(amounts[step - 1], decimals)
        text: Text = {"en": f"Borrow {now} instead of {was}", "zh": f"借款金额由{was}降至{now}"}
        if code == "lower_limit":
            text = {"en": f"Ask for a limit of {now} instead of {was}", "zh": f"申请额度由{was}降至{now}"}
        return (Step.of_amount(code, requested, amounts[step - 1], text, decimals=decimals),)

    return Action(code, len(amounts), lambda step: step / len(amounts), describe, loan=changed)


def _longer_term(requested_months: int) -> Action:
    steps = requested_months * (LONGEST_TERM - 1)

    def describe(step: int) -> tuple[Step, ...]:
        months = requested_months + step
        text: Text = {
            "en": f"Repay over {months} instead of {requested_months} months",
            "zh": f"还款期限由{requested_months}个月延长至{months}个月",
        }
        return (Step("longer_term", "months", requested_months, months, text),)

    return Action(
        "longer_term",
        steps,
        lambda step: step / steps,
        describe,
        loan=lambda loan, step: loan.changed(term_months=requested_months + step),
    )


def round_step(total: float, decimals: int) -> float:
    """Return 1, 2 or 5 × a power of ten minor units: about a hundredth of the total, at least one currency unit.

    >>> round_step(12_345_678, 2)
    100000.0
    """
    rough = max(total / _STEPS, 10.0**decimals)
    size = 10.0 ** math.floor(math.log10(rough))
    return max(size * k for k in (1, 2, 5) if size * k <= rough)
