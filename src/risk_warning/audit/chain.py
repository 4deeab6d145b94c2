"""Chains of rows, pure: each row carries the hash of the one before, so that none can be changed unseen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date

START = "0" * 64
"""What the first row of a chain has for the hash of the one before."""

_OUTSIDE = frozenset({"id", "prev_hash", "hash"})
"""`id` is the database's own number; the hashes are the chain itself."""


def row_hash(prev_hash: str, columns: Mapping[str, object]) -> str:
    """The sha256, in hex, over the previous row's hash and this row's columns.

    What was asked and answered enters by its digest, so that it can be erased and the chain stays whole.

    >>> row_hash(START, {"id": 7, "chain": "main", "seq": 1})[:12]
    '4ad6f49a8dc6'
    """
    return digest(prev_hash + canonical({name: columns[name] for name in columns if name not in _OUTSIDE}))


def canonical(values: Mapping[str, object]) -> str:
    """The values as JSON text that is the same wherever it is made; a date is its ISO text."""
    return json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=date.isoformat)


def digest(text: str) -> str:
    """The sha256 of a text in UTF-8, hex."""
    return hashlib.sha256(text.encode()).hexdigest()
