"""Answers of a loan review are of the types they declare."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from risk_warning.service import work
from risk_warning.service.champions.served import Served, serve
from risk_warning.service.model_shown import model_shown
from risk_warning.service.wire.answers import ModelAnswer, text_of
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
    told = json.loads(TypeAdapter(ModelAnswer).dump_json(model_shown(served, None)))
    assert told["policy"]["threshold"] == told["threshold"]
    assert told["target"]["horizon_months"] in told["horizons_months"]
