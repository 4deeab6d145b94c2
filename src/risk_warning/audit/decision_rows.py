"""Decisions as rows of a hash chain, written as part of a transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import DataError, IntegrityError

from risk_warning.audit.chain import START, row_hash
from risk_warning.audit.decisions import Decision, WrittenDecision
from risk_warning.audit.seal import Seal
from risk_warning.core.digest import sha256
from risk_warning.database.audit_tables import decision_contents, decisions
from risk_warning.errors import AnsweredAlreadyError, DatabaseError

ITS_OWN_FAULT = (IntegrityError, DataError, UnicodeEncodeError)
"""Errors caused by a single decision, which do not concern the other decisions or the database."""
_INSERT_DECISIONS = insert(decisions).inline()
_INSERT_CONTENTS = insert(decision_contents).inline()


@dataclass(frozen=True)
class Tail:
    """The end of a chain: the number and the hash of its last row."""

    seq: int = 0
    head: str = START


def stored_tail(connection: Connection, chain: str) -> Tail:
    """Return the end of the chain as stored in the database."""
    rows = select(decisions.c.seq, decisions.c.hash).where(decisions.c.chain == chain)
    last = connection.execute(rows.order_by(decisions.c.seq.desc()).limit(1)).one_or_none()
    return Tail() if last is None else Tail(last.seq, last.hash)


def append_decisions(
    connection: Connection, chain: str, tail: Tail, given: Sequence[Decision], seal: Seal
) -> tuple[list[WrittenDecision], Tail]:
    """Append the decisions as part of the transaction; return (their results, the new end of the chain)."""
    written, rows, contents = [], [], []
    for decision in given:
        done = _answered(connection, decision)
        row = {
            "chain": chain,
            "seq": tail.seq + 1,
            "at": decision.at,
            "request_id": decision.request_id,
            "route": decision.route,
            "key_name": decision.key_name,
            "role": decision.role,
            "as_of_date": decision.as_of_date,
            "model_version": decision.model_version,
            "model_digest": decision.model_digest,
            "policy_version": decision.policy_version,
            "inputs_digest": sha256(decision.inputs),
            "inputs_kept": decision.keep_inputs,
            "answer_digest": sha256(done.answer),
            "idempotency_key": decision.idempotency_key,
            "body_digest": decision.body_digest,
        }
        head = row_hash(tail.head, row)
        rows.append({**row, "prev_hash": tail.head, "hash": head, **asdict(seal.mark(head))})
        contents.append(
            {
                "request_id": decision.request_id,
                "inputs": decision.inputs if decision.keep_inputs else None,
                "answer": done.answer,
            }
        )
        written.append(done)
        tail = Tail(tail.seq + 1, head)
    connection.execute(_INSERT_DECISIONS, rows)
    connection.execute(_INSERT_CONTENTS, contents)
    return written, tail


def _answered(connection: Connection, decision: Decision) -> WrittenDecision:
    if isinstance(decision.answer, str):
        return WrittenDecision(decision.answer, None)
    return decision.answer.settle(connection, decision.request_id)


def refusal(connection: Connection, decision: Decision, error: Exception) -> Exception:
    """Return the error for which this decision alone is refused.

    An integrity error that this decision does not explain is a conflict in the chain, and is raised again.
    """
    if not isinstance(error, IntegrityError):
        return DatabaseError("A decision holds what the database cannot store, such as a NUL or a text too long.")
    known = decisions.c.request_id == decision.request_id
    if decision.idempotency_key is not None:
        known |= (
            (decisions.c.key_name == decision.key_name)
            & (decisions.c.route == decision.route)
            & (decisions.c.idempotency_key == decision.idempotency_key)
        )
    if connection.execute(select(decisions.c.id).where(known).limit(1)).scalar() is None:
        raise error
    return AnsweredAlreadyError("This idempotency key was answered already; ask for the stored answer.")
