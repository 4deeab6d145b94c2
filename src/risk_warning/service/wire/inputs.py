"""Inputs: everything an answer is based on, as one JSON text that the audit, a replay and a challenger use.

If a request contains the borrower's rows, the inputs are the request itself. If it names a borrower of the book, they
are the request with the rows that the book had at that time, because a book changes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, NotRequired, cast

from annotated_types import MaxLen
from pydantic import TypeAdapter, ValidationError, with_config
from pydantic_core import from_json, to_json
from typing_extensions import TypedDict

from risk_warning.book.one_borrower import BorrowerRecords
from risk_warning.book.records import Records
from risk_warning.errors import RequestError
from risk_warning.review.one_borrower import Question
from risk_warning.service.wire.questions import question_from_book, question_of
from risk_warning.service.wire.requests import (
    SCORE,
    STRICT,
    WHAT_IF,
    Day,
    Event,
    Instalment,
    Loan,
    RequestedProfile,
    ScoreByIdRequest,
    ScoreRequest,
    Statement,
    WhatIfRequest,
)
from risk_warning.settings import BookSettings

_NO_LIMIT = MaxLen(1_000_000)
"""A book may have more rows of a borrower than a request may contain."""


@with_config(STRICT)
class _Records(TypedDict):
    borrowers: NotRequired[Annotated[list[RequestedProfile], _NO_LIMIT]]
    loans: NotRequired[Annotated[list[Loan], _NO_LIMIT]]
    instalments: NotRequired[Annotated[list[Instalment], _NO_LIMIT]]
    statements: NotRequired[Annotated[list[Statement], _NO_LIMIT]]
    events: NotRequired[Annotated[list[Event], _NO_LIMIT]]


@with_config(STRICT)
class _FromBook(TypedDict):
    request: WhatIfRequest
    records: _Records
    set_aside: bool
    payments_through: NotRequired[Day | None]


_FROM_BOOK = TypeAdapter(_FromBook)


def from_book(request: ScoreRequest | ScoreByIdRequest, borrower: BorrowerRecords) -> str:
    """Return the inputs of a request that names a borrower of the book."""
    content = {"request": request, "records": borrower.records, "set_aside": borrower.set_aside}
    return to_json({**content, "payments_through": borrower.payments_through}).decode()


def request_in(inputs: str | bytes) -> WhatIfRequest:
    """Return the request from the inputs of one borrower."""
    if _is_from_book(inputs):
        return _FROM_BOOK.validate_json(inputs)["request"]
    return WHAT_IF.validate_json(inputs)


def question_in(inputs: str | bytes, settings: BookSettings) -> Question:
    """Return the question from the inputs of one borrower."""
    if not _is_from_book(inputs):
        return question_of(WHAT_IF.validate_json(inputs), settings)
    stored = _FROM_BOOK.validate_json(inputs)
    records = cast(Records, stored["records"])
    borrower = BorrowerRecords(records, stored["set_aside"], stored.get("payments_through"))
    return question_from_book(stored["request"], borrower, settings)


def items_in(inputs: str | bytes) -> list[Any]:
    """Return the borrowers of a batch, each as it was sent."""
    borrowers: list[Any] = from_json(inputs)["borrowers"]
    return borrowers


def questions_in(route: str, inputs: str, settings: BookSettings) -> Iterator[tuple[int, Question]]:
    """Yield (position in the batch, question) for every borrower in the inputs with a valid request."""
    if route != "/score_batch":
        yield 0, question_in(inputs, settings)
        return
    for i, item in enumerate(items_in(inputs)):
        try:
            yield i, question_of(SCORE.validate_json(to_json(item)), settings)
        except (ValidationError, RequestError):
            continue


def _is_from_book(inputs: str | bytes) -> bool:
    start = inputs[:11]
    return start in ('{"request":', b'{"request":')
