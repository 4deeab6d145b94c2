"""Formatting of numbers as text."""

from __future__ import annotations


def signed(value: float, decimals: int) -> str:
    """Return a number with its sign; a number that rounds to zero has no sign.

    >>> signed(-0.01234, 3), signed(0.2, 1), signed(-0.00001, 3)
    ('−0.012', '+0.2', '0.000')
    """
    text = f"{abs(value):.{decimals}f}"
    if not text.strip("0."):
        return text
    return ("−" if value < 0 else "+") + text


def count_of(n: int, of: int) -> str:
    """Return a count with its share, in one piece.

    >>> count_of(3, 24).replace("\N{NO-BREAK SPACE}", " ")
    '3 (12.5%)'
    """
    return f"{n:,}\N{NO-BREAK SPACE}({n / of:.1%})" if of else f"{n:,}"


def measure_text(value: float | int | None, decimals: int = 4, *, unknown: str = "–") -> str:
    """Return a measure: a whole number with separators, another with `decimals`, and `unknown` for None.

    >>> measure_text(0.79345), measure_text(12345), measure_text(None)
    ('0.7934', '12,345', '–')
    """
    if value is None:
        return unknown
    return f"{value:,}" if isinstance(value, int) else f"{value:.{decimals}f}"
