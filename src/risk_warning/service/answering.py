"""Answering: what a route needs to answer one request, given to it as a FastAPI dependency."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, TypeVar

from fastapi import Depends, Request, Response
from pydantic import TypeAdapter

from risk_warning.review.one_borrower import Question
from risk_warning.service import work
from risk_warning.service.champions.served import Served
from risk_warning.service.deciding import Worked
from risk_warning.service.gate import Call
from risk_warning.service.runtime import Runtime
from risk_warning.service.wire.inputs import from_book
from risk_warning.service.wire.questions import question_from_book, question_of
from risk_warning.service.wire.requests import ScoreByIdRequest, ScoreRequest, records_of
from risk_warning.settings import BookSettings

T = TypeVar("T")
Work = Callable[[str, Question, Served, BookSettings], work.Done]
"""(request id, question, model in service, settings of the book) → answer."""


async def current_runtime(request: Request) -> Runtime:
    """Return the runtime of this process."""
    runtime: Runtime = request.app.state.process.runtime
    return runtime


CurrentRuntime = Annotated[Runtime, Depends(current_runtime)]


class Answering:
    """One request on its way to an answer."""

    def __init__(self, request: Request, runtime: Runtime) -> None:
        self._request = request
        self._runtime = runtime
        self.call: Call = request.state.call
        self.book = runtime.settings.book

    async def decided(self, compute: Callable[[Served], Awaitable[Worked]]) -> Response:
        """Return the response with the computed answer, which is stored before it is sent."""
        key = self._request.headers.get("idempotency-key")
        answered = await self._runtime.deciding.decide(self.call, self._request.url.path, key, compute)
        return json_response(answered.text, {"x-request-id": answered.request_id})

    def parsed(self, adapter: TypeAdapter[T]) -> T:
        """Return the body, validated."""
        start = time.perf_counter()
        parsed = adapter.validate_json(self.call.body)
        self._spent("parse", start)
        return parsed

    def at_once(self, parsed: ScoreRequest, do: Work, served: Served) -> Worked:
        """Answer from the borrower's rows in the body; only for work that is fast enough to need no thread."""
        start = time.perf_counter()
        done = do(self.call.request_id, question_of(parsed, self.book), served, self.book)
        self._spent("score", start)
        return Worked(done, self.call.body.decode())

    async def from_rows_or_book(self, parsed: ScoreRequest, do: Work, served: Served) -> Worked:
        """Answer from the borrower's rows in the body or, if it has none, from those of the book."""
        if not records_of(parsed):
            return await self.from_book(parsed, do, served)
        question = question_of(parsed, self.book)
        done = await asyncio.to_thread(do, self.call.request_id, question, served, self.book)
        return Worked(done, self.call.body.decode())

    async def from_book(self, parsed: ScoreRequest | ScoreByIdRequest, do: Work, served: Served) -> Worked:
        """Answer about a borrower of the book."""
        start = time.perf_counter()
        borrower = await self._runtime.borrowers.find(parsed["borrower_id"], parsed["as_of_date"])
        self._spent("book", start)
        question = question_from_book(parsed, borrower, self.book)
        start = time.perf_counter()
        done = await asyncio.to_thread(do, self.call.request_id, question, served, self.book)
        self._spent("score", start)
        return Worked(done, from_book(parsed, borrower))

    def _spent(self, stage: str, start: float) -> None:
        self._runtime.metrics.spent(stage, time.perf_counter() - start)


async def answering(request: Request, runtime: CurrentRuntime) -> Answering:
    """Return the request on its way to an answer."""
    return Answering(request, runtime)


CurrentAnswering = Annotated[Answering, Depends(answering)]


def json_response(text: str | bytes, headers: Mapping[str, str] | None = None) -> Response:
    """Return a response with a text that is JSON already."""
    return Response(text, media_type="application/json", headers=headers)
