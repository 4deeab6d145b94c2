"""The BentoML service: one application behind one gate.

`bentoml serve` starts it; BentoML brings the supervising process, the workers and the packaging.
"""

from __future__ import annotations

import os

# A lender's servers tell nobody what they serve.
os.environ.setdefault("BENTOML_DO_NOT_TRACK", "True")

import bentoml

from risk_warning.service.app import create_app
from risk_warning.service.gate import Gate
from risk_warning.service.runtime import Runtime

runtime = Runtime()
api = create_app(runtime)


# The service's own metrics and log say what the framework's would, and none of them a borrower's values.
_configured = bentoml.service(
    name="risk_warning",
    traffic={"timeout": 120},
    metrics={"enabled": False},
    logging={"access": {"enabled": False}},
)


class _RiskWarning:
    """Real-time scoring at loan review."""


RiskWarning = _configured(_RiskWarning)
RiskWarning.mount_asgi_app(api, path="/")
RiskWarning.add_asgi_middleware(Gate, api=api, runtime=runtime)
