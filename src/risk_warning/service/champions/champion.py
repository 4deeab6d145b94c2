"""The champion: the model that answers, kept in step with the registry without a restart."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from risk_warning.errors import ModelError, RegistryError, RiskWarningError
from risk_warning.model.policy_in_force import policy_of
from risk_warning.registry.on_record import check_on_record
from risk_warning.registry.reference import REGISTERED
from risk_warning.registry.registry import keep
from risk_warning.service.champions.served import Served, serve, settle_memory
from risk_warning.service.champions.trial import try_out
from risk_warning.service.supervised import Supervised
from risk_warning.settings import Settings

_FIRST_SECONDS = 120.0
"""Time within which the registry must name the first champion."""
_AGAIN_SECONDS = 2.0
_LAST = "serving.json"
"""The file under home that records which model answers."""
_log = logging.getLogger(__name__)
Changed = Callable[[Served | None, Served], Awaitable[None]]


class Champion:
    """The model in service, and the folder of the challenger.

    `changed` is awaited with the old and the new model before the new one answers; if it fails, the old one stays, and
    the new one is tried again.
    """

    def __init__(
        self,
        settings: Settings,
        supervised: Supervised,
        changed: Changed,
        challenged: Callable[[Path | None], Awaitable[None]],
    ) -> None:
        self._settings = settings
        self._supervised = supervised
        self._changed = changed
        self._challenged = challenged
        self._served: Served | None = None
        self._wanted: Path | None = None
        """Folder of the model that the registry names; None before it has named one."""
        self._tried: Path | None = None
        """Folder of the model that a process of its own has tried with success."""
        self._first = asyncio.Event()
        self._changing = asyncio.Lock()

    @property
    def served(self) -> Served:
        """The model and policy that answer now."""
        if self._served is None:
            raise ModelError("No model is loaded yet; wait until the service is ready.")
        return self._served

    @property
    def is_loaded(self) -> bool:
        """Whether a model is loaded and can answer."""
        return self._served is not None

    async def start(self) -> None:
        """Load a model, which answers from then on; follow changes of the registry and of the configured policy.

        Raises
        ------
        ModelError, RegistryError
            No model is available: neither in the folder, nor in the registry, nor kept from before.
        """
        name, seconds = self._settings.model, self._settings.service.registry_poll_seconds
        if name.startswith(REGISTERED):
            await self._start_following(name, seconds)
        else:
            await self._take(Path(name))
        if self._settings.policy is not None:
            self._supervised.every(seconds, "policy", self._take_policy)

    async def _start_following(self, name: str, seconds: float) -> None:
        self._supervised.run(_AGAIN_SECONDS, "registry", self._watch)
        try:
            async with asyncio.timeout(_FIRST_SECONDS):
                await self._first.wait()
        except TimeoutError:
            raise RegistryError(f"The registry did not name a model within {_FIRST_SECONDS:.0f} s.") from None
        try:
            await self._take_wanted()
        except RiskWarningError as error:
            _log.error("the champion cannot be served: %s", error)
        if self._served is None:
            # The registry may be down when the service starts: the model that answered last goes on.
            folder = last_served(name, self._settings)
            if folder is None:
                raise RegistryError(f"There is no model {name} that can be served, and none was kept from before.")
            await self._take(folder)
        self._supervised.every(seconds, "champion", self._take_wanted)

    async def _watch(self, works: Callable[[], None]) -> None:
        """Read what the watching process reports, as long as it runs."""
        seconds = str(self._settings.service.registry_poll_seconds)
        command = (sys.executable, "-m", "risk_warning.service.champions.registry_watch", self._settings.model, seconds)
        process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        try:
            assert process.stdout is not None
            async for line in process.stdout:
                said = json.loads(line)
                if "problem" in said:
                    _log.error("registry: %s The model in service stays.", said["problem"])
                else:
                    works()
                    self._wanted = Path(said["champion"])
                    challenger = said["challenger"]
                    await self._challenged(None if challenger is None else Path(challenger))
                self._first.set()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        raise RegistryError("The process that watches the registry ended.")

    async def _take_wanted(self) -> None:
        """Let the model that the registry names answer, if it can and is another one."""
        if self._wanted is not None:
            await self._take(self._wanted)

    async def _take_policy(self) -> None:
        """Let the configured policy decide, if it is a new version."""
        async with self._changing:
            served = self.served
            policy = await asyncio.to_thread(policy_of, served.model, self._settings)
            if policy.version == served.policy.version:
                return
            changed = replace(served, policy=policy, since=datetime.now(UTC))
            await self._changed(served, changed)
            self._served = changed
            _log.warning("serving %s with policy %s", changed.model.version, policy.version)

    async def _take(self, folder: Path) -> None:
        async with self._changing:
            if self._served is None or self._served.model.version != folder.name:
                await self._take_model(folder)

    async def _take_model(self, folder: Path) -> None:
        settings, source = self._settings, self._settings.model
        if self._served is not None and self._tried != folder:
            await try_out(folder)
            self._tried = folder
        served = await asyncio.to_thread(serve, folder, source, settings)
        if self._served is not None and self._served.model.version == served.model.version:
            return
        if source.startswith(REGISTERED):
            await asyncio.to_thread(check_on_record, served.model, settings)
        await asyncio.to_thread(keep, folder, served.model.version, settings)
        await self._changed(self._served, served)
        settle_memory(collect=self._served is None)
        self._served = served
        _log.warning("serving %s with policy %s", served.model.version, served.policy.version)
        settings.home.mkdir(parents=True, exist_ok=True)
        last = json.dumps({"folder": str(folder.absolute()), "source": source})
        (settings.home / _LAST).write_text(last, encoding="utf-8")


def last_served(name: str, settings: Settings) -> Path | None:
    """Return the folder of the model that last answered as `name`, None if there is no such folder."""
    try:
        last = json.loads((settings.home / _LAST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    folder = Path(last["folder"])
    return folder if last["source"] == name and folder.is_dir() else None
