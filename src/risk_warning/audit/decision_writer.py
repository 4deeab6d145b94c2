"""The decision writer: one thread, one chain, and every decision is durable before its answer is sent.

All queued decisions are written in one transaction, so that the thread waits for the disk once. If the connection
breaks during a commit, its outcome is unknown. The chain must not fork, so it continues from the state in the database.
"""

from __future__ import annotations

import logging
import secrets
import sqlite3
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from risk_warning.audit.decision_rows import ITS_OWN_FAULT, Tail, append_decisions, refusal, stored_tail
from risk_warning.audit.decisions import Decision, WrittenDecision
from risk_warning.audit.events import CHAIN_CLOSED, CHAIN_OPENED, CHAIN_REACHED, append, open_chains
from risk_warning.audit.seal import seal_in_use
from risk_warning.database.audit_tables import audit_events
from risk_warning.database.connection import in_words, lock, open_engine
from risk_warning.errors import DatabaseError, RiskWarningError

_log = logging.getLogger(__name__)
_WAIT_SECONDS = 2  # a request is waiting: an early error is better than an answer after ten seconds
_RETRY_SECONDS = 1.0
_AT_A_TIME = 200
NOTED_EVERY = 50
NOTED_SECONDS = 1.0
"""Rows and time after which the writer records its progress in the events. After a crash, no more than these can be cut
off the end of its chain unseen, and only until the next writer starts, which records where the chain ended."""
_SWEPT_EVERY = 200
"""Rows after which the writer checkpoints SQLite's write-ahead log, between answers. SQLite's automatic checkpoint runs
inside a commit: one commit in a hundred then took ten times as long as the others."""


@dataclass(frozen=True)
class _Waiting:
    decision: Decision
    future: Future[WrittenDecision]


class DecisionWriter:
    """A writer of decisions, in the order of submission, to a chain of its own, until it is closed.

    Raises
    ------
    DatabaseError
        The database cannot be reached, is locked, is not writable, or is of another version.
    """

    def __init__(self, url: str) -> None:
        self.chain = secrets.token_hex(8)
        self._seal = seal_in_use()
        self._url = url
        self._queue: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._closing = threading.Lock()
        self._closed = False
        self._healthy = True
        self._unfinished: RiskWarningError | None = None
        self._connection: Connection | None = None
        self._tail = Tail()
        self._noted = 0
        self._noted_at = time.monotonic()
        self._swept = 0
        self._engine = open_engine(url, wait_seconds=_WAIT_SECONDS)
        try:
            self._note(CHAIN_OPENED)
            self._note_ends()
        except RiskWarningError:
            self._drop()
            self._engine.dispose()
            raise
        self._thread = threading.Thread(target=self._run, name="decision-writer", daemon=True)
        self._thread.start()

    @property
    def healthy(self) -> bool:
        """Whether the last write succeeded, or the database was reached again since; retried every second."""
        return self._healthy and not self._closed

    def submit(self, decision: Decision) -> Future[WrittenDecision]:
        """Queue a decision; return a future with what is stored durably in the trail.

        The answer must not be sent before the future succeeds. The future fails with `AnsweredAlreadyError` if the
        idempotency key or the request id is already stored, and with `DatabaseError` if the decision is not known to be
        durable.
        """
        waiting = _Waiting(decision, Future())
        with self._closing:
            if not self._closed:
                self._queue.put(waiting)
                return waiting.future
        waiting.future.set_exception(DatabaseError("The writer of decisions is closed; the service is shutting down."))
        return waiting.future

    def close(self) -> None:
        """Write the submitted decisions, record the end of the chain in the events, and stop.

        Raises
        ------
        DatabaseError, SettingsError
            The end could not be recorded: the chain stays open, as after a crash.
        """
        with self._closing:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
        self._thread.join()
        if self._unfinished is not None:
            raise self._unfinished

    def _run(self) -> None:
        ended = False
        while not ended:
            waiting, ended = self._take()
            if waiting:
                self._write(waiting)
            self._catch_up(ended, idle=not waiting)
        self._drop()
        self._engine.dispose()

    def _take(self) -> tuple[list[_Waiting], bool]:
        """Return up to `_AT_A_TIME` queued decisions, and whether the writer was closed after them."""
        taken: list[_Waiting] = []
        try:
            item = self._queue.get(timeout=self._patience())
            while item is not None:
                taken.append(item)
                if len(taken) == _AT_A_TIME:
                    return taken, False
                item = self._queue.get_nowait()
        except Empty:
            return taken, False
        return taken, True

    def _patience(self) -> float | None:
        """Return the longest wait for a decision, seconds; None if nothing else is left to do."""
        if not self._healthy:
            return _RETRY_SECONDS
        return NOTED_SECONDS if self._tail.seq > self._noted else None

    def _write(self, waiting: list[_Waiting]) -> None:
        results: Sequence[WrittenDecision | Exception]
        try:
            with in_words(self._url):
                results = self._committed(waiting)
            self._healthy = True
        except Exception as error:  # including our own bugs: no caller may wait for ever
            self._failed(error)
            self._drop()
            results = [error] * len(waiting)
        for item, result in zip(waiting, results, strict=True):
            if isinstance(result, WrittenDecision):
                item.future.set_result(result)
            else:
                item.future.set_exception(result)

    def _committed(self, waiting: list[_Waiting]) -> Sequence[WrittenDecision | Exception]:
        connection = self._connected()
        try:
            with connection.begin():
                given = [item.decision for item in waiting]
                written, tail = append_decisions(connection, self.chain, self._tail, given, self._seal)
                # In the same transaction, so that the disk is waited for once.
                is_noted = self._is_due(tail)
                if is_noted:
                    self._append(connection, CHAIN_REACHED, tail)
        except ITS_OWN_FAULT:
            return self._one_by_one(connection, waiting)
        self._tail = tail
        if is_noted:
            self._noted, self._noted_at = tail.seq, time.monotonic()
        return written

    def _is_due(self, tail: Tail) -> bool:
        """Whether the chain's progress is to be recorded: at once for the first row, then by rows and time."""
        ahead = tail.seq - self._noted
        is_late = time.monotonic() - self._noted_at >= NOTED_SECONDS
        return ahead > 0 and (not self._noted or ahead >= NOTED_EVERY or is_late)

    def _one_by_one(self, connection: Connection, waiting: list[_Waiting]) -> Sequence[WrittenDecision | Exception]:
        """Return the result of each decision; one that cannot be stored does not prevent the others."""
        results: list[WrittenDecision | Exception] = []
        tail = self._tail
        with connection.begin():
            for item in waiting:
                try:
                    with connection.begin_nested():
                        written, after = append_decisions(connection, self.chain, tail, [item.decision], self._seal)
                except ITS_OWN_FAULT as error:
                    results.append(refusal(connection, item.decision, error))
                else:
                    results += written
                    tail = after
        self._tail = tail
        return results

    def _catch_up(self, ended: bool, *, idle: bool) -> None:
        """Record the chain's progress in the events, checkpoint SQLite, or renew a lost connection, as needed."""
        try:
            if ended:
                self._note(CHAIN_CLOSED)
            elif self._healthy and self._is_due(self._tail):
                self._note(CHAIN_REACHED)
            elif self._healthy and self._tail.seq - self._swept >= _SWEPT_EVERY:
                self._sweep()
            elif idle:
                with in_words(self._url):
                    self._connected()
                self._healthy = True
        except RiskWarningError as error:  # the database fails, or the trail is sealed with another key
            self._failed(error)
            self._unfinished = error if ended else None
            self._drop()

    def _failed(self, error: Exception) -> None:
        if self._healthy:
            # The message of another error may hold a borrower's values.
            words = str(error) if isinstance(error, RiskWarningError) else type(error).__name__
            _log.error("decisions cannot be written, so that no answer is given: %s", words)
        self._healthy = False

    def _note(self, kind: str) -> None:
        with in_words(self._url):
            connection = self._connected()
            with connection.begin():
                self._append(connection, kind, self._tail)
        self._noted, self._noted_at = self._tail.seq, time.monotonic()

    def _append(self, connection: Connection, kind: str, tail: Tail, chain: str = "") -> None:
        detail = {"rows": tail.seq, "head": tail.head}
        append(connection, actor="service", kind=kind, subject=chain or self.chain, detail=detail)

    def _note_ends(self) -> None:
        """Record where the open chains of other writers end, so that no row of one that was killed can be cut off."""
        with in_words(self._url):
            connection = self._connected()
            with connection.begin():
                lock(connection, audit_events)
                for chain, noted in open_chains(connection):
                    tail = stored_tail(connection, chain)
                    if tail.seq > noted:
                        self._append(connection, CHAIN_REACHED, tail, chain)

    def _connected(self) -> Connection:
        """Return the open connection; if it is new, the chain continues from its end in the database."""
        if self._connection is None:
            self._connection = self._engine.connect()
            self._tell_sqlite("PRAGMA wal_autocheckpoint = 0")
            with self._connection.begin():
                self._tail = stored_tail(self._connection, self.chain)
        return self._connection

    def _sweep(self) -> None:
        self._swept = self._tail.seq
        with suppress(sqlite3.Error):  # nothing is lost; the next write reports the problem
            self._tell_sqlite("PRAGMA wal_checkpoint(PASSIVE)")

    def _tell_sqlite(self, pragma: str) -> None:
        """Run a PRAGMA on SQLite, which accepts these only outside a transaction; do nothing on other databases."""
        driver = None if self._connection is None else self._connection.connection.driver_connection
        if isinstance(driver, sqlite3.Connection):
            driver.execute(pragma)

    def _drop(self) -> None:
        if self._connection is not None:
            with suppress(SQLAlchemyError):
                self._connection.invalidate()
                self._connection.close()
            self._connection = None
