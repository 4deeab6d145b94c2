"""The examples of the OpenAPI page are real: the demo model gives exactly these answers.

`PYTHONPATH=tests python tests/docs/test_examples.py` rewrites the answers after a change of the model or of an
answer's form.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from bodies import Json

from risk_warning.service import work
from risk_warning.service.champions.served import Served, serve
from risk_warning.service.wire.answers import Answer, ScoreAnswer, text_of
from risk_warning.service.wire.inputs import question_in
from risk_warning.settings import BookSettings, Settings

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "src" / "risk_warning" / "service" / "wire" / "examples.json"
REQUEST_ID = "3f0c2b6a9d5e4f1c8a7b6c5d4e3f2a1b"


def served() -> Served:
    return serve(ROOT / "models" / "demo", "models/demo", Settings())


def answered(name: str, request: Json, by: Served) -> Json:
    settings, text = BookSettings(), json.dumps(request)
    if name == "score_by_id":
        # Independent of the configured book: the borrower and the rows are those of the first example.
        whole = {**examples()["score"]["request"], **request}
        scored = work.score(REQUEST_ID, question_in(json.dumps(whole), settings), by, settings).answer
        assert isinstance(scored, ScoreAnswer)
        answer: Answer = replace(scored, warning="opened")
    else:
        answer = work.again(REQUEST_ID, f"/{name}", text, by, settings).answer
    content: Json = json.loads(text_of(answer))
    if name == "explain":
        # The page shows the largest contributions; a real answer contains every feature and the whole picture.
        content["explanation"]["contributions"] = content["explanation"]["contributions"][:3]
        content["waterfall_svg"] = dict.fromkeys(content["waterfall_svg"], "<svg …></svg>")
    return content


def examples() -> Json:
    content: Json = json.loads(EXAMPLES.read_text(encoding="utf-8"))
    return content


@pytest.mark.parametrize("name", ["score", "score_by_id", "score_batch", "explain", "what_if"])
def test_the_example_answers_the_example(name: str) -> None:
    example = examples()[name]
    assert example["answer"] == answered(name, example["request"], served())


if __name__ == "__main__":
    fresh, by = examples(), served()
    for name, example in fresh.items():
        example["answer"] = answered(name, example["request"], by)
    EXAMPLES.write_text(json.dumps(fresh, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
