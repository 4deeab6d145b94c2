"""Access: who may ask what, and how often.

| route | scorer | reviewer | risk | admin |
| --- | --- | --- | --- | --- |
| /score, /score_by_id, /score_batch | yes | yes | yes | yes |
| /explain, /what_if | | yes | yes | yes |
| /model, /docs, /openapi.json | yes | yes | yes | yes |
| /metrics | | | yes | yes |
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import ipaddress
import math
import re
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from limits import RateLimitItem, parse_many
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from risk_warning.audit.key_ring import KeyRing
from risk_warning.service.wire.refusals import Refusal

EVERYONE = frozenset({"scorer", "reviewer", "risk", "admin"})
_REVIEW = frozenset({"reviewer", "risk", "admin"})
_RISK = frozenset({"risk", "admin"})
ROLES: Mapping[str, frozenset[str]] = {
    "/score": EVERYONE,
    "/score_by_id": EVERYONE,
    "/score_batch": EVERYONE,
    "/explain": _REVIEW,
    "/what_if": _REVIEW,
    "/model": EVERYONE,
    "/metrics": _RISK,
    "/docs": EVERYONE,
    "/openapi.json": EVERYONE,
}
"""Route → roles that may ask it; whatever else there is, everyone with a key may find out."""
_CHALLENGE = 'Bearer realm="risk_warning", Basic realm="risk_warning"'
_FORWARDED = (b"forwarded", b"x-forwarded-for", b"x-real-ip")


@dataclass(frozen=True)
class Caller:
    """Who asks."""

    key_name: str
    role: str
    rate_limit: str | None = None


DEMO = Caller("no-auth", "admin")
"""Whoever asks from this machine while nobody needs a key."""


class Access:
    """Tells callers by their keys, and counts their requests; of one process."""

    def __init__(self, keys: KeyRing | None, rate_limit: str) -> None:
        self._keys = keys
        self._default = rate_limit
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="keys")
        self._limits: dict[str, list[RateLimitItem]] = {}
        # Of the library's counters the one that keeps two numbers a key, and no thread or timer of its own.
        self._counter = SlidingWindowCounterRateLimiter(MemoryStorage())

    @property
    def needs_keys(self) -> bool:
        """Whether callers need a key; else they have to be on this machine."""
        return self._keys is not None

    async def caller(self, headers: Mapping[bytes, bytes], client: str | None) -> Caller:
        """Who asks, by their key; `Refusal` 401 without a valid one, 403 where it may not be used from there."""
        if self._keys is None:
            return _on_this_machine(headers, client)
        text = key_in(headers)
        if text is None:
            raise _unauthenticated("This needs an API key: send it as 'Authorization: Bearer KEY' or 'X-API-Key: KEY'.")
        key = self._keys.find(text)
        if key is None and self._keys.worth_a_look(text):
            # It may have been made a moment ago.
            await self.refresh()
            key = self._keys.find(text)
        if key is None:
            raise _unauthenticated("The API key is not known, was revoked, or has expired; ask for a new one.")
        return Caller(key.name, key.role, key.rate_limit)

    async def refresh(self) -> None:
        """Nothing comes back; the keys are as the database has them, where it can be read."""
        if self._keys is not None:
            await asyncio.get_running_loop().run_in_executor(self._reader, self._keys.refresh)

    def close(self) -> None:
        """Nothing comes back; the keys' connections are closed."""
        self._reader.shutdown(wait=True, cancel_futures=True)
        if self._keys is not None:
            self._keys.close()

    def check_role(self, caller: Caller, path: str) -> None:
        """Nothing comes back; `Refusal` 403 where the role may not ask this."""
        allowed = ROLES.get(path, EVERYONE)
        if caller.role not in allowed:
            raise Refusal(
                403, "forbidden", f"The role {caller.role} may not use {path}; it takes {' or '.join(sorted(allowed))}."
            )

    async def count(self, caller: Caller) -> None:
        """Nothing comes back; `Refusal` 429 with `Retry-After` where the caller asks too often."""
        rate = caller.rate_limit or self._default
        items = self._limits.get(rate)
        if items is None:
            items = self._limits[rate] = parse_many(rate)
        for item in items:
            if not await self._counter.hit(item, caller.key_name):
                reset, _ = await self._counter.get_window_stats(item, caller.key_name)
                wait = str(max(1, math.ceil(reset - time.time())))
                message = f"More than {item} with one key; wait {wait} s."
                raise Refusal(429, "rate_limited", message, headers={"retry-after": wait})


def key_in(headers: Mapping[bytes, bytes]) -> str | None:
    """The key a request carries: as a bearer token, in `X-API-Key`, or as the password of a browser's login."""
    if given := headers.get(b"x-api-key"):
        return given.decode("latin-1").strip()
    scheme, _, text = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    if scheme.lower() == "bearer":
        return text.strip() or None
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(text, validate=True).decode("latin-1").partition(":")[2] or None
        except binascii.Error:
            return None
    return None


def _on_this_machine(headers: Mapping[bytes, bytes], client: str | None) -> Caller:
    """Nobody gets in from elsewhere: not through a proxy, nor by a page that a browser on this machine shows."""
    # [::1]:3000, [::1], localhost:3000, localhost
    host = re.sub(r":[0-9]+$", "", headers.get(b"host", b"").decode("latin-1"))
    if any(name in headers for name in _FORWARDED) or not _is_loopback(client) or not _is_loopback(host.strip("[]")):
        raise Refusal(
            403,
            "forbidden",
            "This service runs without keys (RISK_WARNING_NO_AUTH=1) and answers this machine alone; make keys with "
            "`risk-warning keys create` and start it without that variable.",
        )
    return DEMO


def _is_loopback(host: str | None) -> bool:
    if host == "localhost":
        return True
    try:
        return host is not None and ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _unauthenticated(message: str) -> Refusal:
    return Refusal(401, "unauthenticated", message, headers={"www-authenticate": _CHALLENGE})
