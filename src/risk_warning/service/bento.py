"""The BentoML service: one application behind one gate.

`bentoml serve` starts it; BentoML brings the supervising process, the workers and the packaging. The gate stands before
BentoML's own layers: their time-out keeps a timer and five kilobytes of every request for as long as it allows, and
their tracing takes its share of every answer.
"""

from __future__ import annotations

import os
import sys
from contextlib import chdir
from pathlib import Path
from typing import Any

# A lender's servers tell nobody what they serve.
os.environ.setdefault("BENTOML_DO_NOT_TRACK", "True")
# BentoML has figures kept in files of a folder that the next service of the same user empties; one process needs none.
os.environ.pop("PROMETHEUS_MULTIPROC_DIR", None)

import bentoml
import click
from _bentoml_sdk import Service
from bentoml._internal.configuration.containers import BentoMLContainer

from risk_warning.errors import RiskWarningError
from risk_warning.service import preflight
from risk_warning.service.app import create_app
from risk_warning.service.gate import Gate
from risk_warning.service.runtime import Runtime

_FOLDER = Path.cwd()
runtime = Runtime()
api = create_app(runtime)


class _GatedService(Service[Any]):
    """A service that nothing reaches but through the gate."""

    def to_asgi(self, is_main: bool = True) -> Any:
        """The ASGI application the server runs."""
        return Gate(super().to_asgi(is_main), api=api, runtime=runtime)


def _address() -> tuple[str, int]:
    """Where `bentoml serve` was told to listen, or does where it was told nothing."""
    told = context.params if (context := click.get_current_context(silent=True)) else {}
    http = BentoMLContainer.http
    return told.get("host") or http.host.get(), told.get("port") or http.port.get()


class _RiskWarning:
    """Real-time scoring at loan review."""

    @bentoml.on_deployment
    @staticmethod
    def check() -> None:
        """Nothing comes back; ends `bentoml serve` with a sentence where the service could not answer anybody."""
        try:
            # A Bento's own folder, where its workers run, is the working directory only while this module is imported.
            with chdir(_FOLDER):
                preflight.check()
            preflight.check_port(*_address())
        except RiskWarningError as error:
            print(f"risk-warning: {error}", file=sys.stderr)
            raise SystemExit(error.exit_code) from None


# The service's own metrics and log say what the framework's would, and none of them a borrower's values.
RiskWarning = bentoml.service(
    _RiskWarning,
    name="risk_warning",
    service_class=_GatedService,
    metrics={"enabled": False},
    logging={"access": {"enabled": False}},
)
RiskWarning.mount_asgi_app(api, path="/")
