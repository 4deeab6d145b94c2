"""Connections to the watch list's database, its upgrade to this version's tables, and its errors as sentences."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import URL, Connection, Engine, Integer, Table, cast, create_engine, event, func, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from risk_warning.errors import DatabaseError
from risk_warning.shown import shown_url

_WAIT_SECONDS = 10
_TABLE_LOCKS = 0x726B
"""First half of the key of the advisory locks that `lock` takes on PostgreSQL."""
_UPGRADE_LOCK = 0x7269736B
"""Key of the advisory lock that lets only one process at a time upgrade a PostgreSQL database."""


@contextmanager
def transaction(url: str) -> Iterator[Connection]:
    """Open a connection in one write transaction, committed at the end of the `with` block, rolled back on any error.

    Raises
    ------
    DatabaseError
        The database cannot be reached, is locked, is not writable, or is of another version.
    """
    with in_words(url):
        engine = open_engine(url)
        try:
            with engine.begin() as connection:
                yield connection
        finally:
            engine.dispose()


@contextmanager
def snapshot(url: str) -> Iterator[Connection]:
    """Open a connection that reads the database as of its first statement and blocks no writer.

    Raises
    ------
    DatabaseError
        As in `transaction`.
    """
    with in_words(url):
        engine = open_reading(url)
        try:
            with engine.begin() as connection:
                yield connection
        finally:
            engine.dispose()


def open_engine(url: str, *, wait_seconds: int = _WAIT_SECONDS) -> Engine:
    """Upgrade the database to this version's tables and return an engine for writing; the caller disposes of it.

    On SQLite, every transaction takes the write lock at its start: a transaction that reads first and writes later
    fails at once, without waiting, if another one wrote in between.

    Raises
    ------
    DatabaseError
        As in `transaction`.
    """
    return _opened(url, wait_seconds).execution_options(sqlite_begin="BEGIN IMMEDIATE")


def open_reading(url: str, *, wait_seconds: int = _WAIT_SECONDS) -> Engine:
    """Return an engine whose transactions each read one state of the database; the caller disposes of it."""
    engine = _opened(url, wait_seconds)
    return engine if engine.name == "sqlite" else engine.execution_options(isolation_level="REPEATABLE READ")


def lock(connection: Connection, table: Table) -> None:
    """Make other callers for this table wait until the transaction ends; readers are not blocked.

    On PostgreSQL it is an advisory lock: to lock the table itself, a role must be allowed to change its rows.
    """
    if connection.dialect.name != "sqlite":  # a SQLite write transaction holds the only lock from its start
        key = zlib.crc32(table.name.encode())
        connection.execute(select(func.pg_advisory_xact_lock(_TABLE_LOCKS, cast(key - 2**31, Integer))))


def exists(url: str) -> bool:
    """Whether there is a watch list at `url`; none is created.

    Raises
    ------
    DatabaseError
        The database cannot be reached.
    """
    with in_words(url):
        parsed = _with_driver(make_url(url))
        if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").is_file():
            return False
        engine = _engine(parsed, _WAIT_SECONDS, foreign_keys=True)
        try:
            with engine.connect() as connection:
                return MigrationContext.configure(connection).get_current_revision() is not None
        finally:
            engine.dispose()


def must_exist(url: str) -> None:
    """Check that there is a watch list at `url`, without creating one.

    Raises
    ------
    DatabaseError
        There is no watch list at `url`, or the database cannot be reached.
    """
    if not exists(url):
        raise DatabaseError(
            f"There is no watch list at {display_url(url)} yet: a nightly run or the service creates it. "
            "Or name another with --db."
        )


def display_url(url: str) -> str:
    """Return the database's URL for display, without its password.

    Raises
    ------
    DatabaseError
        The URL cannot be parsed.
    """
    try:
        return shown_url(make_url(url).render_as_string(hide_password=True))
    except ArgumentError:
        raise DatabaseError(
            "The database URL cannot be read; give one such as sqlite:///watchlist.db or postgresql+psycopg://…"
        ) from None


@contextmanager
def in_words(url: str) -> Iterator[None]:
    """Convert database errors raised inside the `with` block into a `DatabaseError` with a one-sentence message."""
    at = display_url(url)
    try:
        yield
    except CommandError:
        raise DatabaseError(
            f"The watch list at {at} was created by another version of risk-warning; upgrade the program, or name "
            "another database with --db."
        ) from None
    except (SQLAlchemyError, ImportError, OSError) as error:
        raise DatabaseError(
            f"The watch list at {at} cannot be used ({_cause(error)}); check that it is reachable, writable and "
            "not locked by another program, or name another with --db."
        ) from None


def _opened(url: str, wait_seconds: int) -> Engine:
    with in_words(url):
        parsed = _with_driver(make_url(url))
        engine = _engine(parsed, wait_seconds, foreign_keys=True)
        try:
            with engine.connect() as connection:
                current = MigrationContext.configure(connection).get_current_revision()
            if current != _scripts().get_current_head():
                _upgrade(parsed, wait_seconds)
        except BaseException:
            engine.dispose()
            raise
        return engine


def _with_driver(url: URL) -> URL:
    return url.set(drivername="postgresql+psycopg") if url.drivername in ("postgresql", "postgres") else url


def _engine(url: URL, wait_seconds: int, *, foreign_keys: bool) -> Engine:
    if url.get_backend_name() != "sqlite":
        options = f"-c lock_timeout={wait_seconds}s"
        return create_engine(url, connect_args={"connect_timeout": wait_seconds, "options": options})
    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": wait_seconds})

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _: Any) -> None:
        # By default the driver begins a transaction only at the first write, and none around changes of tables (DDL).
        connection.isolation_level = None
        connection.execute(f"PRAGMA foreign_keys = {'ON' if foreign_keys else 'OFF'}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get("sqlite_begin", "BEGIN"))

    return engine


def _upgrade(url: URL, wait_seconds: int) -> None:
    # On SQLite, changing a column recreates the table, which enforced foreign keys to it would prevent.
    engine = _engine(url, wait_seconds, foreign_keys=False).execution_options(sqlite_begin="BEGIN IMMEDIATE")
    try:
        with engine.begin() as connection:
            if engine.name != "sqlite":
                connection.execute(select(func.pg_advisory_xact_lock(_UPGRADE_LOCK)))
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    return config


@cache
def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _cause(error: Exception) -> str:
    """Return the driver's message if it is known to contain no values, else the type of the error."""
    origin = getattr(error, "orig", None)
    if origin is None:
        return type(error).__name__
    words = str(origin).splitlines()[0] if str(origin) else ""
    return words if words in ("database is locked", "unable to open database file") else type(origin).__name__
