"""Deciding: from a request to its answer, which is written to the audit before it is sent."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from risk_warning.audit.decisions import Decision, StoredAnswer
from risk_warning.core.digest import sha256
from risk_warning.core.policy import may_warn
from risk_warning.errors import AnsweredAlreadyError, DatabaseError, RequestError
from risk_warning.service.champions.served import Served
from risk_warning.service.gate import Call
from risk_warning.service.wire.answers import ScoreAnswer, text_of
from risk_warning.service.wire.refusals import Refusal
from risk_warning.service.work import Done
from risk_warning.watchlist.between_nights import Outcome, WarningToOpen
from risk_warning.watchlist.stored import FirstSeen

if TYPE_CHECKING:
    from risk_warning.service.runtime import Runtime

OUTCOMES: tuple[Outcome, ...] = ("opened", "already_open", "as_of_date_too_old")
_KEY = re.compile(r"[\x21-\x7e]{1,128}")


@dataclass(frozen=True)
class Worked:
    """The computed answer of a request, with the inputs it is based on."""

    done: Done
    inputs: str
    may_open_warning: bool = False


@dataclass(frozen=True)
class Answered:
    """The answer sent for a request."""

    request_id: str
    """The id of the request for which the answer was first sent."""
    text: str
    """JSON."""


class Deciding:
    """The step that computes an answer and stores it before it is sent."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._under_way: dict[tuple[str, str, str], asyncio.Future[None]] = {}

    async def decide(
        self, call: Call, route: str, idempotency_key: str | None, work: Callable[[Served], Awaitable[Worked]]
    ) -> Answered:
        """Return the answer, or the earlier answer to the same idempotency key.

        Raises
        ------
        Refusal
            409: the idempotency key was used with another body; 503: the audit cannot be written.
        """
        if idempotency_key is None:
            return await self._answer(call, route, None, work)
        if not _KEY.fullmatch(idempotency_key):
            raise RequestError("is not 1 to 128 visible ASCII characters", "Idempotency-Key")
        name = (call.caller.key_name, route, idempotency_key)
        while name in self._under_way:
            await asyncio.wait([self._under_way[name]])
        mine = self._under_way[name] = asyncio.get_running_loop().create_future()
        try:
            if (stored := await asyncio.to_thread(self._runtime.decisions.stored_answer, *name)) is not None:
                return _repeated(stored, call)
            try:
                return await self._answer(call, route, idempotency_key, work)
            except AnsweredAlreadyError:
                # Another process has answered the same key in the meantime.
                stored = await asyncio.to_thread(self._runtime.decisions.stored_answer, *name)
                if stored is None:
                    raise
                return _repeated(stored, call)
        finally:
            mine.set_result(None)
            del self._under_way[name]

    async def _answer(
        self, call: Call, route: str, idempotency_key: str | None, work: Callable[[Served], Awaitable[Worked]]
    ) -> Answered:
        runtime = self._runtime
        served = runtime.champion.served
        worked = await work(served)
        done, question = worked.done, worked.done.question
        answer: str | WarningToOpen = text_of(done.answer)
        if worked.may_open_warning and (warning := _warning(done, runtime)) is not None:
            answer = warning
        start = time.perf_counter()
        decision = Decision(
            request_id=call.request_id,
            route=route,
            key_name=call.caller.key_name,
            role=call.caller.role,
            as_of_date=None if question is None else question.as_of_date,
            model_version=served.model.version,
            model_digest=served.model.digest,
            policy_version=served.policy.version,
            inputs=worked.inputs,
            keep_inputs=runtime.settings.service.audit_inputs == "included",
            answer=answer,
            idempotency_key=idempotency_key,
            body_digest=sha256(call.body),
        )
        try:
            written = await asyncio.wrap_future(runtime.writer.submit(decision))
        except AnsweredAlreadyError:
            raise
        except DatabaseError:
            raise Refusal(
                503, "unavailable", "The answer cannot be written to the audit, so it is not given. Try again later."
            ) from None
        runtime.metrics.spent("audit", time.perf_counter() - start)
        for one in done.given:
            runtime.metrics.given(one)
        if written.outcome == "opened":
            runtime.metrics.warning_opened()
        runtime.shadow.hand_over(call.request_id, route, worked.inputs)
        return Answered(call.request_id, written.answer)


def _warning(done: Done, runtime: Runtime) -> WarningToOpen | None:
    """Return the warning to open after an answer by id, None if none is due.

    A warning is due only if the borrower's present score, without a loan under review, is below the threshold.
    """
    examined, answer = done.examined, done.answer
    if examined is None or examined.question.loan is not None or not isinstance(answer, ScoreAnswer):
        return None
    if answer.score is None or answer.band is None or not answer.below_threshold:
        return None
    if not runtime.settings.service.open_warnings:
        return None
    dpd = float(examined.scored.days_past_due[0])
    if not may_warn(dpd, examined.model.target.bad_dpd):
        return None  # a case for collections, as in the nightly run
    return WarningToOpen(
        borrower_id=str(examined.question.borrower_id),
        as_of_date=examined.question.as_of_date,
        first_seen=FirstSeen(
            score=answer.score,
            band=answer.band,
            days_past_due=None if dpd != dpd else dpd,
            reasons=tuple(reason.for_warning for reason in answer.reasons),
        ),
        answers={outcome: text_of(replace(answer, warning=outcome)) for outcome in OUTCOMES},
    )


def _repeated(stored: StoredAnswer, call: Call) -> Answered:
    if stored.body_digest != sha256(call.body):
        raise Refusal(
            409,
            "conflict",
            "This Idempotency-Key was used with another body; use a new key for a new request.",
            "Idempotency-Key",
        )
    if stored.answer is None:
        raise Refusal(
            409, "conflict", "The answer to this Idempotency-Key was erased; use a new key.", "Idempotency-Key"
        )
    return Answered(stored.request_id, stored.answer)
