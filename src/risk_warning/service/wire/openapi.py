"""The OpenAPI document: every route with its types and real examples, generated from the types that are validated."""

from __future__ import annotations

import json
from enum import Enum
from functools import cache
from importlib import resources
from typing import Any

from fastapi import FastAPI
from pydantic import JsonValue, TypeAdapter
from pydantic.json_schema import JsonSchemaMode, JsonSchemaValue
from typing_extensions import TypedDict

from risk_warning.service.wire import answers, requests
from risk_warning.service.wire.refusals import ErrorAnswer

_REFERENCE = "#/components/schemas/{model}"
_REQUESTS = (requests.ScoreRequest, requests.ScoreByIdRequest, requests.ScoreBatchRequest, requests.WhatIfRequest)
_ANSWERS = (
    answers.ScoreAnswer,
    answers.BatchAnswer,
    answers.ExplainAnswer,
    answers.WhatIfAnswer,
    answers.ModelAnswer,
    answers.Health,
    ErrorAnswer,
)
_REFUSALS = {
    400: "the body is not JSON",
    401: "no valid key",
    403: "the key's role may not do this",
    404: "no such borrower, or no book configured",
    408: "the body did not come in time",
    409: "the Idempotency-Key was used with another body",
    413: "the body is too large",
    415: "the body is not application/json",
    422: "a field cannot be used; the answer names it",
    429: "too many requests with this key; Retry-After says when",
    503: "the audit cannot be written, or the book not be read",
}
_IDEMPOTENCY: dict[str, JsonValue] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key and body give the stored answer; another body 409.",
    "schema": {"type": "string", "pattern": "^[!-~]{1,128}$"},
}
_KEYS = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "An API key."},
    "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "login": {"type": "http", "scheme": "basic", "description": "Any user name, an API key as the password."},
}


DESCRIPTION = (
    "The probability that a borrower falls behind, as a score with its reasons, at the moment a loan is reviewed: the "
    "same number the nightly run gives. Rows are in the words of the book's tables, amounts in the currency's unit. "
    "Every refusal has the same form and names the field."
)


class Route(TypedDict):
    """The arguments of a route's decorator in FastAPI."""

    summary: str
    tags: list[str | Enum]
    openapi_extra: dict[str, JsonValue]
    responses: dict[int | str, dict[str, JsonValue]]


def _reference(name: str) -> dict[str, JsonValue]:
    return {"$ref": _REFERENCE.format(model=name)}


def _content(schema: str, example: JsonValue = None) -> dict[str, JsonValue]:
    content: dict[str, JsonValue] = {"schema": _reference(schema)}
    if example is not None:
        content["example"] = example
    return {"application/json": content}


def _examples() -> dict[str, dict[str, JsonValue]]:
    examples: dict[str, dict[str, JsonValue]] = json.loads(
        resources.files(__package__).joinpath("examples.json").read_text("utf-8")
    )
    return examples


_EXAMPLES = _examples()


def _post(tag: str, summary: str, request: str, answer: str, example: str, *codes: int) -> Route:
    answered: dict[str, JsonValue] = {
        "description": "The answer",
        "content": _content(answer, _EXAMPLES[example]["answer"]),
    }
    body: dict[str, JsonValue] = {"required": True, "content": _content(request, _EXAMPLES[example]["request"])}
    return {
        "summary": summary,
        "tags": [tag],
        "openapi_extra": {"requestBody": body, "parameters": [_IDEMPOTENCY]},
        "responses": {200: answered, **_refused(*codes)},
    }


def _refused(*codes: int) -> dict[int | str, dict[str, JsonValue]]:
    return {code: {"description": _REFUSALS[code], "content": _content("ErrorAnswer")} for code in codes}


_ALWAYS = (400, 401, 403, 408, 409, 413, 415, 422, 429, 503)
SCORE = _post("Scoring", "One borrower, with all their rows", "ScoreRequest", "ScoreAnswer", "score", *_ALWAYS)
SCORE_BY_ID = _post(
    "Scoring",
    "One borrower of the configured book; may open a warning",
    "ScoreByIdRequest",
    "ScoreAnswer",
    "score_by_id",
    *_ALWAYS,
    404,
)
SCORE_BATCH = _post(
    "Scoring",
    "Up to 1,000 borrowers, each answered on its own",
    "ScoreBatchRequest",
    "BatchAnswer",
    "score_batch",
    *_ALWAYS,
)
EXPLAIN = _post(
    "Review", "All contributions to a score, and a chart", "ScoreRequest", "ExplainAnswer", "explain", *_ALWAYS, 404
)
WHAT_IF = _post(
    "Review",
    "Other terms side by side, and the path to safe",
    "WhatIfRequest",
    "WhatIfAnswer",
    "what_if",
    *_ALWAYS,
    404,
)
MODEL: Route = {
    "summary": "The model that answers now",
    "tags": ["Service"],
    "openapi_extra": {},
    "responses": {
        200: {"description": "The model in service", "content": _content("ModelAnswer")},
        **_refused(401, 403, 429),
    },
}

METRICS: Route = {
    "summary": "Figures in Prometheus form",
    "tags": ["Service"],
    "openapi_extra": {},
    "responses": {
        200: {
            "description": "Scores by band, not scored by reason, latency by stage, the model in service",
            "content": {"text/plain": {"schema": {"type": "string"}}},
        },
        **_refused(401, 403, 429),
    },
}


@cache
def _schemas() -> dict[str, JsonSchemaValue]:
    """Return the JSON schema of every type, by name."""
    adapters: list[tuple[str, JsonSchemaMode, TypeAdapter[Any]]]
    adapters = [(kind.__name__, "validation", TypeAdapter(kind)) for kind in _REQUESTS]
    adapters += [(kind.__name__, "serialization", TypeAdapter(kind)) for kind in _ANSWERS]
    roots, shared = TypeAdapter.json_schemas(adapters, ref_template=_REFERENCE)
    schemas = dict(shared.get("$defs", {}))
    for (name, _), schema in roots.items():
        if "$ref" not in schema:
            schemas[str(name)] = schema
    items = schemas["ScoreBatchRequest"]["properties"]["borrowers"]
    items["items"] = _reference("ScoreRequest")
    return schemas


def document(app: FastAPI) -> bytes:
    """Return the document as JSON."""
    described = app.openapi()
    described["components"] = {"schemas": _schemas(), "securitySchemes": _KEYS}
    described["security"] = [{name: []} for name in _KEYS]
    for path in _HEALTH:
        described["paths"][path] = {"get": _health(path)}
    return json.dumps(described, ensure_ascii=False).encode()


_HEALTH = {
    "/livez": "Whether the process lives",
    "/healthz": "The same, by another name",
    "/readyz": "Whether requests should be sent here",
}


def _health(path: str) -> dict[str, JsonValue]:
    responses: dict[str, JsonValue] = {"200": {"description": "It is", "content": _content("Health")}}
    if path == "/readyz":
        responses["503"] = {"description": "Send requests elsewhere", "content": _content("ErrorAnswer")}
    return {"summary": _HEALTH[path], "tags": ["Service"], "security": [], "responses": responses}
