"""The writer of decisions: one thread, one chain, every decision durable before its answer is given.

Whatever waits is written in one transaction, so that the disk is waited for once. A commit whose outcome is not known,
because the connection broke meanwhile, must not fork the chain: the chain goes on from what the database then holds.
"""

from __future__ import annotations

import secrets
import sqlite3
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from risk_warning.audit.decision_rows import ITS_OWN_FAULT, Tail, append_decisions, refusal, stored_tail
from risk_warning.audit.decisions import Decision, Written
from risk_warning.audit.events import CHAIN_CLOSED, CHAIN_OPENED, CHAIN_REACHED, append
from risk_warning.database.connection import in_words, open_engine
from risk_warning.errors import DatabaseError

_WAIT_SECONDS = 2  # a request is waiting; better no answer in time than one in ten seconds
_RETRY_SECONDS = 1.0
_AT_A_TIME = 200
_NOTED_EVERY = 1_000
"""Rows after which the writer notes in the events how far it has come: so many at most vanish unseen after a crash."""
_SWEPT_EVERY = 200
"""Rows after which SQLite's log is moved into its file, between answers: left to itself it does so inside a commit,
which then took ten times as long as the others, in one of a hundred."""


@dataclass(frozen=True)
class _Waiting:
    decision: Decision
    future: Future[Written]


class DecisionWriter:
    """Writes decisions in the order they are submitted, in a chain of its own, until it is closed.

    Raises
    ------
    DatabaseError
        The database cannot be reached, is locked, unwritable, or of another version.
    """

    def __init__(self, url: str) -> None:
        self.chain = secrets.token_hex(8)
        self._url = url
        self._queue: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._closing = threading.Lock()
        self._closed = False
        self._healthy = True
        self._unfinished: DatabaseError | None = None
        self._connection: Connection | None = None
        self._tail = Tail()
        self._noted = 0
        self._swept = 0
        self._engine = open_engine(url, wait_seconds=_WAIT_SECONDS)
        try:
            self._note(CHAIN_OPENED)
        except DatabaseError:
            self._engine.dispose()
            raise
        self._thread = threading.Thread(target=self._run, name="decision-writer", daemon=True)
        self._thread.start()

    @property
    def healthy(self) -> bool:
        """Whether the last write went well, or the database was reached again since; it is tried every second."""
        return self._healthy and not self._closed

    def submit(self, decision: Decision) -> Future[Written]:
        """What will stand durably in the trail; the answer may be given once it is there, and never before.

        The future fails with `AnsweredAlreadyError` where the idempotency key or the request id is stored already, and
        with `DatabaseError` where the decision is not known to be durable.
        """
        waiting = _Waiting(decision, Future())
        with self._closing:
            if not self._closed:
                self._queue.put(waiting)
                return waiting.future
        waiting.future.set_exception(DatabaseError("The writer of decisions is closed; the service is shutting down."))
        return waiting.future

    def close(self) -> None:
        """Nothing comes back; what was submitted is written, and the chain's end is noted in the events.

        Raises
        ------
        DatabaseError
            The end could not be noted: the chain stays open, as after a crash.
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
        """(everything that waits, whether that was the last)."""
        taken: list[_Waiting] = []
        try:
            item = self._queue.get(timeout=None if self._healthy else _RETRY_SECONDS)
            while item is not None:
                taken.append(item)
                if len(taken) == _AT_A_TIME:
                    return taken, False
                item = self._queue.get_nowait()
        except Empty:
            return taken, False
        return taken, True

    def _write(self, waiting: list[_Waiting]) -> None:
        results: Sequence[Written | Exception]
        try:
            with in_words(self._url):
                results = self._committed(waiting)
            self._healthy = True
        except Exception as error:  # also a mistake of ours: nobody may be left waiting for ever
            self._healthy = False
            self._drop()
            results = [error] * len(waiting)
        for item, result in zip(waiting, results, strict=True):
            if isinstance(result, Written):
                item.future.set_result(result)
            else:
                item.future.set_exception(result)

    def _committed(self, waiting: list[_Waiting]) -> Sequence[Written | Exception]:
        connection = self._connected()
        try:
            with connection.begin():
                written, tail = append_decisions(
                    connection, self.chain, self._tail, [item.decision for item in waiting]
                )
        except ITS_OWN_FAULT:
            return self._one_by_one(connection, waiting)
        self._tail = tail
        return written

    def _one_by_one(self, connection: Connection, waiting: list[_Waiting]) -> Sequence[Written | Exception]:
        """What became of each: one that cannot be stored takes no other with it."""
        results: list[Written | Exception] = []
        tail = self._tail
        with connection.begin():
            for item in waiting:
                try:
                    with connection.begin_nested():
                        written, after = append_decisions(connection, self.chain, tail, [item.decision])
                except ITS_OWN_FAULT as error:
                    results.append(refusal(connection, item.decision, error))
                else:
                    results += written
                    tail = after
        self._tail = tail
        return results

    def _catch_up(self, ended: bool, *, idle: bool) -> None:
        """Nothing comes back; the events are told how far the chain has come, a lost connection is made anew."""
        ahead = self._tail.seq - self._noted
        try:
            if ended:
                self._note(CHAIN_CLOSED)
            elif self._healthy and (ahead >= _NOTED_EVERY or (ahead and not self._noted)):
                self._note(CHAIN_REACHED)
            elif self._healthy and self._tail.seq - self._swept >= _SWEPT_EVERY:
                self._sweep()
            elif idle:
                with in_words(self._url):
                    self._connected()
                self._healthy = True
        except DatabaseError as error:
            self._healthy = False
            self._unfinished = error if ended else None
            self._drop()

    def _note(self, kind: str) -> None:
        with in_words(self._url):
            connection = self._connected()
            with connection.begin():
                detail = {"rows": self._tail.seq, "head": self._tail.head}
                append(connection, actor="service", kind=kind, subject=self.chain, detail=detail)
        self._noted = self._tail.seq

    def _connected(self) -> Connection:
        """The connection held open; where it is new, the chain goes on from what the database holds of it."""
        if self._connection is None:
            self._connection = self._engine.connect()
            self._tell_sqlite("PRAGMA wal_autocheckpoint = 0")
            with self._connection.begin():
                self._tail = stored_tail(self._connection, self.chain)
        return self._connection

    def _sweep(self) -> None:
        self._swept = self._tail.seq
        with suppress(sqlite3.Error):  # nothing is lost; the next write meets whatever is wrong
            self._tell_sqlite("PRAGMA wal_checkpoint(PASSIVE)")

    def _tell_sqlite(self, pragma: str) -> None:
        """Outside any transaction, where SQLite takes such words."""
        driver = None if self._connection is None else self._connection.connection.driver_connection
        if isinstance(driver, sqlite3.Connection):
            driver.execute(pragma)

    def _drop(self) -> None:
        if self._connection is not None:
            with suppress(SQLAlchemyError):
                self._connection.invalidate()
                self._connection.close()
            self._connection = None
