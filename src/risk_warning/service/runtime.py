"""The runtime: the parts of a serving process, all of them started."""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import asdict, dataclass
from functools import cached_property

from risk_warning.audit.decision_writer import DecisionWriter
from risk_warning.audit.decisions import Decisions
from risk_warning.audit.events import append_event
from risk_warning.audit.key_ring import REFRESH_SECONDS, KeyRing
from risk_warning.errors import RiskWarningError
from risk_warning.service.access import Access
from risk_warning.service.borrowers import Borrowers
from risk_warning.service.champions.champion import Champion
from risk_warning.service.champions.served import MODEL_SERVED, Served
from risk_warning.service.champions.shadow import Shadow
from risk_warning.service.connections import CONNECTIONS
from risk_warning.service.deciding import Deciding
from risk_warning.service.metrics import Metrics
from risk_warning.service.supervised import Supervised
from risk_warning.settings import Settings

_SWITCH_SECONDS = 0.0005
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Runtime:
    """The parts of one serving process."""

    settings: Settings
    metrics: Metrics
    supervised: Supervised
    writer: DecisionWriter
    decisions: Decisions
    access: Access
    borrowers: Borrowers
    shadow: Shadow
    champion: Champion

    @cached_property
    def deciding(self) -> Deciding:
        """The step that stores each answer before it is sent."""
        return Deciding(self)


@asynccontextmanager
async def running(settings: Settings, metrics: Metrics) -> AsyncIterator[Runtime]:
    """Start all parts and yield them; then stop them, so that pending decisions are written and no process is left.

    Raises
    ------
    RiskWarningError
        The database or the model cannot be used; the message says what to do.
    """
    # This is how long a thread waits for one that computes. It is short: answers wait for the audit's thread.
    usual_seconds = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_SECONDS)
    async with AsyncExitStack() as stack:
        stack.callback(sys.setswitchinterval, usual_seconds)
        stack.callback(gc.unfreeze)
        writer = await asyncio.to_thread(DecisionWriter, settings.database_url)
        stack.push_async_callback(_close, writer)
        decisions = await asyncio.to_thread(Decisions, settings.database_url)
        stack.callback(decisions.close)
        access = Access(await _keys(settings), settings.service.rate_limit)
        stack.callback(access.close)
        CONNECTIONS.bound(settings.service.max_connections)
        supervised = Supervised(metrics)
        stack.push_async_callback(supervised.stop)
        supervised.every(REFRESH_SECONDS, "keys", access.refresh)
        shadow = Shadow(metrics)
        stack.push_async_callback(shadow.stop)

        async def record(old: Served | None, new: Served) -> None:
            await asyncio.to_thread(_record_model, settings.database_url, old, new)
            metrics.serving(new.model.version, new.policy.version)

        champion = Champion(settings, supervised, record, shadow.follow)
        await champion.start()
        borrowers = Borrowers(settings.service.book, settings)
        yield Runtime(settings, metrics, supervised, writer, decisions, access, borrowers, shadow, champion)


async def _keys(settings: Settings) -> KeyRing | None:
    if not settings.no_auth:
        return await asyncio.to_thread(KeyRing, settings.database_url)
    _log.warning(
        "RISK_WARNING_NO_AUTH=1: NOBODY NEEDS A KEY. Only requests from this machine are answered. For a demo only: "
        "create keys with `risk-warning keys create` and unset the variable."
    )
    return None


async def _close(writer: DecisionWriter) -> None:
    with suppress(RiskWarningError):
        await asyncio.to_thread(writer.close)


def _record_model(url: str, old: Served | None, new: Served) -> None:
    """Record in the trail which model and policy answer from now on; a replay reads the policy from there."""
    before = None if old is None else old.model.version
    detail = {
        "before": before,
        "source": new.source,
        "policy": asdict(new.policy),
        "model_digest": new.model.digest,
    }
    append_event(url, actor="service", kind=MODEL_SERVED, subject=new.model.version, detail=detail)
