"""Hash chains, as pure functions: each row holds the hash of the previous row, so that any change is detected."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date

START = "0" * 64
"""The `prev_hash` of the first row of a chain."""

_OUTSIDE = frozenset({"id", "prev_hash", "hash"})
"""Columns that are not hashed: `id` is assigned by the database, the two hashes form the chain itself."""


def row_hash(prev_hash: str, columns: Mapping[str, object]) -> str:
    """Return the sha256, in hex, of the previous row's hash and this row's columns.

    Inputs and answer are hashed by their digests, so that they can be erased without breaking the chain.

    >>> row_hash(START, {"id": 7, "chain": "main", "seq": 1})[:12]
    '4ad6f49a8dc6'
    """
    return digest(prev_hash + canonical({name: columns[name] for name in columns if name not in _OUTSIDE}))


def canonical(values: Mapping[str, object]) -> str:
    """Return the values as canonical JSON text, the same on every machine; a date becomes its ISO text."""
    return json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=date.isoformat)


def digest(text: str) -> str:
    """Return the sha256 of a text in UTF-8, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()
