"""A running service with keys and the simulated lender's book and model; its log must contain no values and no keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import httpx
from bodies import as_duckdb
from lender import Lender
from serving import Server, serving

from risk_warning.audit import api_keys

AS_OF = date(2023, 9, 1)
SENTINEL_TEXT = "ZZSENTINEL"
SENTINEL_NUMBER = 987654321.25
"""A borrower's values in the tests' requests: neither may appear in a message or in the log."""


@dataclass(frozen=True)
class Keyed:
    """A running service and its API keys."""

    server: Server
    keys: Mapping[str, str] = field(default_factory=dict)
    """Role → API key."""

    @property
    def url(self) -> str:
        """URL of the service."""
        return self.server.url

    @property
    def database(self) -> str:
        """URL of its database."""
        return f"sqlite:///{self.server.home / 'watchlist.db'}"

    def client(self, role: str | None = "admin") -> httpx.Client:
        """Return a client with the role's key, or without a key if the role is None."""
        headers = {} if role is None else {"x-api-key": self.keys[role]}
        return httpx.Client(base_url=self.url, headers=headers, timeout=60, trust_env=False)

    def key(self, name: str, role: str, rate_limit: str | None = None) -> str:
        """Create a key; return its text."""
        return _key(self.database, name, role, rate_limit)


@contextmanager
def served(lender: Lender, home: Path, **settings: str) -> Iterator[Keyed]:
    """Run the service with the lender's book; it needs keys unless the settings contain `no_auth`."""
    home.mkdir()
    book = as_duckdb(lender.book, home / "book.duckdb")
    database = f"sqlite:///{home / 'watchlist.db'}"
    keys = {} if "no_auth" in settings else {role: _key(database, role, role) for role in api_keys.ROLES}
    with serving(home, model=str(lender.model), service__book=str(book), **settings) as server:
        yield Keyed(server, keys)
    logged = server.log.read_text()
    assert "Traceback" not in logged, logged
    assert SENTINEL_TEXT not in logged, logged
    assert str(SENTINEL_NUMBER) not in logged, logged
    assert not any(key in logged for key in keys.values())


def _key(database: str, name: str, role: str, rate_limit: str | None = None) -> str:
    return api_keys.create(database, name=name, role=role, rate_limit=rate_limit, expires_on=None, actor="tests")
