"""SQL statements built from fixed text and checked names.

Values are always passed as parameters. A lender's column name enters a statement only through `quoted`.
"""

from __future__ import annotations

from collections.abc import Collection


def quoted(name: str, known: Collection[str]) -> str:
    """Return the name quoted for SQL.

    Raises
    ------
    ValueError
        The name is not one of `known`.
    """
    if name not in known:
        raise ValueError("a name that is not in the schema cannot be part of a statement")
    return '"' + name.replace('"', '""') + '"'


def statement(template: str, **parts: str) -> str:
    """Return the template with each `{part}` filled in; parts are SQL from this package, never a caller's text."""
    for name, part in parts.items():
        template = template.replace("{" + name + "}", part)
    return template
