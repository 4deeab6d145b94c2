"""Inputs: all an answer rests on as one JSON text, which the audit keeps, a replay reads, and a challenger scores.

Of a request that brings the borrower's rows it is the request itself. Of one that names a borrower of the book it is
the request with the rows the book then had, since a book changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
    Profile,
    Statement,
    WhatIfRequest,
)
from risk_warning.settings import BookSettings

_NO_LIMIT = MaxLen(1_000_000)
"""A book may hold more rows of a borrower than a request may bring."""


@with_config(STRICT)
class _Records(TypedDict):
    borrowers: NotRequired[Annotated[list[Profile], _NO_LIMIT]]
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


def from_book(request: Mapping[str, Any], found: BorrowerRecords) -> str:
    """The inputs of a request that names a borrower of the book."""
    told = {"request": request, "records": found.records, "set_aside": found.set_aside}
    return to_json({**told, "payments_through": found.payments_through}).decode()


def request_in(inputs: str | bytes) -> Mapping[str, Any]:
    """The request of the inputs of one borrower."""
    if _is_from_book(inputs):
        return _FROM_BOOK.validate_json(inputs)["request"]
    return WHAT_IF.validate_json(inputs)


def question_in(inputs: str | bytes, settings: BookSettings) -> Question:
    """The question of the inputs of one borrower."""
    if not _is_from_book(inputs):
        return question_of(WHAT_IF.validate_json(inputs), settings)
    stored = _FROM_BOOK.validate_json(inputs)
    records = cast(Records, stored["records"])
    found = BorrowerRecords(records, stored["set_aside"], stored.get("payments_through"))
    return question_from_book(stored["request"], found, settings)


def items_in(inputs: str | bytes) -> list[Any]:
    """The borrowers of a batch, each still as it was sent."""
    found: list[Any] = from_json(inputs)["borrowers"]
    return found


def questions_in(route: str, inputs: str, settings: BookSettings) -> Iterator[tuple[int, Question]]:
    """(place in the batch, question) of every borrower in the inputs that can be asked about."""
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
