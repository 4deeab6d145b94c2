"""The API keys of a running service: looked up in memory, reloaded from the database every few seconds."""

from __future__ import annotations

import hmac
import logging
import re
import threading
import time
from dataclasses import dataclass, fields

from sqlalchemy import exists, select

from risk_warning.audit.api_keys import Key
from risk_warning.audit.events import KEY_REVOKED, stamp
from risk_warning.audit.seal import seal_in_use
from risk_warning.audit.sealed_keys import key_fault
from risk_warning.core.digest import sha256
from risk_warning.database.audit_tables import audit_events
from risk_warning.database.connection import in_words, open_reading
from risk_warning.database.service_tables import api_keys
from risk_warning.errors import DatabaseError

REFRESH_SECONDS = 3.0
"""Together with the two seconds that a read may have to wait, a revoked key works for at most five seconds."""
UNKNOWN_SECONDS = 1.0
"""However many unknown keys arrive, they cause at most one read of the database in this time."""
_WAIT_SECONDS = 2
_FIELDS = tuple(field.name for field in fields(Key))
_log = logging.getLogger(__name__)
_TEXT = re.compile(r"rw_([0-9a-f]{8})_([A-Za-z0-9_-]{43})")


@dataclass(frozen=True)
class _StoredKey:
    key: Key
    secret_digest: str


class KeyRing:
    """The API keys of a database. `find` uses memory only; `refresh` reads the database and belongs in a thread.

    A service with an event loop runs `refresh` every `REFRESH_SECONDS` in a dedicated pool of one thread, and does this
    for each request::

        key = ring.find(text)
        if key is None and ring.worth_a_look(text):
            await loop.run_in_executor(pool, ring.refresh)
            key = ring.find(text)

    A key created a moment ago therefore works at once. While the database cannot be read, the known keys keep working.

    Raises
    ------
    DatabaseError
        The database cannot be read at the start.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._seal = seal_in_use()
        self._distrusted: frozenset[str] = frozenset()
        self._engine = open_reading(url, wait_seconds=_WAIT_SECONDS)
        self._reading = threading.Lock()
        self._read_at = time.monotonic()
        self._keys = self._read()

    def find(self, text: str) -> Key | None:
        """Return the valid key with this text, or None, in the same time whether the id or the secret is wrong."""
        parts = _TEXT.fullmatch(text)
        key_id, secret = parts.groups() if parts is not None else ("", "")
        entry = self._keys.get(key_id)
        same = hmac.compare_digest(sha256(secret), entry.secret_digest if entry is not None else "0" * 64)
        return entry.key if entry is not None and same and entry.key.valid(stamp()) else None

    def worth_a_look(self, text: str) -> bool:
        """Whether `refresh` could make this text known.

        True if the text has a key's form and an unknown id, and the last read is not recent or a read is in progress.
        """
        parts = _TEXT.fullmatch(text)
        if parts is None or parts[1] in self._keys:
            return False
        return self._reading.locked() or time.monotonic() - self._read_at >= UNKNOWN_SECONDS

    def refresh(self) -> None:
        """Reload the keys, unless the database was read just now; if it cannot be read, keep the known keys."""
        with self._reading:
            if time.monotonic() - self._read_at < UNKNOWN_SECONDS:
                return
            self._read_at = time.monotonic()
            try:
                self._keys = self._read()
            except DatabaseError:
                return  # the readiness check reports the database; the known keys keep working

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    def _read(self) -> dict[str, _StoredKey]:
        """Return the keys whose seal is genuine and of which no event says that they are revoked."""
        revoked = exists().where(audit_events.c.kind == KEY_REVOKED, audit_events.c.subject == api_keys.c.name)
        with in_words(self._url), self._engine.begin() as connection:
            mappings = connection.execute(select(api_keys, revoked.label("revocation"))).mappings().all()
        faults = {row["name"]: fault for row in mappings if (fault := key_fault(row, self._seal)) is not None}
        for name in sorted(faults.keys() - self._distrusted):
            _log.error("The API key %s is not accepted: its row %s. Run risk-warning audit verify.", name, faults[name])
        self._distrusted = frozenset(faults)
        return {
            row["key_id"]: _StoredKey(Key(**{name: row[name] for name in _FIELDS}), row["secret_digest"])
            for row in mappings
            if row["name"] not in faults and (row["revoked_at"] is not None or not row["revocation"])
        }
