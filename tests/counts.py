"""How often: tests that load or break the service run a tenth of their count unless RISK_WARNING_TESTS=full."""

from __future__ import annotations

import os


def count(full: int) -> int:
    """The count of this run."""
    return full if os.environ.get("RISK_WARNING_TESTS") == "full" else full // 10
