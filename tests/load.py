"""Load: requests at a steady rate, however long the answers take, and the result of each; on this machine only."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

import httpx


@dataclass(frozen=True)
class Sent:
    """One request and its result."""

    sent: float
    """`time.monotonic`, seconds."""
    ended: float
    status: int | None
    """None if there was no answer."""
    answer: bytes
    refused: bool = False
    """Whether the connection was refused before anything was sent, because no server was listening."""


async def at_rate(
    url: str, route: str, bodies: Sequence[bytes], *, per_second: float, seconds: float, connections: int = 16
) -> list[Sent]:
    """Send requests at a steady rate for `seconds`; return the result of each."""
    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
    headers = {"content-type": "application/json"}
    async with httpx.AsyncClient(base_url=url, limits=limits, timeout=30, trust_env=False, headers=headers) as client:
        start = time.monotonic()
        under_way = []
        for i in range(int(per_second * seconds)):
            await asyncio.sleep(max(0.0, start + i / per_second - time.monotonic()))
            under_way.append(asyncio.create_task(_one(client, route, bodies[i % len(bodies)])))
        return await asyncio.gather(*under_way)


async def _one(client: httpx.AsyncClient, route: str, body: bytes) -> Sent:
    sent = time.monotonic()
    try:
        response = await client.post(route, content=body)
    except httpx.ConnectError:
        return Sent(sent, time.monotonic(), None, b"", refused=True)
    except httpx.TransportError:
        return Sent(sent, time.monotonic(), None, b"")
    return Sent(sent, time.monotonic(), response.status_code, response.content)
