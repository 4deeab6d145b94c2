"""Values: the expressions that a feature's declaration is made of.

    ratio(total("late_count", 3), total("due_count", 3)) - ratio(total("late_count", 9, 3), total("due_count", 9, 3))

A value is plain data; two values with the same declaration are equal. It computes nothing itself: a plan computes all
values of all features together, each once, for one borrower or many.
"""

from __future__ import annotations

from dataclasses import dataclass

from risk_warning.core.declared import Relation
from risk_warning.core.panel.panel import DERIVED


@dataclass(frozen=True)
class Value:
    """One number per borrower, NaN where not observed."""

    @property
    def parts(self) -> tuple[Value, ...]:
        """The values it is computed from."""
        return ()

    @property
    def needs(self) -> tuple[str, ...]:
        """The panel's signals it uses, each once, in order of first use."""
        return tuple(dict.fromkeys(need for part in self.parts for need in part.needs))

    def __sub__(self, other: Value) -> ValueDifference:
        return ValueDifference(self, other)


@dataclass(frozen=True)
class Now(Value):
    """A level on the as-of date; for a monthly signal, its most recent period."""

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
    """A statistic of a monthly signal over its observed periods in [start, start + months)."""

    months: int
    start: int = 0


class Total(Window):
    """Sum of the observed values."""


class Mean(Window):
    """Mean of the observed values."""


class Largest(Window):
    """Largest of the observed values."""


class Smallest(Window):
    """Smallest of the observed values."""


class Latest(Window):
    """Most recent of the observed values."""


class Spread(Window):
    """Standard deviation (population) of the observed values; NaN with fewer than two."""


class Slope(Window):
    """Least-squares change per month of the observed values; NaN with fewer than three."""


@dataclass(frozen=True)
class Counted(_OfMonths):
    """Number of periods in which a monthly signal satisfies a relation to a bound."""

    relation: Relation
    bound: float


@dataclass(frozen=True)
class CountOf(Counted):
    """Number of such periods among the last `months`; NaN where the signal is never observed in them."""

    months: int


class Streak(Counted):
    """Number of such periods in a row, up to now; NaN where the signal is never observed."""


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
class ValueDifference(Value):
    """`left - right`."""

    left: Value
    right: Value

    @property
    def parts(self) -> tuple[Value, ...]:
        return self.left, self.right


def change(signal: str, recent: int, past: int) -> ValueDifference:
    """Return the mean of the last `recent` periods minus the mean of the `past` periods before them."""
    return Mean(signal, recent) - Mean(signal, past, start=recent)


def growth(signal: str, recent: int, past: int) -> Ratio:
    """Return the mean of the last `recent` periods divided by the mean of the `past` periods before them."""
    return Ratio(Mean(signal, recent), Mean(signal, past, start=recent))
