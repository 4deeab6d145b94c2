"""Every reason why nobody is scored has a place in the answer."""

from __future__ import annotations

from typing import get_args

from risk_warning.core.outcomes.target import REASONS
from risk_warning.service.wire.answers import NotScored


def test_every_reason_can_be_answered_over_http() -> None:
    assert set(get_args(NotScored)) == set(REASONS)
