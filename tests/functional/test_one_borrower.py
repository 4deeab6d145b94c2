"""What the answer about one borrower says when there is little data."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from risk_warning.errors import RequestError
from risk_warning.model.folder import load
from risk_warning.model.risk_model import RiskModel
from risk_warning.review.one_borrower import Question, answer, examine
from risk_warning.service.wire.inputs import question_in
from risk_warning.settings import BookSettings

ROOT = Path(__file__).parents[2]
SETTINGS = BookSettings()
TABLES = ("borrowers", "loans", "instalments", "statements", "events")


@pytest.fixture(scope="module")
def model() -> RiskModel:
    return load(ROOT / "models" / "demo")


def example_question() -> Question:
    examples = json.loads((ROOT / "src/risk_warning/service/wire/examples.json").read_text(encoding="utf-8"))
    return question_in(json.dumps(examples["score"]["request"]), SETTINGS)


def test_a_borrower_whose_own_row_cannot_be_read_is_told_so_and_nothing_else(model: RiskModel) -> None:
    nothing = Question("B", date(2024, 6, 1), dict.fromkeys(TABLES, ()), set_aside=True)
    result = answer(examine(nothing, model, model.policy, SETTINGS))
    assert result.not_scored == "rows_set_aside"
    assert result.score is None and result.reasons == ()


def test_a_reason_that_rests_on_nothing_observed_says_so(model: RiskModel) -> None:
    result = answer(examine(example_question(), model, model.policy, SETTINGS))
    for reason in result.reasons:
        assert (reason.value is None) == reason.code.endswith(("_unknown", "_none"))
        assert (reason.value is None) == reason.text["en"].startswith("No ")
    assert None in {reason.value for reason in result.reasons}


def test_columns_the_model_reads_and_nobody_sent_are_listed(model: RiskModel) -> None:
    result = answer(examine(example_question(), model, model.policy, SETTINGS))
    assert "borrowers.region" in result.empty_columns
    assert not {"borrowers.monthly_income", "loans.loan_id"} & set(result.empty_columns)


@pytest.mark.parametrize("table", TABLES)
def test_a_table_the_model_reads_has_to_be_there(model: RiskModel, table: str) -> None:
    question = example_question()
    records = {name: rows for name, rows in question.records.items() if name != table}
    with pytest.raises(RequestError, match="send it, or an empty list") as refused:
        examine(Question("B", question.as_of_date, records), model, model.policy, SETTINGS)
    assert refused.value.field == ("profile" if table == "borrowers" else table)
