"""The gate: middleware that checks every request before any other code reads it, and sends every answer.

It checks key, role, rate, content type, body size and body timeout on every path; only the health checks are open.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
import traceback
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi.routing import APIRoute
from pydantic_core import to_json
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from risk_warning.service.access import Caller
from risk_warning.service.wire.refusals import Refusal

if TYPE_CHECKING:
    from fastapi import FastAPI

    from risk_warning.service.process import ServingProcess

HEALTH = ("/healthz", "/livez", "/readyz")
_STATIC = "/static_content/"
_MB = 1_000_000
_JSON = re.compile(rb"application/json\s*(;\s*charset=\"?utf-8\"?\s*)?", re.IGNORECASE)
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Call:
    """A request that has passed the gate's checks."""

    request_id: str
    caller: Caller
    body: bytes
    started: float
    """`time.perf_counter` when it arrived, seconds."""


class Gate:
    """ASGI middleware around the whole server."""

    def __init__(self, app: ASGIApp, api: FastAPI, process: ServingProcess) -> None:
        self._server = app
        self._api = api
        self._with_body = {r.path for r in api.routes if isinstance(r, APIRoute) and "POST" in (r.methods or ())}
        self._process = process

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._server(scope, receive, self._in_words(send))
            else:
                # Websockets are not supported.
                await send({"type": "websocket.close", "code": 1008})
            return
        started, request_id, path = time.perf_counter(), uuid.uuid4().hex, scope["path"]
        status: int | None = None

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = message.setdefault("headers", [])
                headers.append((b"cache-control", b"no-store"))
                if not any(name == b"x-request-id" for name, _ in headers):
                    headers.append((b"x-request-id", request_id.encode()))
                if self._process.is_draining:
                    headers.append((b"connection", b"close"))
            await send(message)

        try:
            if path in HEALTH:
                await self._health(path, scope["method"], request_id, answer)
            else:
                await self._let_in(scope, receive, answer, request_id, started)
        except Refusal as refusal:
            await respond(answer, refusal.status, refusal.body(request_id), refusal.headers)
        except Exception as error:
            if status != 500:  # else the application has already logged and answered it, and raised it again
                log_bug(error, request_id)
            if status is None:
                await respond(answer, 500, INTERNAL.body(request_id))
        finally:
            self._process.metrics.answered(path, status or 500, time.perf_counter() - started)

    def _in_words(self, send: Send) -> Send:
        """Report start-up errors that the operator can fix as one sentence, without a traceback."""

        async def tell(message: Message) -> None:
            if message["type"] == "lifespan.startup.failed" and self._process.problem is not None:
                message = {**message, "message": self._process.problem}
            await send(message)

        return tell

    async def _let_in(self, scope: Scope, receive: Receive, send: Send, request_id: str, started: float) -> None:
        headers = dict(scope["headers"])
        access, path = self._process.runtime.access, scope["path"]
        client = scope["client"][0] if scope.get("client") else None
        caller = await access.caller(headers, client)
        await access.count(caller)
        access.check_role(caller, path)
        if path.startswith(_STATIC):
            await self._server(scope, receive, send)
            return
        body = b""
        if scope["method"] == "POST" and path in self._with_body:
            if not _JSON.fullmatch(headers.get(b"content-type", b"")):
                raise Refusal(
                    415, "unsupported_media_type", "The body must be JSON, with 'Content-Type: application/json'."
                )
            body = await self._body(headers, path, receive)
        scope.setdefault("state", {})["call"] = Call(request_id, caller, body, started)
        await self._api(scope, receive, send)

    async def _body(self, headers: dict[bytes, bytes], path: str, receive: Receive) -> bytes:
        settings = self._process.runtime.settings.service
        most_mb = settings.max_batch_body_mb if path == "/score_batch" else settings.max_body_mb
        too_large = Refusal(413, "body_too_large", f"The body is larger than {most_mb:g} MB; send fewer rows.")
        length = headers.get(b"content-length", b"")
        if length.isdigit() and int(length) > most_mb * _MB:
            raise too_large
        parts, size = [], 0
        try:
            async with asyncio.timeout(settings.body_timeout_seconds):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise Refusal(400, "invalid_json", "The client disconnected before the whole body arrived.")
                    parts.append(message.get("body", b""))
                    size += len(parts[-1])
                    if size > most_mb * _MB:
                        raise too_large
                    if not message.get("more_body", False):
                        return b"".join(parts)
        except TimeoutError:
            limit = settings.body_timeout_seconds
            raise Refusal(
                408,
                "body_timeout",
                f"The body did not arrive within {limit:g} s; send it without pauses.",
                headers=_CLOSE,
            ) from None

    async def _health(self, path: str, method: str, request_id: str, send: Send) -> None:
        if method not in ("GET", "HEAD"):
            raise Refusal(405, "method_not_allowed", f"{path} takes GET.", headers={"allow": "GET, HEAD"})
        if path != "/readyz":
            await respond(send, 200, to_json({"status": "alive"}))
            return
        if problem := self._process.not_ready:
            raise Refusal(503, "unavailable", problem)
        # A task that fails keeps no request from its answer; whoever watches the service reads it here.
        await respond(send, 200, to_json({"status": "ready", "tasks": self._process.runtime.supervised.states}))


INTERNAL = Refusal(500, "internal", "Internal error of the service; give its operator the request id.")
_CLOSE = {"connection": "close"}


async def respond(send: Send, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
    """Send a response with a JSON body."""
    lines = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    lines += [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
    await send({"type": "http.response.start", "status": status, "headers": lines})
    await send({"type": "http.response.body", "body": body})


def log_bug(error: BaseException, request_id: str) -> None:
    """Log where a bug occurred, without the error's message, which may contain a borrower's values."""
    places = [
        f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)
    ]
    _log.error("request %s: %s at %s", request_id, type(error).__name__, " < ".join(reversed(places)))
