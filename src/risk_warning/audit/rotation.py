"""A new key for the seals of the audit trail, on record."""

from __future__ import annotations

from risk_warning.audit.events import MAIN, SEAL_ROTATED, append
from risk_warning.audit.seal import new_key, put_first, seal_in_use
from risk_warning.database.connection import transaction
from risk_warning.settings import load_settings


def rotate(url: str, *, actor: str) -> tuple[str, str]:
    """Seal with a new key from now on; return the ids of the key before and of the new one.

    The event that records it is sealed with the key before. That key stays in the file, behind the new one.

    Raises
    ------
    SettingsError
        The key file cannot be read, or lacks the key with which the trail is sealed.
    DatabaseError
        The event cannot be written; the key file is unchanged.
    """
    before = seal_in_use().key_id
    after, key = new_key()
    with transaction(url) as connection:
        append(connection, actor=actor, kind=SEAL_ROTATED, subject=MAIN, detail={"before": before, "after": after})
    put_first(load_settings().audit_key_file, key)
    return before, after
