"""Digests: the sha256 of a text, and the one JSON text that a content has."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import Any


def canonical_json(content: Any) -> str:
    """Return the content as JSON with sorted keys, no spaces, and dates in ISO format.

    >>> canonical_json({"b": date(2024, 1, 31), "a": 1})
    '{"a":1,"b":"2024-01-31"}'
    """
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=date.isoformat)


def sha256(content: str | bytes) -> str:
    """Return the sha256 in hex digits; a text is digested as UTF-8.

    >>> sha256("")[:8]
    'e3b0c442'
    """
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()
