"""Work: compute an answer from its inputs, in the same way for a request and for its replay.

The functions are pure, except for the models they are given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from pydantic import ValidationError
from pydantic_core import to_json

from risk_warning.errors import RequestError, RiskWarningError
from risk_warning.review.answer import BorrowerAnswer
from risk_warning.review.explanation import explain
from risk_warning.review.one_borrower import Examined, Question, answer, examine, rows_for, under_review
from risk_warning.review.path_to_safe import path_to_safe
from risk_warning.review.under_review import LoanUnderReview
from risk_warning.review.waterfall import waterfall
from risk_warning.review.what_if import what_if
from risk_warning.service.champions.served import Served
from risk_warning.service.wire.answers import (
    AlternativeCase,
    Answer,
    BatchAnswer,
    BatchItem,
    ExplainAnswer,
    Pictures,
    ScoreAnswer,
    WhatIfAnswer,
)
from risk_warning.service.wire.inputs import items_in, question_in, request_in
from risk_warning.service.wire.questions import money, question_of
from risk_warning.service.wire.refusals import of_error, of_validation
from risk_warning.service.wire.requests import SCORE, Alternative, WhatIfRequest
from risk_warning.settings import BookSettings


@dataclass(frozen=True)
class Done:
    """An answer, and what it was computed from."""

    answer: Answer
    question: Question | None
    """None for a batch."""
    examined: Examined | None = None
    given: tuple[BorrowerAnswer, ...] = ()
    """The answers of its borrowers, for the metrics."""


def score(request_id: str, question: Question, served: Served, settings: BookSettings) -> Done:
    """Compute the answer of /score and /score_by_id."""
    examined = examine(question, served.model, served.policy, settings)
    content = ScoreAnswer.of(request_id, answer(examined))
    return Done(content, question, examined, (content,))


def explained(request_id: str, question: Question, served: Served, settings: BookSettings) -> Done:
    """Compute the answer of /explain: the score's answer, all contributions, and their chart in both languages."""
    examined = examine(question, served.model, served.policy, settings)
    scored = ScoreAnswer.of(request_id, answer(examined))
    explanation, pictures = None, None
    if examined.is_scored:
        decimals = settings.minor_unit_decimals
        explanation = explain(served.model, examined.rows, examined.scored, minor_unit_decimals=decimals)
        draw = partial(waterfall, explanation, served.policy, minor_unit_decimals=decimals)
        pictures = Pictures(en=draw(language="en"), zh=draw(language="zh"))
    content = ExplainAnswer(**vars(scored), explanation=explanation, waterfall_svg=pictures)
    return Done(content, question, examined, (content,))


def compared(
    request_id: str, question: Question, request: WhatIfRequest, served: Served, settings: BookSettings
) -> Done:
    """Compute the answer of /what_if: the loan as requested, its alternatives, and the path to safe."""
    model, policy, loan = served.model, served.policy, question.loan
    rows = rows_for(question, model, settings)
    requested = request.get("alternatives", [])
    if requested and loan is None:
        raise RequestError("is missing: the alternatives are other terms of it; send it too", "loan_under_review")
    others = [] if loan is None else [_with_terms(loan, terms, settings) for terms in requested]
    decimals, observed, as_of_date = settings.minor_unit_decimals, question.observed_by(model), question.as_of_date
    comparison = what_if(model, policy, rows, observed, as_of_date, loan, others, minor_unit_decimals=decimals)
    path = path_to_safe(model, policy, rows, observed, as_of_date, loan, minor_unit_decimals=decimals)
    content = WhatIfAnswer(
        request_id=request_id,
        borrower_id=question.borrower_id,
        as_of_date=as_of_date,
        threshold=policy.threshold,
        base=comparison.base,
        alternatives=tuple(
            AlternativeCase(changed=_changed(terms), **vars(case))
            for terms, case in zip(requested, comparison.alternatives, strict=True)
        ),
        path_to_safe=path,
        loan_under_review=None if loan is None else under_review(model),
        model_version=model.version,
        policy_version=policy.version,
    )
    return Done(content, question)


def batch(request_id: str, inputs: str | bytes, served: Served, settings: BookSettings) -> Done:
    """Compute the answer of /score_batch: each borrower's own answer, or what is wrong with their rows."""
    items = tuple(_item(item, served, settings) for item in items_in(inputs))
    content = BatchAnswer(
        request_id=request_id,
        answers=items,
        model_version=served.model.version,
        policy_version=served.policy.version,
    )
    return Done(content, None, given=tuple(item.answer for item in items if item.answer is not None))


def _item(item: object, served: Served, settings: BookSettings) -> BatchItem:
    try:
        question = question_of(SCORE.validate_json(to_json(item)), settings)
        return BatchItem(answer(examine(question, served.model, served.policy, settings)), None)
    except ValidationError as error:
        return BatchItem(None, of_validation(error).content())
    except RiskWarningError as error:
        return BatchItem(None, of_error(error).content())


def again(request_id: str, route: str, inputs: str, served: Served, settings: BookSettings) -> Done:
    """Compute the answer of stored inputs again."""
    if route == "/score_batch":
        return batch(request_id, inputs, served, settings)
    question = question_in(inputs, settings)
    if route == "/what_if":
        return compared(request_id, question, request_in(inputs), served, settings)
    return _OF_ONE[route](request_id, question, served, settings)


_OF_ONE: Mapping[str, Callable[[str, Question, Served, BookSettings], Done]] = {
    "/score": score,
    "/score_by_id": score,
    "/explain": explained,
}


def _changed(terms: Alternative) -> dict[str, float | int]:
    return {name: value for name, value in terms.items() if isinstance(value, float | int)}


def _with_terms(loan: LoanUnderReview, terms: Alternative, settings: BookSettings) -> LoanUnderReview:
    return loan.changed(
        principal_amount=money(terms.get("principal"), settings),
        credit_limit=money(terms.get("credit_limit"), settings),
        term_months=terms.get("term_months"),
    )
