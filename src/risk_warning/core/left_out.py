"""Columns that a night left out because of an open question: their values count as not observed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class LeftOut:
    """A column that a night left out, and why."""

    column: str
    """`table.column`."""
    question: str
    """Code of the question that nobody has answered."""
    share: float
    """Share of the rows that the question is about, 0 to 1."""

    def words(self) -> str:
        """Return what was left out and why.

        >>> LeftOut("loans.annual_rate", "loans.annual_rate.above_one", 0.25).words()
        'loans.annual_rate because of loans.annual_rate.above_one (25.0 %)'
        """
        return f"{self.column} because of {self.question} ({100 * self.share:.1f} %)"


def in_words(left_out: Sequence[LeftOut]) -> str:
    """Return what was left out and why, in one line; empty if nothing was."""
    return ", ".join(one.words() for one in left_out)
