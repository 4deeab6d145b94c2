"""Values: what a feature is made of, in the words of its declaration.

    ratio(total("late_count", 3), total("due_count", 3)) - ratio(total("late_count", 9, 3), total("due_count", 9, 3))

A value is plain data, equal to another of the same words. It computes nothing itself: a plan computes all values of
all features together, each once, for one borrower or many.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from risk_warning.core.panel.panel import DERIVED

Relation = Literal[">", ">=", "==", "<="]


@dataclass(frozen=True)
class Value:
    """One number a borrower, NaN where not observed."""

    @property
    def parts(self) -> tuple[Value, ...]:
        """The values it is made of."""
        return ()

    @property
    def needs(self) -> tuple[str, ...]:
        """The panel's signals it is made of, each once, in the order in which they are named."""
        return tuple(dict.fromkeys(need for part in self.parts for need in part.needs))

    def __sub__(self, other: Value) -> Difference:
        return Difference(self, other)


@dataclass(frozen=True)
class Now(Value):
    """A level on the as-of date; of a monthly signal its most recent period."""

    signal: str

    @property
    def needs(self) -> tuple[str, ...]:
        return (self.signal,)


@dataclass(frozen=True)
class Code(Value):
    """The code of a category attribute `table.column`."""

    source: str

    @property
    def needs(self) -> tuple[str, ...]:
        return (self.source,)


@dataclass(frozen=True)
class _OfMonths(Value):
    signal: str

    @property
    def needs(self) -> tuple[str, ...]:
        return DERIVED.get(self.signal, (self.signal,))


@dataclass(frozen=True)
class Window(_OfMonths):
    """A monthly signal over its observed periods of [start, start + months)."""

    months: int
    start: int = 0


class Total(Window):
    """Their sum."""


class Mean(Window):
    """Their mean."""


class Largest(Window):
    """The largest of them."""


class Smallest(Window):
    """The smallest of them."""


class Latest(Window):
    """The most recent of them."""


class Spread(Window):
    """Their standard deviation (population); NaN with fewer than two."""


class Slope(Window):
    """Their least-squares change a month; NaN with fewer than three."""


@dataclass(frozen=True)
class Counted(_OfMonths):
    """Number of periods in which a monthly signal stands in a relation to a bound."""

    relation: Relation
    bound: float


@dataclass(frozen=True)
class CountOf(Counted):
    """Of the last `months` periods; NaN where the signal is never observed in them."""

    months: int


class Streak(Counted):
    """In a row, up to now; NaN where the signal is never observed."""


class MonthsSince(Counted):
    """Periods since the relation last held (0 = the most recent one); NaN where it never did."""


@dataclass(frozen=True)
class Ratio(Value):
    """`above / below` where `below` is positive; NaN elsewhere."""

    above: Value
    below: Value

    @property
    def parts(self) -> tuple[Value, ...]:
        return self.above, self.below


@dataclass(frozen=True)
class Difference(Value):
    """`left - right`."""

    left: Value
    right: Value

    @property
    def parts(self) -> tuple[Value, ...]:
        return self.left, self.right


def change(signal: str, recent: int, past: int) -> Difference:
    """Mean of the last `recent` periods minus the mean of the `past` periods before them."""
    return Mean(signal, recent) - Mean(signal, past, start=recent)


def growth(signal: str, recent: int, past: int) -> Ratio:
    """Mean of the last `recent` periods over the mean of the `past` periods before them."""
    return Ratio(Mean(signal, recent), Mean(signal, past, start=recent))
