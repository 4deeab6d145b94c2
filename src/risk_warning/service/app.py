"""The application: its routes, each a few lines from request to answer, and one shape for all refusals."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.openapi.docs import get_swagger_ui_html
from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_json
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse

from risk_warning.errors import RiskWarningError
from risk_warning.review.one_borrower import Question
from risk_warning.service import work
from risk_warning.service.champions.served import Served
from risk_warning.service.deciding import Deciding, Worked
from risk_warning.service.drain import drain_on_sigterm
from risk_warning.service.gate import INTERNAL, Call, log_bug
from risk_warning.service.metrics import CONTENT_TYPE
from risk_warning.service.model_answer import model_answer
from risk_warning.service.runtime import Runtime
from risk_warning.service.wire import openapi
from risk_warning.service.wire.inputs import from_book
from risk_warning.service.wire.questions import brings_rows, question_from_book, question_of
from risk_warning.service.wire.refusals import Refusal, log_refused, of_error, of_validation
from risk_warning.service.wire.requests import SCORE, SCORE_BATCH, SCORE_BY_ID, WHAT_IF
from risk_warning.settings import BookSettings

Work = Callable[[str, Question, Served, BookSettings], work.Done]


def create_app(runtime: Runtime) -> FastAPI:
    """Return the application; the runtime starts and stops with it."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await runtime.start()
        drain_on_sigterm(runtime)
        try:
            yield
        finally:
            await runtime.stop()

    app = FastAPI(
        title="risk_warning",
        description=openapi.DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        exception_handlers={Exception: _failed},
    )
    for kind in (Refusal, RiskWarningError, ValidationError, HTTPException):
        app.add_exception_handler(kind, _refused)
    deciding = Deciding(runtime)
    _add_scoring(app, runtime, deciding)
    _add_review(app, runtime, deciding)
    _add_pages(app, runtime)
    return app


def _add_scoring(app: FastAPI, runtime: Runtime, deciding: Deciding) -> None:
    @app.post("/score", **openapi.SCORE)
    async def score(request: Request) -> Response:
        """Score one borrower, with all their rows."""

        async def work_out(call: Call, served: Served) -> Worked:
            return _sent(call, SCORE, work.score, served, runtime)

        return await _decided(request, deciding, work_out)

    @app.post("/score_by_id", **openapi.SCORE_BY_ID)
    async def score_by_id(request: Request) -> Response:
        """Score one borrower of the configured book; may open a warning."""

        async def work_out(call: Call, served: Served) -> Worked:
            parsed = _parsed(call, SCORE_BY_ID, runtime)
            worked = await _looked_up(call, parsed, work.score, served, runtime)
            return replace(worked, may_open_warning=True)

        return await _decided(request, deciding, work_out)

    @app.post("/score_batch", **openapi.SCORE_BATCH)
    async def score_batch(request: Request) -> Response:
        """Score up to 1,000 borrowers, each answered on its own."""

        async def work_out(call: Call, served: Served) -> Worked:
            def all_of_them() -> work.Done:
                SCORE_BATCH.validate_json(call.body)
                return work.batch(call.request_id, call.body, served, runtime.settings.book)

            return Worked(await asyncio.to_thread(all_of_them), call.body.decode())

        return await _decided(request, deciding, work_out)


def _add_review(app: FastAPI, runtime: Runtime, deciding: Deciding) -> None:
    @app.post("/explain", **openapi.EXPLAIN)
    async def explain(request: Request) -> Response:
        """Return all contributions to a borrower's score, their values beside typical ones, and a chart."""

        async def work_out(call: Call, served: Served) -> Worked:
            parsed = _parsed(call, SCORE, runtime)
            if brings_rows(parsed):
                book = runtime.settings.book
                question = question_of(parsed, book)
                done = await asyncio.to_thread(work.explained, call.request_id, question, served, book)
                return Worked(done, call.body.decode())
            return await _looked_up(call, parsed, work.explained, served, runtime)

        return await _decided(request, deciding, work_out)

    @app.post("/what_if", **openapi.WHAT_IF)
    async def what_if(request: Request) -> Response:
        """Compare the loan under review with other terms, side by side, and return the path to safe."""

        async def work_out(call: Call, served: Served) -> Worked:
            parsed = _parsed(call, WHAT_IF, runtime)

            def compared(request_id: str, question: Question, served: Served, settings: BookSettings) -> work.Done:
                return work.compared(request_id, question, parsed, served, settings)

            if brings_rows(parsed):
                book = runtime.settings.book
                question = question_of(parsed, book)
                done = await asyncio.to_thread(compared, call.request_id, question, served, book)
                return Worked(done, call.body.decode())
            return await _looked_up(call, parsed, compared, served, runtime)

        return await _decided(request, deciding, work_out)


def _add_pages(app: FastAPI, runtime: Runtime) -> None:
    @app.get("/model", **openapi.MODEL)
    async def model() -> Response:
        """Return the model that answers now: version, contract, training window, metrics, threshold."""
        return _json(to_json(model_answer(runtime.champion.served, runtime.shadow.version)))

    @app.get("/metrics", **openapi.METRICS)
    async def metrics() -> Response:
        """Return the service's metrics, for Prometheus to fetch."""
        return Response(await asyncio.to_thread(runtime.metrics.text), media_type=CONTENT_TYPE)

    @app.get("/openapi.json", include_in_schema=False)
    async def schema() -> Response:
        return _json(openapi.document(app))

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        page = "/static_content/"
        return get_swagger_ui_html(
            openapi_url="/openapi.json",
            title="risk_warning",
            swagger_js_url=f"{page}swagger-ui-bundle.js",
            swagger_css_url=f"{page}swagger-ui.css",
            swagger_favicon_url=f"{page}favicon-light-32x32.png",
            swagger_ui_parameters={"defaultModelsExpandDepth": -1, "docExpansion": "list"},
        )

    @app.get("/", include_in_schema=False)
    async def index() -> RedirectResponse:
        return RedirectResponse("/docs")


async def _decided(
    request: Request, deciding: Deciding, work_out: Callable[[Call, Served], Awaitable[Worked]]
) -> Response:
    call: Call = request.scope["risk_warning"]
    key = request.headers.get("idempotency-key")
    answered = await deciding.decide(call, request.url.path, key, lambda served: work_out(call, served))
    return _json(answered.text, {"x-request-id": answered.request_id})


def _parsed(call: Call, adapter: TypeAdapter[Any], runtime: Runtime) -> Mapping[str, Any]:
    start = time.perf_counter()
    parsed: Mapping[str, Any] = adapter.validate_json(call.body)
    runtime.metrics.spent("parse", time.perf_counter() - start)
    return parsed


def _sent(call: Call, adapter: TypeAdapter[Any], do: Work, served: Served, runtime: Runtime) -> Worked:
    """Answer a request that contains the borrower's rows; this is fast enough to need no thread."""
    parsed = _parsed(call, adapter, runtime)
    start = time.perf_counter()
    done = do(call.request_id, question_of(parsed, runtime.settings.book), served, runtime.settings.book)
    runtime.metrics.spent("score", time.perf_counter() - start)
    return Worked(done, call.body.decode())


async def _looked_up(call: Call, parsed: Mapping[str, Any], do: Work, served: Served, runtime: Runtime) -> Worked:
    """Answer a request that names a borrower of the book."""
    start = time.perf_counter()
    borrower = await runtime.borrowers.find(parsed["borrower_id"], parsed["as_of_date"])
    runtime.metrics.spent("book", time.perf_counter() - start)
    question = question_from_book(parsed, borrower, runtime.settings.book)
    start = time.perf_counter()
    done = await asyncio.to_thread(do, call.request_id, question, served, runtime.settings.book)
    runtime.metrics.spent("score", time.perf_counter() - start)
    return Worked(done, from_book(parsed, borrower))


def _json(text: str | bytes, headers: Mapping[str, str] | None = None) -> Response:
    return Response(text, media_type="application/json", headers=headers)


async def _refused(request: Request, error: Exception) -> Response:
    request_id = request.scope["risk_warning"].request_id
    if isinstance(error, Refusal):
        refusal = error
    elif isinstance(error, ValidationError):
        refusal = of_validation(error)
    elif isinstance(error, HTTPException):
        refusal = of_http(error, request.url.path)
    else:
        assert isinstance(error, RiskWarningError)
        refusal = of_error(error)
        log_refused(error, refusal, request_id)
    return Response(refusal.body(request_id), refusal.status, dict(refusal.headers), media_type="application/json")


def of_http(error: HTTPException, path: str) -> Refusal:
    """Return the refusal for a route or method that does not exist."""
    headers = dict(error.headers or {})
    if error.status_code == 405:
        return Refusal(405, "method_not_allowed", f"{path} does not take this method.", headers=headers)
    return Refusal(404, "not_found", "There is no such route; /docs lists those there are.", headers=headers)


async def _failed(request: Request, error: Exception) -> Response:
    request_id = request.scope["risk_warning"].request_id
    log_bug(error, request_id)
    return Response(INTERNAL.body(request_id), 500, media_type="application/json")
