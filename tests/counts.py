"""Counts: tests that load or break the service run a tenth of their count unless TEST_COUNTS=full."""

from __future__ import annotations

import os

FULL = os.environ.get("TEST_COUNTS") == "full"


def count(full: int) -> int:
    """Return the count for this run: `full`, or a tenth of it."""
    return full if FULL else full // 10
