"""The application: its routes, the process behind them, and one shape for all refusals."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request, Response
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from risk_warning.errors import RiskWarningError
from risk_warning.service.answering import json_response
from risk_warning.service.drain import drain_on_sigterm
from risk_warning.service.gate import INTERNAL, log_bug
from risk_warning.service.process import ServingProcess
from risk_warning.service.routes import pages, review, scoring
from risk_warning.service.wire import openapi
from risk_warning.service.wire.refusals import Refusal, log_refused, of_error, of_validation


def create_app(process: ServingProcess) -> FastAPI:
    """Return the application; the process starts and stops with it."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with process.serving() as runtime:
            drain_on_sigterm(process, runtime.settings.service.drain_seconds)
            yield

    app = FastAPI(
        title="risk_warning",
        description=openapi.DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        exception_handlers={Exception: _failed},
    )
    app.state.process = process
    for kind in (Refusal, RiskWarningError, ValidationError, HTTPException):
        app.add_exception_handler(kind, _refused)
    for router in (scoring.router, review.router, pages.router):
        # `include_router` would match every request twice, first the router and then the route.
        app.routes.extend(router.routes)
    return app


async def _refused(request: Request, error: Exception) -> Response:
    request_id = request.state.call.request_id
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
    request_id = request.state.call.request_id
    log_bug(error, request_id)
    response = json_response(INTERNAL.body(request_id))
    response.status_code = 500
    return response
