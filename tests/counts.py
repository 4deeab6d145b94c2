"""Counts: tests that load or break the service run a tenth of their count unless RISK_WARNING_TESTS=full."""

from __future__ import annotations

import os

FULL = os.environ.get("RISK_WARNING_TESTS") == "full"


def count(full: int) -> int:
    """Return the count for this run: `full`, or a tenth of it."""
    return full if FULL else full // 10
