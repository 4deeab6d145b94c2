"""Scoring: one borrower with all their rows, one borrower of the book, or many at once."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from fastapi import APIRouter, Response

from risk_warning.service import work
from risk_warning.service.answering import CurrentAnswering
from risk_warning.service.champions.served import Served
from risk_warning.service.deciding import Worked
from risk_warning.service.wire import openapi
from risk_warning.service.wire.requests import SCORE, SCORE_BATCH, SCORE_BY_ID

router = APIRouter()


@router.post("/score", **openapi.SCORE)
async def score(request: CurrentAnswering) -> Response:
    """Score one borrower, with all their rows."""

    async def compute(served: Served) -> Worked:
        return request.at_once(request.parsed(SCORE), work.score, served)

    return await request.decided(compute)


@router.post("/score_by_id", **openapi.SCORE_BY_ID)
async def score_by_id(request: CurrentAnswering) -> Response:
    """Score one borrower of the configured book; may open a warning."""

    async def compute(served: Served) -> Worked:
        worked = await request.from_book(request.parsed(SCORE_BY_ID), work.score, served)
        return replace(worked, may_open_warning=True)

    return await request.decided(compute)


@router.post("/score_batch", **openapi.SCORE_BATCH)
async def score_batch(request: CurrentAnswering) -> Response:
    """Score up to 1,000 borrowers, each answered on its own."""
    call = request.call

    def all_of_them(served: Served) -> work.Done:
        SCORE_BATCH.validate_json(call.body)
        return work.batch(call.request_id, call.body, served, request.book)

    async def compute(served: Served) -> Worked:
        return Worked(await asyncio.to_thread(all_of_them, served), call.body.decode())

    return await request.decided(compute)
