"""The watch list's database: opened, brought to this version's tables, its errors put into words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import Connection, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from risk_warning.errors import DatabaseError

_BUSY_SECONDS = 10


@contextmanager
def transaction(url: str) -> Iterator[Connection]:
    """A connection in one transaction, committed at the end of the `with`, rolled back on any error.

    Raises
    ------
    DatabaseError
        The database cannot be reached, is locked, unwritable, or of another version.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise DatabaseError(
            "The database URL cannot be read; give one such as sqlite:///watchlist.db or postgresql+psycopg://…"
        ) from None
    shown = parsed.render_as_string(hide_password=True)
    try:
        engine = _engine(url)
        try:
            with engine.begin() as connection:
                _upgrade(connection)
                yield connection
        finally:
            engine.dispose()
    except CommandError:
        raise DatabaseError(
            f"The watch list at {shown} was made by another version of risk-warning; upgrade the program, or name "
            "another database with --db."
        ) from None
    except (SQLAlchemyError, ImportError, OSError) as error:
        raise DatabaseError(
            f"The watch list at {shown} cannot be used ({_cause(error)}); check that it is reachable, writable and "
            "not locked by another program, or name another with --db."
        ) from None


def _engine(url: str) -> Any:
    parsed = make_url(url)
    if parsed.drivername in ("postgresql", "postgres"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed)
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(parsed, connect_args={"timeout": _BUSY_SECONDS})

    @event.listens_for(engine, "connect")
    def _enforce(connection: Any, _: Any) -> None:
        connection.execute("PRAGMA foreign_keys = ON")

    return engine


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _cause(error: Exception) -> str:
    """The error's kind, and the driver's own words where they hold no values."""
    origin = getattr(error, "orig", None)
    if origin is None:
        return type(error).__name__
    text = str(origin).splitlines()[0] if str(origin) else ""
    return text if text in ("database is locked", "unable to open database file") else type(origin).__name__
