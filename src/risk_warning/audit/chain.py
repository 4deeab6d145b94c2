"""Hash chains, as pure functions: each row holds the hash of the previous row, so that any change is detected."""

from __future__ import annotations

from collections.abc import Mapping

from risk_warning.core.digest import canonical_json, sha256

START = "0" * 64
"""The `prev_hash` of the first row of a chain."""

_OUTSIDE = frozenset({"id", "prev_hash", "hash", "seal_key", "seal"})
"""Columns that are not hashed: `id` is assigned by the database, the hashes form the chain, the seal is of the hash."""


_LATER = frozenset({"model_digest"})
"""Columns that came after the first rows: hashed where they have a value, so that older rows keep their hashes."""


def row_hash(prev_hash: str, columns: Mapping[str, object]) -> str:
    """Return the sha256, in hex, of the previous row's hash and this row's columns.

    Inputs and answer are hashed by their digests, so that they can be erased without breaking the chain.

    >>> row_hash(START, {"id": 7, "chain": "main", "seq": 1})[:12]
    'c92871898f2b'
    """
    hashed = {
        name: value
        for name, value in columns.items()
        if name not in _OUTSIDE and not (name in _LATER and value is None)
    }
    return sha256(prev_hash + canonical_json(hashed))
