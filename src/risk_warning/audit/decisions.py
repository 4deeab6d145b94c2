"""Decisions: the requests and answers of the service, looked up later, and erased if the law requires it."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any, Protocol

from sqlalchemy import Connection, RowMapping, Select, func, select, update

from risk_warning.audit.events import CONTENTS_ERASED, append, stamp
from risk_warning.database.audit_tables import decision_contents, decisions
from risk_warning.database.connection import in_words, open_reading, transaction
from risk_warning.errors import RequestError

_WAIT_SECONDS = 2  # a request is waiting


class UnsettledAnswer(Protocol):
    """An answer that is decided in the transaction that stores it."""

    def settle(self, connection: Connection, request_id: str) -> WrittenDecision:
        """Decide as part of the transaction, and return the answer with its outcome."""


@dataclass(frozen=True, kw_only=True)
class Decision:
    """A request and the answer about to be sent."""

    request_id: str
    route: str
    key_name: str
    role: str
    as_of_date: date | None
    model_version: str
    model_digest: str
    """The sha256 (hex) of the model's `model.json`."""
    policy_version: str
    inputs: str
    """Everything the answer is based on, JSON text."""
    keep_inputs: bool
    """If False, only the digest of the inputs is kept."""
    answer: str | UnsettledAnswer
    """The exact JSON text of the answer, or an object that decides it in the transaction."""
    idempotency_key: str | None
    body_digest: str
    """The sha256 of the request's body: the same idempotency key with another body is another request."""
    at: str = field(default_factory=stamp)


@dataclass(frozen=True)
class WrittenDecision:
    """The result of a decision that is stored durably in the trail."""

    answer: str
    outcome: str | None
    """The outcome of an unsettled answer; None if the answer was known before."""


@dataclass(frozen=True)
class StoredAnswer:
    """The answer given earlier under an idempotency key."""

    request_id: str
    body_digest: str
    answer: str | None
    """None if it was erased since."""


@dataclass(frozen=True)
class StoredDecision:
    """A decision as the trail holds it."""

    request_id: str
    route: str
    at: str
    as_of_date: date | None
    model_version: str
    policy_version: str
    inputs_digest: str
    inputs: str | None
    """None if only the digest was kept, or if they were erased."""
    answer: str | None
    """None if it was erased."""


_STORED = [
    (decision_contents if column.name in ("inputs", "answer") else decisions).c[column.name]
    for column in fields(StoredDecision)
]


class Decisions:
    """The stored decisions, read over open connections; its methods raise `DatabaseError`, and threads may share it."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._engine = open_reading(url, wait_seconds=_WAIT_SECONDS)

    def stored_answer(self, key_name: str, route: str, idempotency_key: str) -> StoredAnswer | None:
        """Return the answer given earlier to this key's request, or None if there was no such request."""
        query = select(decisions.c.request_id, decisions.c.body_digest, decision_contents.c.answer)
        row = self._one(
            query.outerjoin(decision_contents, decision_contents.c.request_id == decisions.c.request_id).where(
                decisions.c.key_name == key_name,
                decisions.c.route == route,
                decisions.c.idempotency_key == idempotency_key,
            )
        )
        return None if row is None else StoredAnswer(**row)

    def find(self, request_id: str) -> StoredDecision | None:
        """Return the decision, or None if no decision has the request id."""
        row = self._one(
            select(*_STORED)
            .outerjoin(decision_contents, decision_contents.c.request_id == decisions.c.request_id)
            .where(decisions.c.request_id == request_id)
        )
        return None if row is None else StoredDecision(**row)

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    def _one(self, query: Select[Any]) -> RowMapping | None:
        with in_words(self._url), self._engine.begin() as connection:
            return connection.execute(query).mappings().one_or_none()


def unknown(request_id: str) -> RequestError:
    """Return the error for a request id that no decision has."""
    return RequestError(f"No decision has the request id {request_id}; copy it from the answer.")


def erase(url: str, request_id: str, actor: str) -> None:
    """Erase the inputs and the answer of the decision, and record in an event who ordered it.

    Their digests remain, so that the chain stays intact.

    Raises
    ------
    RequestError
        No decision has this request id.
    """
    with transaction(url) as connection:
        there = select(func.count()).where(decisions.c.request_id == request_id)
        if not connection.execute(there).scalar_one():
            raise unknown(request_id)
        connection.execute(
            update(decision_contents)
            .where(decision_contents.c.request_id == request_id)
            .values(inputs=None, answer=None)
        )
        append(connection, actor=actor, kind=CONTENTS_ERASED, subject=request_id, detail={})
