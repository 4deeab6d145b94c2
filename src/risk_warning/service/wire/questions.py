"""Questions: requests converted to the types of the core."""

from __future__ import annotations

import numpy as np

from risk_warning.book.one_borrower import BorrowerRecords
from risk_warning.book.records import is_attribute
from risk_warning.core.money import minor_units
from risk_warning.errors import RequestError
from risk_warning.review.one_borrower import Question
from risk_warning.review.under_review import LoanUnderReview
from risk_warning.service.wire.requests import RequestedLoan, ScoreByIdRequest, ScoreRequest, records_of
from risk_warning.settings import BookSettings

_TERMS = ("product", "principal", "credit_limit", "annual_rate", "term_months", "first_due_on", "schedule")


def question_of(request: ScoreRequest, settings: BookSettings) -> Question:
    """Return the question of a request that contains the borrower's rows."""
    loan = loan_of(request.get("loan_under_review"), settings)
    return Question(request["borrower_id"], request["as_of_date"], records_of(request), loan=loan)


def question_from_book(
    request: ScoreRequest | ScoreByIdRequest, borrower: BorrowerRecords, settings: BookSettings
) -> Question:
    """Return the question of a request by id, with the rows from the book."""
    loan = loan_of(request.get("loan_under_review"), settings)
    whose, when = request["borrower_id"], request["as_of_date"]
    return Question(whose, when, borrower.records, borrower.set_aside, loan, borrower.payments_through)


def loan_of(loan: RequestedLoan | None, settings: BookSettings) -> LoanUnderReview | None:
    """Return the loan under review in minor units.

    Raises
    ------
    RequestError
        An attribute is not the lender's own or has no usable value, or the loan is empty.
    """
    if loan is None:
        return None
    for name, value in loan.items():
        if name in _TERMS:
            continue
        if not name.startswith("x_"):
            raise RequestError(
                "is not a term of a loan (attributes of your own begin with x_)", f"loan_under_review.{name}"
            )
        if not is_attribute(value):
            raise RequestError("is neither a number nor a text", f"loan_under_review.{name}")
    if all(value is None for value in loan.values()):
        raise RequestError("is empty: give its principal or credit_limit, and what else is known", "loan_under_review")
    schedule = loan.get("schedule")
    return LoanUnderReview(
        product=loan.get("product"),
        principal_amount=money(loan.get("principal"), settings),
        credit_limit=money(loan.get("credit_limit"), settings),
        annual_rate=loan.get("annual_rate"),
        term_months=loan.get("term_months"),
        first_due_on=loan.get("first_due_on"),
        schedule=None
        if schedule is None
        else tuple((due["due_on"], _minor(due["due_amount"], settings)) for due in schedule),
        attributes={
            name: value
            for name, value in loan.items()
            if name.startswith("x_") and isinstance(value, float | int | str)
        },
    )


def money(amount: float | None, settings: BookSettings) -> float | None:
    """Return an amount in minor units, None if it is missing."""
    return None if amount is None else _minor(amount, settings)


def _minor(amount: float, settings: BookSettings) -> float:
    return float(minor_units(np.array([amount]), settings.minor_unit_decimals)[0])
