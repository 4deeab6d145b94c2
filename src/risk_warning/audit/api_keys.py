"""API keys of the service: each is created once, shown once, and stored only as a digest."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, get_args

from limits import parse_many
from sqlalchemy import insert, select, update

from risk_warning.audit.events import KEY_CREATED, KEY_REVOKED, append, stamp
from risk_warning.audit.seal import seal_in_use
from risk_warning.audit.sealed_keys import sealed
from risk_warning.core.digest import sha256
from risk_warning.database.connection import snapshot, transaction
from risk_warning.database.service_tables import api_keys
from risk_warning.errors import SettingsError

Role = Literal["scorer", "reviewer", "risk", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
RESERVED = frozenset({"no-auth", "service", "risk-warning", "night"})
"""Actors that the trail names without a key; no key may pass for one."""


@dataclass(frozen=True)
class Key:
    """The stored data of a key, without its secret."""

    key_id: str
    name: str
    role: str
    rate_limit: str | None
    """Such as "200/second"; None means the service's own limit."""
    created_at: str
    expires_at: str | None
    revoked_at: str | None

    def valid(self, now: str) -> bool:
        """Whether the key may be used at the moment `now`, an ISO text in UTC."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


def create(url: str, *, name: str, role: str, rate_limit: str | None, expires_on: date | None, actor: str) -> str:
    """Create a key and return its text, `rw_<id>_<secret>`, which cannot be shown again.

    The key is valid to the end of the day `expires_on`, UTC.

    Raises
    ------
    SettingsError
        The name is taken or invalid, the role or the rate limit is invalid, or the day is past.
    """
    _check(name, role, rate_limit, expires_on)
    key_id, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
    with transaction(url) as connection:
        if connection.execute(select(api_keys.c.key_id).where(api_keys.c.name == name)).scalar() is not None:
            raise SettingsError(
                f"There is a key named {name} already, in use or revoked; give the new one another name, so that the "
                "audit trail stays clear."
            )
        detail = {"key_id": key_id, "role": role, "rate_limit": rate_limit, "expires_on": expires_on}
        append(connection, actor=actor, kind=KEY_CREATED, subject=name, detail=detail)
        row = {
            "key_id": key_id,
            "name": name,
            "role": role,
            "secret_digest": sha256(secret),
            "rate_limit": rate_limit,
            "created_at": stamp(),
            "expires_at": None if expires_on is None else _end_of(expires_on),
        }
        connection.execute(insert(api_keys).values(sealed(row, seal_in_use())))
    return f"rw_{key_id}_{secret}"


def listed(url: str) -> list[Key]:
    """Return all keys, also the expired and revoked ones, in order of name."""
    with snapshot(url) as connection:
        rows = connection.execute(select(*_KNOWN).order_by(api_keys.c.name))
        return [Key(**row) for row in rows.mappings()]


def revoke(url: str, name: str, actor: str) -> None:
    """Revoke a key; within five seconds no service accepts it any more.

    Raises
    ------
    SettingsError
        There is no such key, or it is already revoked.
    """
    with transaction(url) as connection:
        in_use = (api_keys.c.name == name) & api_keys.c.revoked_at.is_(None)
        row = connection.execute(select(api_keys).where(in_use)).mappings().one_or_none()
        if row is None:
            raise SettingsError(f"There is no key named {name} in use; risk-warning keys list shows them all.")
        revoked = sealed({**row, "revoked_at": stamp()}, seal_in_use())
        connection.execute(update(api_keys).where(in_use).values(revoked))
        append(connection, actor=actor, kind=KEY_REVOKED, subject=name, detail={})


_KNOWN = [api_keys.c[name] for name in Key.__dataclass_fields__]


def _check(name: str, role: str, rate_limit: str | None, expires_on: date | None) -> None:
    if not _NAME.fullmatch(name):
        raise SettingsError(
            "A key's name is 1 to 64 letters, digits, dots, dashes and underscores, such as loan-system; correct it."
        )
    if name.casefold() in RESERVED:
        raise SettingsError(f"No key may be named {name}: the audit trail calls the program itself so; choose another.")
    if role not in ROLES:
        raise SettingsError(f"A key's role is one of {', '.join(ROLES)}; {role} is none of them.")
    if rate_limit is not None:
        try:
            parse_many(rate_limit)
        except ValueError:
            raise SettingsError(f"{rate_limit} is not a rate limit; give one such as 200/second.") from None
    if expires_on is not None and _end_of(expires_on) <= stamp():
        raise SettingsError(f"The key would expire on {expires_on}, which is past; give a later day.")


def _end_of(day: date) -> str:
    return datetime.combine(day + timedelta(days=1), time(), UTC).isoformat(timespec="microseconds")
