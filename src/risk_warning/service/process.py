"""The serving process: what is known of it before, while and after it can answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from risk_warning.errors import RiskWarningError
from risk_warning.service.access import ROLES
from risk_warning.service.metrics import Metrics
from risk_warning.service.runtime import Runtime, running
from risk_warning.service.wire.refusals import Refusal
from risk_warning.settings import load_settings

_STARTING = "The service is starting."


class ServingProcess:
    """One process of the service."""

    def __init__(self) -> None:
        self.metrics = Metrics(ROLES)
        self.is_draining = False
        self.problem: str | None = None
        """Why the process cannot start, in one sentence; None if it can."""
        self._runtime: Runtime | None = None

    @property
    def runtime(self) -> Runtime:
        """The parts of the process; raises `Refusal` 503 while it is starting or has stopped."""
        if self._runtime is None:
            raise Refusal(503, "unavailable", _STARTING)
        return self._runtime

    @property
    def not_ready(self) -> str | None:
        """The reason why no request should be sent here now; None if the service is ready."""
        if self._runtime is None:
            return _STARTING
        if self.is_draining:
            return "The service is stopping; send requests elsewhere."
        if not self._runtime.writer.healthy:
            return "The audit cannot be written; see the log."
        return None

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Runtime]:
        """Start the process, and stop it at the end of the `with` block.

        Raises
        ------
        RiskWarningError
            The settings, the database or the model cannot be used; the message says what to do.
        """
        async with AsyncExitStack() as stack:
            try:
                self._runtime = await stack.enter_async_context(running(load_settings(), self.metrics))
            except RiskWarningError as error:
                self.problem = str(error)
                raise
            try:
                yield self._runtime
            finally:
                self._runtime = None
