"""Real-time scoring over HTTP. `bentoml serve` finds the service here, as `risk_warning.service:RiskWarning`."""

from __future__ import annotations

from typing import Any


def __getattr__(name: str) -> Any:
    # Imported on first use, so that a replay does not wait for BentoML.
    if name == "RiskWarning":
        from risk_warning.service.bento import RiskWarning

        return RiskWarning
    raise AttributeError(name)
