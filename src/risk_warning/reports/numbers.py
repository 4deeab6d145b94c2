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
