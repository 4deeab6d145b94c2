"""The actor: who is at the command line, as the audit trail names them."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

from risk_warning.errors import SettingsError

KEY_FILE = "RISK_WARNING_KEY_FILE"
"""The variable that names a file with an API key, for whoever shares an account of the operating system."""
APPROVERS = ("risk", "admin")
"""Roles of a key that may put models and policies in service."""
ADMINS = ("admin",)
"""Roles of a key that may make and revoke keys, and erase."""


def actor(url: str, roles: tuple[str, ...] = APPROVERS) -> str:
    """Return the user of the operating system, or the key in the file that `RISK_WARNING_KEY_FILE` names.

    Variables such as LOGNAME are ignored: anyone can set them.

    Raises
    ------
    SettingsError
        The file cannot be read, its key is not valid, or its role is none of `roles`.
    DatabaseError
        The keys cannot be read.
    """
    named = os.environ.get(KEY_FILE)
    return _os_user() if not named else _key_in(Path(named), url, roles)


def _key_in(path: Path, url: str, roles: tuple[str, ...]) -> str:
    from risk_warning.audit.key_ring import KeyRing

    try:
        text = path.read_text(encoding="ascii", errors="replace").strip()
    except OSError as error:
        raise SettingsError(f"{KEY_FILE} names {path}, which cannot be read ({error.strerror}); correct it.") from None
    ring = KeyRing(url)
    try:
        key = ring.find(text)
    finally:
        ring.close()
    if key is None:
        raise SettingsError(f"The key in {path} is not known, was revoked, or has expired; ask for a new one.")
    if key.role not in roles:
        raise SettingsError(f"The key {key.name} has the role {key.role}, and this takes {' or '.join(roles)}.")
    return f"key:{key.name}"


def _os_user() -> str:
    """Return the user's name, or the number if it has none, as in many containers."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name[:64]
    except KeyError:
        return f"uid {os.getuid()}"
