"""The runtime: all parts of a serving process, started and stopped in order."""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
from contextlib import suppress
from dataclasses import asdict

from risk_warning.audit.decision_writer import DecisionWriter
from risk_warning.audit.decisions import Decisions
from risk_warning.audit.events import append_event
from risk_warning.audit.key_ring import REFRESH_SECONDS, KeyRing
from risk_warning.errors import DatabaseError, RiskWarningError
from risk_warning.service.access import ROLES, Access
from risk_warning.service.borrowers import Borrowers
from risk_warning.service.champions.champion import Champion
from risk_warning.service.champions.served import MODEL_SERVED, Served
from risk_warning.service.champions.shadow import Shadow
from risk_warning.service.metrics import Metrics
from risk_warning.settings import Settings, load_settings

_SWITCH_SECONDS = 0.0005
_log = logging.getLogger(__name__)


class Runtime:
    """The parts of one serving process."""

    def __init__(self) -> None:
        self.metrics = Metrics(ROLES)
        self.is_draining = False
        self.problem: str | None = None
        """Why the process cannot start, in one sentence; None if it can."""
        self._started = False

    async def start(self) -> None:
        """Start all parts, so that the process can answer.

        Raises
        ------
        RiskWarningError
            The settings, the database or the model cannot be used; the message says what to do.
        """
        try:
            await self._start()
        except RiskWarningError as error:
            self.problem = str(error)
            raise

    async def _start(self) -> None:
        # This is how long a thread waits for one that computes. It is short: answers wait for the audit's thread.
        sys.setswitchinterval(_SWITCH_SECONDS)
        self.settings: Settings = load_settings()
        service = self.settings.service
        url = self.settings.database_url
        self.writer = await asyncio.to_thread(DecisionWriter, url)
        self.decisions = await asyncio.to_thread(Decisions, url)
        keys = None
        if self.settings.no_auth:
            _log.warning(
                "RISK_WARNING_NO_AUTH=1: NOBODY NEEDS A KEY. Only requests from this machine are answered. For a demo "
                "only: create keys with `risk-warning keys create` and unset the variable."
            )
        else:
            keys = await asyncio.to_thread(KeyRing, url)
        self.access = Access(keys, service.rate_limit)
        self._refreshing = asyncio.create_task(self._refresh())
        self.borrowers = Borrowers(service.book, self.settings)
        self.shadow = Shadow(self.metrics)
        self.champion = Champion(self.settings, self._model_changes, self.shadow.follow)
        await self.champion.start()
        self._started = True

    async def stop(self) -> None:
        """Stop all parts; pending decisions are written, and the other processes end."""
        self._started = False
        gc.unfreeze()
        self._refreshing.cancel()
        with suppress(asyncio.CancelledError):
            await self._refreshing
        await self.champion.stop()
        await self.shadow.stop()
        with suppress(DatabaseError):
            await asyncio.to_thread(self.writer.close)
        self.decisions.close()
        self.access.close()

    @property
    def not_ready(self) -> str | None:
        """The reason why no request should be sent here now; None if the service is ready."""
        if not self._started:
            return "The service is starting."
        if self.is_draining:
            return "The service is stopping; send requests elsewhere."
        if not self.writer.healthy:
            return "The audit cannot be written; see the log."
        return None

    async def _model_changes(self, old: Served | None, new: Served) -> None:
        """Record in the trail which model and policy answer from now on; a replay reads the policy from there."""
        before = None if old is None else old.model.version
        detail = {"before": before, "source": new.source, "policy": asdict(new.policy)}
        await asyncio.to_thread(
            append_event,
            self.settings.database_url,
            actor="service",
            kind=MODEL_SERVED,
            subject=new.model.version,
            detail=detail,
        )
        self.metrics.serving(new.model.version, new.policy.version)

    async def _refresh(self) -> None:
        while True:
            await asyncio.sleep(REFRESH_SECONDS)
            await self.access.refresh()
