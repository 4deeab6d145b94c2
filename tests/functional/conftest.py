"""Fixtures that several functional tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from databases import KINDS, NewDatabase, databases


@pytest.fixture(scope="module", params=KINDS)
def new_database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NewDatabase]:
    """Yield a function that returns the URL of a new, empty database, once for SQLite and once for PostgreSQL."""
    with databases(request.param, tmp_path_factory.mktemp("databases")) as new:
        yield new


@pytest.fixture
def url(new_database: NewDatabase) -> str:
    """Return the URL of a new, empty database."""
    return new_database()
