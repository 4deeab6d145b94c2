"""Decisions: what the service was asked and answered, found again, and erased where the law asks for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

from sqlalchemy import Connection, Select, func, select, update

from risk_warning.audit.events import CONTENTS_ERASED, append, stamp
from risk_warning.database.audit_tables import decision_contents, decisions
from risk_warning.database.connection import in_words, open_reading, transaction
from risk_warning.errors import RequestError

_WAIT_SECONDS = 2  # a request is waiting


class UnsettledAnswer(Protocol):
    """An answer that depends on what happens in the transaction that stores it."""

    def settle(self, connection: Connection, request_id: str) -> Written:
        """Do it, as part of the transaction, and return the answer with its outcome."""


@dataclass(frozen=True, kw_only=True)
class Decision:
    """A request and the answer about to be given."""

    request_id: str
    route: str
    key_name: str
    role: str
    as_of_date: date | None
    model_version: str
    policy_version: str
    inputs: str
    """All the answer rests on, JSON text."""
    keep_inputs: bool
    """False: only their digest is kept."""
    answer: str | UnsettledAnswer
    """The exact JSON text of the answer, or what decides in the transaction which it is."""
    idempotency_key: str | None
    body_digest: str
    """The sha256 of the request's body: the same key with another body is another request."""
    at: str = field(default_factory=stamp)


@dataclass(frozen=True)
class Written:
    """What stands durably in the trail."""

    answer: str
    outcome: str | None
    """What an unsettled answer came to; None where the answer was known before."""


@dataclass(frozen=True)
class StoredAnswer:
    """The answer once given under an idempotency key."""

    request_id: str
    body_digest: str
    answer: str | None
    """None where it was erased since."""


class Decisions:
    """The stored decisions, over connections held open. Its methods raise `DatabaseError`; threads may share it."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._engine = open_reading(url, wait_seconds=_WAIT_SECONDS)

    def stored_answer(self, key_name: str, route: str, idempotency_key: str) -> StoredAnswer | None:
        """The answer given to this key's request, None where there was none."""
        query = select(decisions.c.request_id, decisions.c.body_digest, decision_contents.c.answer)
        found = self._one(
            query.outerjoin(decision_contents, decision_contents.c.request_id == decisions.c.request_id).where(
                decisions.c.key_name == key_name,
                decisions.c.route == route,
                decisions.c.idempotency_key == idempotency_key,
            )
        )
        return None if found is None else StoredAnswer(**found)

    def find(self, request_id: str) -> dict[str, Any] | None:
        """Every column of the decision with its `inputs` and `answer` (None where not kept or erased), or None."""
        return self._one(
            select(decisions, decision_contents.c.inputs, decision_contents.c.answer)
            .outerjoin(decision_contents, decision_contents.c.request_id == decisions.c.request_id)
            .where(decisions.c.request_id == request_id)
        )

    def close(self) -> None:
        """Nothing comes back; the connections are closed."""
        self._engine.dispose()

    def _one(self, query: Select[Any]) -> dict[str, Any] | None:
        with in_words(self._url), self._engine.begin() as connection:
            found = connection.execute(query).mappings().one_or_none()
            return None if found is None else dict(found)


def unknown(request_id: str) -> RequestError:
    """What to say of a request id that no decision has."""
    return RequestError(f"No decision has the request id {request_id}; it stands in the answer that was given.")


def erase(url: str, request_id: str, actor: str) -> None:
    """Nothing comes back; inputs and answer of the decision are gone, and an event says who had that done.

    Their digests stay, and with them the chain.

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
