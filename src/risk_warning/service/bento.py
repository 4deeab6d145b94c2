"""The BentoML service: one application behind one gate.

`bentoml serve` starts it; BentoML provides the supervising process, the workers and the packaging. The gate comes
before BentoML's own middleware: its timeout keeps a timer and five kilobytes of every request until the timeout has
passed, and its tracing adds to the time of every answer.
"""

from __future__ import annotations

import os
import sys
from contextlib import chdir
from pathlib import Path
from typing import Any

# A lender's servers send no usage data to anybody.
os.environ.setdefault("BENTOML_DO_NOT_TRACK", "True")
# BentoML keeps metrics in files of a folder that the user's next service empties; one process needs no files.
os.environ.pop("PROMETHEUS_MULTIPROC_DIR", None)

import bentoml
import click
from _bentoml_sdk import Service
from bentoml._internal.configuration.containers import BentoMLContainer

from risk_warning.errors import RiskWarningError
from risk_warning.output import private_by_default
from risk_warning.service import connections, preflight
from risk_warning.service.app import create_app
from risk_warning.service.gate import Gate
from risk_warning.service.process import ServingProcess

private_by_default()
connections.install()
_FOLDER = Path.cwd()
process = ServingProcess()
api = create_app(process)


class _GatedService(Service[Any]):
    """A service that can be reached only through the gate."""

    def to_asgi(self, is_main: bool = True) -> Any:
        """Return the ASGI application that the server runs."""
        return Gate(super().to_asgi(is_main), api=api, process=process)


def _address() -> tuple[str, int]:
    """Return the host and port given to `bentoml serve`, or its defaults."""
    options = context.params if (context := click.get_current_context(silent=True)) else {}
    http = BentoMLContainer.http
    return options.get("host") or http.host.get(), options.get("port") or http.port.get()


class _RiskWarning:
    """Real-time scoring at loan review."""

    @bentoml.on_deployment
    @staticmethod
    def check() -> None:
        """End `bentoml serve` with a one-sentence error if the service could not answer requests."""
        try:
            # Workers run in the Bento's own folder; it is the working directory only while this module is imported.
            with chdir(_FOLDER):
                preflight.check()
            preflight.check_port(*_address())
        except RiskWarningError as error:
            print(f"risk-warning: {error}", file=sys.stderr)
            raise SystemExit(error.exit_code) from None


# The service's own metrics and log report what BentoML's would, and contain none of a borrower's values.
RiskWarning = bentoml.service(
    _RiskWarning,
    name="risk_warning",
    service_class=_GatedService,
    metrics={"enabled": False},
    logging={"access": {"enabled": False}},
)
RiskWarning.mount_asgi_app(api, path="/")
