"""The seal of the audit trail: an HMAC of each row, with a key that is held outside the database.

Whoever can write to the database can redo the hashes of a chain, but not the seals. The key file has one key a line, 64
hex digits; the first one seals, the others are older and still verify.
"""

from __future__ import annotations

import hmac
import os
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from risk_warning.errors import SettingsError
from risk_warning.settings import load_settings

_BYTES = 32


@dataclass(frozen=True)
class Mark:
    """The seal of one row: which key made it, and its HMAC-SHA256 in hex."""

    seal_key: str
    seal: str


@dataclass(frozen=True)
class Seal:
    """The keys that seal and verify rows."""

    keys: Mapping[str, bytes]
    """Id of a key, the first 16 hex digits of its sha256 → the key; the first one seals."""

    @property
    def key_id(self) -> str:
        """Id of the key that seals."""
        return next(iter(self.keys))

    def mark(self, text: str) -> Mark:
        """Return the seal of a text, which is usually a row's hash."""
        return Mark(self.key_id, _hmac(self.keys[self.key_id], text))

    def fault(self, text: str, seal_key: str | None, seal: str | None) -> str | None:
        """Return what is wrong with the seal of a text, None if nothing is."""
        if seal_key is None or seal is None:
            return "has no seal"
        if seal_key not in self.keys:
            return f"is sealed with the key {seal_key}, which the key file lacks"
        return None if hmac.compare_digest(_hmac(self.keys[seal_key], text), seal) else "has a false seal"


def _id(key: bytes) -> str:
    return sha256(key).hexdigest()[:16]


def _hmac(key: bytes, text: str) -> str:
    return hmac.digest(key, text.encode(), sha256).hex()


def seal_in_use() -> Seal:
    """Return the seal of the key file that the settings name; a missing default file is made, readable by its owner.

    Raises
    ------
    SettingsError
        The key file is missing, though the settings name it, or it cannot be read.
    """
    settings = load_settings()
    path = settings.audit_key_file
    if not path.is_file():
        if settings.audit.key_file is not None:
            raise SettingsError(
                f"audit.key_file names {path}, which is not a file; copy the key of the audit trail there, or make a "
                f"new one with risk-warning audit new-key {path}."
            )
        make_key_file(path)
    try:
        return _read(path, path.stat().st_mtime_ns)
    except OSError as error:
        raise SettingsError(f"The key file of the audit trail, {path}, cannot be read: {error.strerror}.") from None


def make_key_file(path: Path) -> str:
    """Write a new key to a file that is not there yet, readable by its owner alone; return the id of the key in it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _put(path, [new_key()[1]], replace=False)
    return _read(path, path.stat().st_mtime_ns).key_id


def new_key() -> tuple[str, bytes]:
    """Return (id, key) of a new key."""
    key = secrets.token_bytes(_BYTES)
    return _id(key), key


def put_first(path: Path, key: bytes) -> None:
    """Put a key before those of the file, so that it seals from now on."""
    _put(path, [key, *_read(path, path.stat().st_mtime_ns).keys.values()], replace=True)


def _put(path: Path, keys: list[bytes], *, replace: bool) -> None:
    """Write the file at once; of several processes that make it at the same time, the first one's file stays."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w") as file:
            file.writelines(f"{key.hex()}\n" for key in keys)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            Path(name).replace(path)
        else:
            try:
                os.link(name, path)
            except FileExistsError:
                return
    finally:
        Path(name).unlink(missing_ok=True)


@lru_cache(maxsize=8)
def _read(path: Path, _changed: int) -> Seal:
    keys: dict[str, bytes] = {}
    for number, line in enumerate(path.read_text(encoding="ascii", errors="replace").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            key = bytes.fromhex(line)
        except ValueError:
            key = b""
        if len(key) != _BYTES:
            raise SettingsError(
                f"Line {number} of {path} is no key of the audit trail: a key is {2 * _BYTES} hex digits. Restore the "
                "file from its copy."
            )
        keys[_id(key)] = key
    if not keys:
        raise SettingsError(f"{path} has no key of the audit trail; restore it from its copy.")
    return Seal(keys)
