"""Access: which caller may use which route, and how often.

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
"""Route → roles that may use it; every other path is open to everyone with a key."""
_CHALLENGE = 'Bearer realm="risk_warning", Basic realm="risk_warning"'
_FORWARDED = (b"forwarded", b"x-forwarded-for", b"x-real-ip")


@dataclass(frozen=True)
class Caller:
    """The caller of a request."""

    key_name: str
    role: str
    rate_limit: str | None = None


DEMO = Caller("no-auth", "admin")
"""The caller of a request from this machine while no keys are needed."""


class Access:
    """The authentication, roles and rate limits of one process."""

    def __init__(self, keys: KeyRing | None, rate_limit: str) -> None:
        self._keys = keys
        self._default = rate_limit
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="keys")
        self._limits: dict[str, list[RateLimitItem]] = {}
        # Of the library's counters, this one keeps two numbers per key, and no thread or timer of its own.
        self._counter = SlidingWindowCounterRateLimiter(MemoryStorage())

    @property
    def needs_keys(self) -> bool:
        """Whether callers need a key; if not, they must be on this machine."""
        return self._keys is not None

    async def caller(self, headers: Mapping[bytes, bytes], client: str | None) -> Caller:
        """Return the caller, identified by the key in the request.

        Raises
        ------
        Refusal
            401: there is no valid key; 403: the service runs without keys and the request is not from this machine.
        """
        if self._keys is None:
            return _on_this_machine(headers, client)
        text = key_in(headers)
        if text is None:
            raise _unauthenticated("This needs an API key: send it as 'Authorization: Bearer KEY' or 'X-API-Key: KEY'.")
        key = self._keys.find(text)
        if key is None and self._keys.worth_a_look(text):
            # The key may have been created a moment ago.
            await self.refresh()
            key = self._keys.find(text)
        if key is None:
            raise _unauthenticated("The API key is not known, was revoked, or has expired; ask for a new one.")
        return Caller(key.name, key.role, key.rate_limit)

    async def refresh(self) -> None:
        """Reload the keys from the database; if it cannot be read, keep the known ones."""
        if self._keys is not None:
            await asyncio.get_running_loop().run_in_executor(self._reader, self._keys.refresh)

    def close(self) -> None:
        """Close the connections to the database of the keys."""
        self._reader.shutdown(wait=True, cancel_futures=True)
        if self._keys is not None:
            self._keys.close()

    def check_role(self, caller: Caller, path: str) -> None:
        """Raise `Refusal` 403 if the caller's role may not use this path."""
        allowed = ROLES.get(path, EVERYONE)
        if caller.role not in allowed:
            raise Refusal(
                403, "forbidden", f"The role {caller.role} may not use {path}; it takes {' or '.join(sorted(allowed))}."
            )

    async def count(self, caller: Caller) -> None:
        """Count the request; raise `Refusal` 429 with `Retry-After` if the caller exceeds the rate limit."""
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
    """Return the key in the headers: a bearer token, `X-API-Key`, or the password of a browser's login; else None."""
    if given := headers.get(b"x-api-key"):
        return given.decode("latin-1").strip()
    scheme, _, text = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    if scheme.lower() == "bearer":
        return text.strip() or None
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(text, validate=True).decode("latin-1").partition(":")[2] or None
        except ValueError:  # no base64, or no ASCII
            return None
    return None


def _on_this_machine(headers: Mapping[bytes, bytes], client: str | None) -> Caller:
    """Return `DEMO` for a request made on this machine.

    Raises
    ------
    Refusal
        403: the request comes from elsewhere, through a proxy, or from a page that a browser on this machine loaded
        under another host name.
    """
    # [::1]:3000, [::1], localhost:3000, localhost
    host = re.sub(r":[0-9]+$", "", headers.get(b"host", b"").decode("latin-1"))
    if any(name in headers for name in _FORWARDED) or not _is_loopback(client) or not _is_loopback(host.strip("[]")):
        raise Refusal(
            403,
            "forbidden",
            "This service runs without keys (RISK_WARNING_NO_AUTH=1) and answers this machine only; create keys with "
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
