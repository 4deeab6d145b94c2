"""The answer has a value for every reason why a borrower is not scored."""

from __future__ import annotations

from pydantic import TypeAdapter

from risk_warning.core.outcomes.target import REASONS
from risk_warning.service.wire.answers import ScoreAnswer


def test_every_reason_can_be_answered_over_http() -> None:
    not_scored = TypeAdapter(ScoreAnswer).json_schema(mode="serialization")["properties"]["not_scored"]
    assert set(not_scored["anyOf"][0]["enum"]) == set(REASONS)
