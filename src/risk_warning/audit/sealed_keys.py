"""The seals of API keys: a row of the table that somebody else wrote or changed opens nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from sqlalchemy import Connection, RowMapping, select, update

from risk_warning.audit.seal import Seal
from risk_warning.core.digest import canonical_json
from risk_warning.database.service_tables import api_keys

Row = Mapping[str, object] | RowMapping
_SEALED = [column.name for column in api_keys.c if column.name not in ("seal_key", "seal")]


def sealed(row: Row, seal: Seal) -> dict[str, object]:
    """Return the row of an API key with its seal."""
    return {**row, **asdict(seal.mark(_text(row)))}


def key_fault(row: RowMapping, seal: Seal) -> str | None:
    """Return what is wrong with the seal of a row of API keys, None if nothing is."""
    return seal.fault(_text(row), row["seal_key"], row["seal"])


def seal_keys(connection: Connection, seal: Seal) -> None:
    """Seal the keys that have no seal."""
    for row in connection.execute(select(api_keys).where(api_keys.c.seal.is_(None))).mappings().all():
        this_key = update(api_keys).where(api_keys.c.key_id == row["key_id"])
        connection.execute(this_key.values(**sealed(row, seal)))


def _text(row: Row) -> str:
    return canonical_json({name: row.get(name) for name in _SEALED})
