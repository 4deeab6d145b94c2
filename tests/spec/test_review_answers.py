"""Answers of a loan review: of the types they declare, and about the same borrower in all their parts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
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


def answer(route: str, body: dict[str, Any], served: Served) -> work.Done:
    return work.again("id", route, json.dumps(body), served, BookSettings())


@pytest.mark.parametrize("name", ["score", "score_batch", "explain", "what_if"])
def test_an_answer_has_the_types_it_declares(name: str, served: Served) -> None:
    told = answer(f"/{name}", EXAMPLES[name]["request"], served).answer
    # A value of another type would be a warning here, and so an error.
    assert TypeAdapter(type(told)).dump_json(told).decode() == text_of(told)
    assert next(iter(json.loads(text_of(told)))) == "request_id"


def test_the_model_in_service_has_the_types_it_declares(served: Served) -> None:
    told = json.loads(TypeAdapter(ModelAnswer).dump_json(model_answer(served, None)))
    assert told["policy"]["threshold"] == told["threshold"]
    assert told["target"]["horizon_months"] in told["horizons_months"]


def without_open_loans() -> dict[str, Any]:
    """The borrower of the examples, whose loans are all repaid, and who asks for none."""
    body = {**EXAMPLES["score"]["request"]}
    body.pop("loan_under_review", None)
    return {**body, "loans": [{**loan, "closed_on": "2024-05-31"} for loan in body["loans"]]}


def test_the_path_to_safe_starts_where_the_base_stands_though_no_loan_is_open(served: Served) -> None:
    body = without_open_loans()
    scored = json.loads(text_of(answer("/score", body, served).answer))
    assert scored["not_scored"] == "no_open_loan"
    told = answer("/what_if", body, served).answer
    assert isinstance(told, WhatIfAnswer)
    assert told.base.score is not None
    start = vars(told.path_to_safe.start)
    assert start == {name: getattr(told.base, name) for name in start}
    assert told.path_to_safe.why != "not_scored"
