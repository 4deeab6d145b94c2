"""The keys as a running service holds them: found in memory, read anew every few seconds."""

from __future__ import annotations

import hmac
import re
import threading
import time
from dataclasses import dataclass

from sqlalchemy import select

from risk_warning.audit.api_keys import Key
from risk_warning.audit.chain import digest
from risk_warning.audit.events import stamp
from risk_warning.database.connection import in_words, open_reading
from risk_warning.database.service_tables import api_keys
from risk_warning.errors import DatabaseError

REFRESH_SECONDS = 3.0
"""With the two seconds a reading may have to wait, a revoked key works for five seconds at most."""
UNKNOWN_SECONDS = 1.0
"""However many unknown keys come, the database is read for them once in this time."""
_WAIT_SECONDS = 2
_TEXT = re.compile(r"rw_([0-9a-f]{8})_([A-Za-z0-9_-]{43})")


@dataclass(frozen=True)
class _Held:
    key: Key
    secret_digest: str


class KeyRing:
    """The keys of a database. `find` is pure memory; `refresh` reads, and belongs in a thread.

    A service with an event loop gives `refresh` a pool of one thread of its own, runs it there every
    `REFRESH_SECONDS`, and for each request does::

        key = ring.find(text)
        if key is None and ring.worth_a_look(text):
            await loop.run_in_executor(pool, ring.refresh)
            key = ring.find(text)

    so that a key made a moment ago works at once. While the database cannot be read the known keys keep working.

    Raises
    ------
    DatabaseError
        The database cannot be read at the start.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._engine = open_reading(url, wait_seconds=_WAIT_SECONDS)
        self._reading = threading.Lock()
        self._read_at = time.monotonic()
        self._held = self._read()

    def find(self, text: str) -> Key | None:
        """The valid key with this text, or None; it takes the same time whether the id or the secret is wrong."""
        parts = _TEXT.fullmatch(text)
        key_id, secret = parts.groups() if parts is not None else ("", "")
        held = self._held.get(key_id)
        same = hmac.compare_digest(digest(secret), held.secret_digest if held is not None else "0" * 64)
        return held.key if held is not None and same and held.key.valid(stamp()) else None

    def worth_a_look(self, text: str) -> bool:
        """Whether `refresh` could make this text known: it has a key's form, a new id, and nobody looked just now."""
        parts = _TEXT.fullmatch(text)
        if parts is None or parts[1] in self._held:
            return False
        return self._reading.locked() or time.monotonic() - self._read_at >= UNKNOWN_SECONDS

    def refresh(self) -> None:
        """Nothing comes back; the keys are as the database has them, unless it cannot be read or was just now."""
        with self._reading:
            if time.monotonic() - self._read_at < UNKNOWN_SECONDS:
                return
            self._read_at = time.monotonic()
            try:
                self._held = self._read()
            except DatabaseError:
                return  # the service's readiness speaks of the database; those who may ask still may

    def close(self) -> None:
        """Nothing comes back; the connections are closed."""
        self._engine.dispose()

    def _read(self) -> dict[str, _Held]:
        with in_words(self._url), self._engine.begin() as connection:
            found = connection.execute(select(api_keys)).mappings().all()
        rows = [dict(row) for row in found]
        return {row["key_id"]: _Held(secret_digest=row.pop("secret_digest"), key=Key(**row)) for row in rows}
