"""Decisions, written to an audit trail as the service writes them."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import date
from typing import Any

from risk_warning.audit.decision_writer import DecisionWriter
from risk_warning.audit.decisions import Decision
from risk_warning.audit.events import CHAIN_REACHED, events_about
from risk_warning.core.warning_reason import WarningReason

NOV = date(2023, 11, 1)
REASON = WarningReason("R1", "dpd_now", -20.0, -15.5, {"en": "late", "zh": "逾期"})


def decision(request_id: str, **other: Any) -> Decision:
    given = Decision(
        request_id=request_id,
        route="/score",
        key_name="loan-system",
        role="scorer",
        as_of_date=date(2023, 10, 1),
        model_version="m1",
        model_digest="d" * 64,
        policy_version="p1",
        inputs=f'{{"profile":{{"region":"北京"}},"request":"{request_id}"}}',
        keep_inputs=True,
        answer=f'{{"score":612.5,"request_id":"{request_id}"}}',
        idempotency_key=None,
        body_digest="b" * 64,
    )
    return replace(given, **other)


def written(url: str, *given: Decision) -> DecisionWriter:
    """Write the decisions, and return their writer once it has recorded them all."""
    writer = DecisionWriter(url)
    for future in [writer.submit(one) for one in given]:
        future.result()
    for _ in range(200):
        if {one["rows"] for one in events_about(url, CHAIN_REACHED, writer.chain, dict)} >= {len(given)}:
            return writer
        time.sleep(0.05)
    raise AssertionError("the writer recorded nothing within ten seconds")
