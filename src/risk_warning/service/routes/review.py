"""Review: the explanation of a score, and other terms of the loan under review."""

from __future__ import annotations

from fastapi import APIRouter, Response

from risk_warning.review.one_borrower import Question
from risk_warning.service import work
from risk_warning.service.answering import CurrentAnswering
from risk_warning.service.champions.served import Served
from risk_warning.service.deciding import Worked
from risk_warning.service.wire import openapi
from risk_warning.service.wire.requests import SCORE, WHAT_IF
from risk_warning.settings import BookSettings

router = APIRouter()


@router.post("/explain", **openapi.EXPLAIN)
async def explain(request: CurrentAnswering) -> Response:
    """Return all contributions to a borrower's score, their values beside typical ones, and a chart."""

    async def compute(served: Served) -> Worked:
        return await request.from_rows_or_book(request.parsed(SCORE), work.explained, served)

    return await request.decided(compute)


@router.post("/what_if", **openapi.WHAT_IF)
async def what_if(request: CurrentAnswering) -> Response:
    """Compare the loan under review with other terms, side by side, and return the path to safe."""

    async def compute(served: Served) -> Worked:
        parsed = request.parsed(WHAT_IF)

        def compared(request_id: str, question: Question, served: Served, settings: BookSettings) -> work.Done:
            return work.compared(request_id, question, parsed, served, settings)

        return await request.from_rows_or_book(parsed, compared, served)

    return await request.decided(compute)
