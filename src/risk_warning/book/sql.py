"""SQL put together from fixed text and checked names.

Values always travel as parameters; a lender's name for a column reaches a statement only through `quoted`.
"""

from __future__ import annotations

from collections.abc import Collection


def quoted(name: str, known: Collection[str]) -> str:
    """The name quoted for SQL; `ValueError` unless it is one of `known`."""
    if name not in known:
        raise ValueError("a name that the schema does not hold cannot enter a statement")
    return '"' + name.replace('"', '""') + '"'


def statement(template: str, **parts: str) -> str:
    """The template with each `{part}` put in; parts are SQL made by this package, never a caller's text."""
    for name, part in parts.items():
        template = template.replace("{" + name + "}", part)
    return template
