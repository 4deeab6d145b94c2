"""Texts from elsewhere as they may be shown: without secrets, and without characters that steer a terminal."""

from __future__ import annotations

import re

_SECRETS = r"[\w.-]*(?:pass|pwd|secret|token|key|credential|sig)[\w.-]*"
_IN_QUERY = re.compile(rf"(?i)(?<=[?&;])({_SECRETS})=[^&;]*")
_IN_WORDS = re.compile(rf"(?i)\b({_SECRETS})(\s*=\s*)(?:'[^']*'|\"[^\"]*\"|[^\s&;]+)")
_USER = re.compile(r"(?<=://)([^/?#@:]*):[^/?#]*@")
_MASK = "***"


def shown_url(url: str) -> str:
    """Return a URL or another address of a database or a server, with every secret in it masked.

    >>> shown_url("postgresql://ann:s3cret@db/book?sslpassword=x&sslmode=require")
    'postgresql://ann:***@db/book?sslpassword=***&sslmode=require'
    >>> shown_url("host=db user=ann password='a b'")
    'host=db user=ann password=***'
    """
    masked = _USER.sub(rf"\1:{_MASK}@", url)
    masked = _IN_QUERY.sub(rf"\1={_MASK}", masked)
    return masked if "://" in masked else _IN_WORDS.sub(rf"\1\2{_MASK}", masked)


_STEERING = (*range(0x09), *range(0x0B, 0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A))
"""All control characters but the tab and the end of a line, and those that turn the direction of writing."""
_VISIBLE = {code: f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" for code in _STEERING}


def visible(text: str, *, in_line: bool = False) -> str:
    r"""Return a text with the characters that steer a terminal as escapes; `in_line`: the ends of lines as well.

    >>> print(visible("a\x1b[2Jb"))
    a\x1b[2Jb
    """
    shown = text.translate(_VISIBLE)
    return shown.replace("\n", "\\n") if in_line else shown
