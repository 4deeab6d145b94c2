"""Internal errors: the service answers and logs each of them once, without any value."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import httpx
import pytest
from served import SENTINEL_TEXT

from risk_warning.service.app import create_app
from risk_warning.service.gate import Gate
from risk_warning.service.process import ServingProcess

ROOT = Path(__file__).parents[2]


def test_a_bug_is_answered_once_and_logged_without_values(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in {"HOME": tmp_path, "MODEL": ROOT / "models" / "demo", "NO_AUTH": 1}.items():
        monkeypatch.setenv(f"RISK_WARNING_{name}", str(value))
    process = ServingProcess()
    api = create_app(process)

    @api.get("/broken")
    async def broken() -> None:
        raise ValueError(SENTINEL_TEXT)

    async def ask() -> httpx.Response:
        # The server would log an exception that the gate does not catch, with its values.
        transport = httpx.ASGITransport(Gate(api, api=api, process=process), raise_app_exceptions=True)
        async with process.serving(), httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.get("/broken")

    with caplog.at_level(logging.INFO):
        answer = asyncio.run(ask())
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (500, "internal")
    assert answer.headers.get_list("x-request-id") == [error["request_id"]]
    (logged,) = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert error["request_id"] in logged and "ValueError at test_faults.py:" in logged
    assert SENTINEL_TEXT not in answer.text + caplog.text
