"""One running service for all tests of a worker, with a client and a request body."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from bodies import Json, bodies
from lender import Lender
from served import AS_OF, Keyed, served

BORROWER = 55
"""This borrower has loans, instalments, statements and events."""


@pytest.fixture(scope="session")
def keyed(lender: Lender, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keyed]:
    """Run the service with a key for every role and a short timeout for slow clients."""
    home = tmp_path_factory.mktemp("service") / "home"
    settings = {"rate_limit": "100000/second", "body_timeout_seconds": "3", "drain_seconds": "0.2"}
    with served(lender, home, **{f"service__{name}": value for name, value in settings.items()}) as running:
        yield running


@pytest.fixture(scope="session")
def client(keyed: Keyed) -> Iterator[httpx.Client]:
    """Yield a client with an admin's key."""
    with keyed.client() as session:
        yield session


@pytest.fixture(scope="session")
def body(lender: Lender) -> Json:
    """Return the body of a borrower's request to /score; a test changes only its own copy."""
    return bodies(lender.book, AS_OF, [BORROWER])[0]
