"""Request types; the rows in a request have the column names of the book's tables.

Types are strict: a number is a JSON number, a date has the form "2024-06-01", an unknown field is refused. Rows are
plain dicts, like the records of `book.records`, so that nothing is copied on the way to the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, NotRequired

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen
from pydantic import AfterValidator, ConfigDict, Field, TypeAdapter, with_config
from pydantic.config import JsonDict
from typing_extensions import TypedDict

from risk_warning.book.records import Record, Records

MAX_ROWS = 5_000
"""Maximum number of rows of one table for one borrower."""
MAX_BORROWERS = 1_000
MAX_ALTERNATIVES = 10

_X_ATTRIBUTES: JsonDict = {
    "additionalProperties": False,
    "patternProperties": {"^x_": {"anyOf": [{"type": "number"}, {"type": "string"}, {"type": "null"}]}},
}
STRICT = ConfigDict(extra="forbid", strict=True)
_OPEN = ConfigDict(strict=True, extra="allow", json_schema_extra=_X_ATTRIBUTES)
"""For rows that may have the lender's own `x_…` attributes; the records refuse any other name."""


def _in_range(at: datetime) -> datetime:
    if not 1990 <= at.year <= 2100:
        raise ValueError("should lie in 1990-2100")
    return at


Finite = Annotated[float, Field(allow_inf_nan=False)]
Number = Annotated[Finite, Gt(-1e12), Lt(1e12)]
Money = Annotated[Finite, Gt(-9e13), Lt(9e13)]
Owed = Annotated[Finite, Ge(0), Lt(9e13)]
Day = Annotated[date, Ge(date(1990, 1, 1)), Le(date(2100, 12, 31))]
Timestamp = Annotated[datetime, AfterValidator(_in_range)]
Text = Annotated[str, MinLen(1), MaxLen(128)]
Id = Annotated[Text | Annotated[int, Gt(-(2**63)), Lt(2**63)], Field(description="text or a whole number")]
Months = Annotated[int, Ge(1), Le(480)]


@with_config(_OPEN)
class RequestedProfile(TypedDict):
    """The borrower's attributes: their row of `borrowers` in force, without protected attributes."""

    borrower_id: NotRequired[Id | None]
    valid_from: NotRequired[Day | None]
    onboarded_on: NotRequired[Day | None]
    monthly_income: NotRequired[Money | None]
    employment_status: NotRequired[Text | None]
    occupation: NotRequired[Text | None]
    education: NotRequired[Text | None]
    region: NotRequired[Text | None]
    housing: NotRequired[Text | None]


@with_config(_OPEN)
class Loan(TypedDict):
    """A loan or card account, as in the table `loans`."""

    loan_id: Id
    borrower_id: NotRequired[Id | None]
    valid_from: NotRequired[Day | None]
    product: NotRequired[Text | None]
    opened_on: Day
    closed_on: NotRequired[Day | None]
    written_off_on: NotRequired[Day | None]
    principal: NotRequired[Money | None]
    credit_limit: NotRequired[Money | None]
    annual_rate: NotRequired[Annotated[Number | None, Field(description="0.12 is 12 % a year")]]
    term_months: NotRequired[Number | None]


@with_config(STRICT)
class Instalment(TypedDict):
    """A payment that falls due, one row per part payment, as in the table `instalments`."""

    loan_id: Id
    borrower_id: NotRequired[Id | None]
    instalment_no: Annotated[int, Gt(-(2**31)), Lt(2**31 - 1)]
    due_on: Day
    due_amount: Owed
    scheduled_on: NotRequired[Day | None]
    paid_on: NotRequired[Annotated[Day | None, Field(description="empty where not paid")]]
    paid_amount: NotRequired[Annotated[Money | None, Field(description="empty where paid in full")]]
    recorded_on: NotRequired[Day | None]


@with_config(_OPEN)
class Statement(TypedDict):
    """An account at the end of a month, as in the table `statements`."""

    loan_id: Id
    borrower_id: NotRequired[Id | None]
    statement_on: Day
    recorded_on: NotRequired[Day | None]
    balance: NotRequired[Money | None]
    credit_limit: NotRequired[Money | None]
    due_amount: NotRequired[Owed | None]
    paid_amount: NotRequired[Money | None]
    days_past_due: NotRequired[Number | None]
    status: NotRequired[Number | Text | None]


@with_config(STRICT)
class Event(TypedDict):
    """An action of the borrower, as in the table `events`."""

    borrower_id: NotRequired[Id | None]
    kind: Text
    occurred_at: Annotated[Timestamp, Field(description="with a zone, or in the book's")]
    recorded_at: NotRequired[Timestamp | None]
    amount: NotRequired[Money | None]


@with_config(STRICT)
class DueAmount(TypedDict):
    """A payment of the loan under review."""

    due_on: Day
    due_amount: Owed


@with_config(_OPEN)
class RequestedLoan(TypedDict):
    """The loan applied for; it counts as opened, with level monthly payments if no schedule is given."""

    product: NotRequired[Text | None]
    principal: NotRequired[Owed | None]
    credit_limit: NotRequired[Owed | None]
    annual_rate: NotRequired[Annotated[Finite, Ge(0), Le(10)] | None]
    term_months: NotRequired[Months | None]
    first_due_on: NotRequired[Day | None]
    schedule: NotRequired[Annotated[list[DueAmount], MinLen(1), MaxLen(480)] | None]


@with_config(STRICT)
class Alternative(TypedDict):
    """Changes to the loan under review."""

    principal: NotRequired[Owed]
    credit_limit: NotRequired[Owed]
    term_months: NotRequired[Months]


@with_config(STRICT)
class ScoreRequest(TypedDict):
    """One borrower with all their rows. A table the model reads is required; it is empty if they have no row in it."""

    borrower_id: Id
    as_of_date: Annotated[Day, Field(description="start of that day; later records are not read")]
    profile: NotRequired[RequestedProfile]
    loans: NotRequired[Annotated[list[Loan], MaxLen(MAX_ROWS)]]
    instalments: NotRequired[Annotated[list[Instalment], MaxLen(MAX_ROWS)]]
    statements: NotRequired[Annotated[list[Statement], MaxLen(MAX_ROWS)]]
    events: NotRequired[Annotated[list[Event], MaxLen(MAX_ROWS)]]
    loan_under_review: NotRequired[RequestedLoan | None]


@with_config(STRICT)
class ScoreByIdRequest(TypedDict):
    """One borrower of the configured book."""

    borrower_id: Id
    as_of_date: Day
    loan_under_review: NotRequired[RequestedLoan | None]


@with_config(STRICT)
class ScoreBatchRequest(TypedDict):
    """Up to 1,000 borrowers; each is a request as for /score and is answered on its own."""

    borrowers: Annotated[list[Any], MinLen(1), MaxLen(MAX_BORROWERS)]


@with_config(STRICT)
class WhatIfRequest(ScoreRequest):
    """A borrower, the loan under review, and up to ten alternatives to it; without rows, those of the book are used."""

    alternatives: NotRequired[Annotated[list[Alternative], MaxLen(MAX_ALTERNATIVES)]]


SCORE = TypeAdapter(ScoreRequest)
SCORE_BY_ID = TypeAdapter(ScoreByIdRequest)
SCORE_BATCH = TypeAdapter(ScoreBatchRequest)
WHAT_IF = TypeAdapter(WhatIfRequest)


def records_of(request: ScoreRequest) -> Records:
    """Return table → rows of a request, without the tables it leaves out."""
    given: dict[str, Sequence[Record] | None] = {
        "borrowers": [request["profile"]] if "profile" in request else None,
        "loans": request.get("loans"),
        "instalments": request.get("instalments"),
        "statements": request.get("statements"),
        "events": request.get("events"),
    }
    return {table: rows for table, rows in given.items() if rows is not None}
