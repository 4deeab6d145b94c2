"""The champion: the model that answers, kept in step with the registry without a restart."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from risk_warning.errors import ModelError, RegistryError, RiskWarningError
from risk_warning.model.policy_in_force import policy_of
from risk_warning.registry.reference import REGISTERED
from risk_warning.registry.registry import keep
from risk_warning.service.champions.served import Served, serve, settle_memory
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

    `changed` is awaited with the old and the new model before the new one answers; if it fails, the old one stays.
    """

    def __init__(self, settings: Settings, changed: Changed, challenged: Callable[[Path | None], Awaitable[None]]):
        self._settings = settings
        self._changed = changed
        self._challenged = challenged
        self._served: Served | None = None
        self._first = asyncio.Event()
        self._watching: asyncio.Task[None] | None = None
        self._following: asyncio.Task[None] | None = None
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
        await self._start_model(self._settings.model)
        if self._settings.policy is not None:
            self._following = asyncio.create_task(self._follow_policy())

    async def _start_model(self, name: str) -> None:
        if not name.startswith(REGISTERED):
            await self._take(Path(name), name)
            return
        self._watching = asyncio.create_task(self._watch(name))
        try:
            async with asyncio.timeout(_FIRST_SECONDS):
                await self._first.wait()
        except TimeoutError:
            raise RegistryError(f"The registry did not name a model within {_FIRST_SECONDS:.0f} s.") from None
        if self._served is None:
            await self._take_kept(name)

    async def stop(self) -> None:
        """Stop watching the registry and the policy."""
        for task in (self._watching, self._following):
            if task is not None:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    async def _watch(self, name: str) -> None:
        """Read what the watching process reports, and start another one if it ends."""
        seconds = str(self._settings.service.registry_poll_seconds)
        command = (sys.executable, "-m", "risk_warning.service.champions.registry_watch", name, seconds)
        while True:
            process = await asyncio.create_subprocess_exec(
                *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
            )
            try:
                assert process.stdout is not None
                async for line in process.stdout:
                    await self._hear(json.loads(line), name)
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()
            _log.error("the watch on the registry ended; it is started again")
            await asyncio.sleep(_AGAIN_SECONDS)

    async def _hear(self, said: dict[str, str | None], name: str) -> None:
        if "problem" in said:
            _log.error("registry: %s The model in service stays.", said["problem"])
        else:
            assert said["champion"] is not None
            try:
                await self._take(Path(said["champion"]), name)
            except RiskWarningError as error:
                _log.error("the new champion cannot be served: %s", error)
            challenger = said["challenger"]
            await self._challenged(None if challenger is None else Path(challenger))
        self._first.set()

    async def _follow_policy(self) -> None:
        """Use each new version of the configured policy; one that cannot be used is logged once and ignored."""
        problem = ""
        while True:
            await asyncio.sleep(self._settings.service.registry_poll_seconds)
            try:
                async with self._changing:
                    await self._take_policy()
                problem = ""
            except RiskWarningError as error:
                if str(error) != problem:
                    problem = str(error)
                    _log.error("the new policy cannot be used, the one in service stays: %s", problem)

    async def _take_policy(self) -> None:
        served = self.served
        policy = await asyncio.to_thread(policy_of, served.model, self._settings)
        if policy.version == served.policy.version:
            return
        changed = replace(served, policy=policy, since=datetime.now(UTC))
        await self._changed(served, changed)
        self._served = changed
        _log.warning("serving %s with policy %s", changed.model.version, policy.version)

    async def _take(self, folder: Path, source: str) -> None:
        async with self._changing:
            await self._take_model(folder, source)

    async def _take_model(self, folder: Path, source: str) -> None:
        if self._served is not None and self._served.model.version == folder.name:
            return
        served = await asyncio.to_thread(serve, folder, source, self._settings)
        if self._served is not None and self._served.model.version == served.model.version:
            return
        await asyncio.to_thread(keep, folder, served.model.version, self._settings)
        await self._changed(self._served, served)
        settle_memory(collect=self._served is None)
        self._served = served
        _log.warning("serving %s with policy %s", served.model.version, served.policy.version)
        self._settings.home.mkdir(parents=True, exist_ok=True)
        last = json.dumps({"folder": str(folder.absolute()), "source": source})
        (self._settings.home / _LAST).write_text(last, encoding="utf-8")

    async def _take_kept(self, name: str) -> None:
        """Take the model that answered last: the registry may be down when the service starts."""
        folder = last_served(name, self._settings)
        if folder is None:
            raise RegistryError(f"There is no model {name}, and none was kept from before.")
        await self._take(folder, name)


def last_served(name: str, settings: Settings) -> Path | None:
    """Return the folder of the model that last answered as `name`, None if there is no such folder."""
    try:
        last = json.loads((settings.home / _LAST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    folder = Path(last["folder"])
    return folder if last["source"] == name and folder.is_dir() else None
