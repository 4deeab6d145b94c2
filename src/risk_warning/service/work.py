"""Work: compute an answer from its inputs, in the same way for a request and for its replay.

The functions are pure, except for the models they are given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_core import to_json

from risk_warning.core.wording import LANGUAGES
from risk_warning.errors import RequestError, RiskWarningError
from risk_warning.review.explanation import explain
from risk_warning.review.one_borrower import Examined, Question, answer, examine, rows_for, under_review
from risk_warning.review.path_to_safe import path_to_safe
from risk_warning.review.waterfall import waterfall
from risk_warning.review.what_if import what_if
from risk_warning.service.champions.served import Served
from risk_warning.service.wire.inputs import items_in, question_in, request_in
from risk_warning.service.wire.questions import money, question_of
from risk_warning.service.wire.refusals import of_error, of_validation
from risk_warning.service.wire.requests import SCORE
from risk_warning.settings import BookSettings


@dataclass(frozen=True)
class Done:
    """An answer without its request id, which `text_of` puts first."""

    content: dict[str, Any]
    question: Question | None
    """None for a batch."""
    examined: Examined | None = None
    given: tuple[Mapping[str, Any], ...] = ()
    """The answers of its borrowers, for the metrics."""


def score(question: Question, served: Served, settings: BookSettings) -> Done:
    """Compute the answer of /score and /score_by_id."""
    examined = examine(question, served.model, served.policy, settings)
    content = answer(examined)
    return Done(content, question, examined, (content,))


def explained(question: Question, served: Served, settings: BookSettings) -> Done:
    """Compute the answer of /explain: the score's answer, all contributions, and their chart in both languages."""
    done = score(question, served, settings)
    examined = done.examined
    assert examined is not None
    data, pictures = None, None
    if examined.is_scored:
        explanation = explain(
            served.model, examined.rows, examined.scored, minor_unit_decimals=settings.minor_unit_decimals
        )
        data = explanation.to_dict(settings.minor_unit_decimals)
        pictures = {
            language: waterfall(
                explanation, served.policy, language=language, minor_unit_decimals=settings.minor_unit_decimals
            )
            for language in LANGUAGES
        }
    return Done({**done.content, "explanation": data, "waterfall_svg": pictures}, question, examined, done.given)


def compared(question: Question, request: Mapping[str, Any], served: Served, settings: BookSettings) -> Done:
    """Compute the answer of /what_if: the loan as requested, its alternatives, and the path to safe."""
    model, policy, loan = served.model, served.policy, question.loan
    rows = rows_for(question, model, settings)
    requested = request.get("alternatives", [])
    if requested and loan is None:
        raise RequestError("is missing: the alternatives are other terms of it; send it too", "loan_under_review")
    others = [] if loan is None else [loan.changed(**_changes(other, settings)) for other in requested]
    decimals, observed = settings.minor_unit_decimals, question.observed_by(model)
    comparison = what_if(
        model, policy, rows, observed, question.as_of_date, loan, others, minor_unit_decimals=decimals
    ).to_dict()
    alternatives = [
        {"changed": dict(other)} | case for other, case in zip(requested, comparison["alternatives"], strict=True)
    ]
    path = path_to_safe(
        model,
        policy,
        rows,
        observed,
        question.as_of_date,
        loan,
        minor_unit_decimals=decimals,
    )
    content = {
        "borrower_id": question.borrower_id,
        "as_of_date": question.as_of_date,
        "threshold": policy.threshold,
        "base": comparison["base"],
        "alternatives": alternatives,
        "path_to_safe": path.to_dict(decimals),
        "loan_under_review": None if loan is None else under_review(model),
        "model_version": model.version,
        "policy_version": policy.version,
    }
    return Done(content, question)


def batch(inputs: str | bytes, served: Served, settings: BookSettings) -> Done:
    """Compute the answer of /score_batch: each borrower's own answer, or what is wrong with their rows."""
    answers: list[dict[str, Any]] = []
    given: list[Mapping[str, Any]] = []
    for item in items_in(inputs):
        try:
            question = question_of(SCORE.validate_json(to_json(item)), settings)
            content = answer(examine(question, served.model, served.policy, settings))
            answers.append({"answer": content, "error": None})
            given.append(content)
        except ValidationError as error:
            answers.append({"answer": None, "error": of_validation(error).content()})
        except RiskWarningError as error:
            answers.append({"answer": None, "error": of_error(error).content()})
    content = {
        "answers": answers,
        "model_version": served.model.version,
        "policy_version": served.policy.version,
    }
    return Done(content, None, given=tuple(given))


def again(route: str, inputs: str, served: Served, settings: BookSettings) -> Done:
    """Compute the answer of stored inputs again."""
    if route == "/score_batch":
        return batch(inputs, served, settings)
    question = question_in(inputs, settings)
    if route == "/what_if":
        return compared(question, request_in(inputs), served, settings)
    return _OF_ONE[route](question, served, settings)


_OF_ONE: Mapping[str, Callable[[Question, Served, BookSettings], Done]] = {
    "/score": score,
    "/score_by_id": score,
    "/explain": explained,
}


def _changes(alternative: Mapping[str, Any], settings: BookSettings) -> dict[str, Any]:
    return {
        "principal_amount": money(alternative.get("principal"), settings),
        "credit_limit": money(alternative.get("credit_limit"), settings),
        "term_months": alternative.get("term_months"),
    }


def text_of(request_id: str, content: Mapping[str, Any]) -> str:
    """Return the answer as JSON text; reading a number back gives exactly the same number."""
    return to_json({"request_id": request_id, **content}, inf_nan_mode="null").decode()
