"""Pages about the service itself: the model in service, the metrics, and the OpenAPI description."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request, Response
from fastapi.openapi.docs import get_swagger_ui_html
from pydantic_core import to_json
from starlette.responses import HTMLResponse, RedirectResponse

from risk_warning.service.answering import CurrentRuntime, json_response
from risk_warning.service.metrics import CONTENT_TYPE
from risk_warning.service.model_answer import model_answer
from risk_warning.service.wire import openapi

router = APIRouter()


@router.get("/model", **openapi.MODEL)
async def model(runtime: CurrentRuntime) -> Response:
    """Return the model that answers now: version, contract, training window, metrics, threshold."""
    return json_response(to_json(model_answer(runtime.champion.served, runtime.shadow.version)))


@router.get("/metrics", **openapi.METRICS)
async def metrics(runtime: CurrentRuntime) -> Response:
    """Return the service's metrics, for Prometheus to fetch."""
    return Response(await asyncio.to_thread(runtime.metrics.text), media_type=CONTENT_TYPE)


@router.get("/openapi.json", include_in_schema=False)
async def schema(request: Request) -> Response:
    """Return the OpenAPI description of the routes."""
    return json_response(openapi.document(request.app))


@router.get("/docs", include_in_schema=False)
async def docs() -> HTMLResponse:
    """Return the page that shows the description and sends requests."""
    static = "/static_content/"
    return get_swagger_ui_html(
        openapi_url="/openapi.json",
        title="risk_warning",
        swagger_js_url=f"{static}swagger-ui-bundle.js",
        swagger_css_url=f"{static}swagger-ui.css",
        swagger_favicon_url=f"{static}favicon-light-32x32.png",
        swagger_ui_parameters={"defaultModelsExpandDepth": -1, "docExpansion": "list"},
    )


@router.get("/", include_in_schema=False)
async def index() -> RedirectResponse:
    """Send a browser on to the page."""
    return RedirectResponse("/docs")
