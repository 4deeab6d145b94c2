"""Answers of a loan review have the types they declare, and all their parts are about the same borrower."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from bodies import Json
from pydantic import TypeAdapter

from risk_warning.service import work
from risk_warning.service.champions.served import Served, serve
from risk_warning.service.model_answer import model_answer
from risk_warning.service.wire.answers import ModelAnswer, WhatIfAnswer, text_of
from risk_warning.settings import BookSettings, Settings

ROOT = Path(__file__).parents[2]
EXAMPLES = json.loads((ROOT / "src/risk_warning/service/wire/examples.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def served() -> Served:
    return serve(ROOT / "models" / "demo", "models/demo", Settings())


def answer(route: str, body: Json, served: Served) -> work.Done:
    return work.again("id", route, json.dumps(body), served, BookSettings())


@pytest.mark.parametrize("name", ["score", "score_batch", "explain", "what_if"])
def test_an_answer_has_the_types_it_declares(name: str, served: Served) -> None:
    result = answer(f"/{name}", EXAMPLES[name]["request"], served).answer
    # A value of another type causes a warning here, which pytest turns into an error.
    assert TypeAdapter(type(result)).dump_json(result).decode() == text_of(result)
    assert next(iter(json.loads(text_of(result)))) == "request_id"


def test_the_model_in_service_has_the_types_it_declares(served: Served) -> None:
    content = json.loads(TypeAdapter(ModelAnswer).dump_json(model_answer(served, None)))
    assert content["policy"]["threshold"] == content["threshold"]
    assert content["target"]["horizon_months"] in content["horizons_months"]


def without_open_loans() -> Json:
    """Return the request of the examples with all loans repaid and without a loan under review."""
    body = {**EXAMPLES["score"]["request"]}
    body.pop("loan_under_review", None)
    return {**body, "loans": [{**loan, "closed_on": "2024-05-31"} for loan in body["loans"]]}


def test_the_path_to_safe_starts_where_the_base_stands_though_no_loan_is_open(served: Served) -> None:
    body = without_open_loans()
    scored = json.loads(text_of(answer("/score", body, served).answer))
    assert scored["not_scored"] == "no_open_loan"
    comparison = answer("/what_if", body, served).answer
    assert isinstance(comparison, WhatIfAnswer)
    assert comparison.base.score is not None
    start = vars(comparison.path_to_safe.start)
    assert start == {name: getattr(comparison.base, name) for name in start}
    assert comparison.path_to_safe.why != "not_scored"
