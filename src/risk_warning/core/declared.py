"""Features that a lender declares: plain data, of which `core.features.own` makes features like any other.

They stand below the features, because they are part of what a book or a model can show.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Relation = Literal[">", ">=", "==", "<="]
Aggregate = Literal[
    "total", "mean", "largest", "smallest", "latest", "spread", "slope", "count", "share", "streak", "months_since"
]
_RELATIONS = {">": "above", ">=": "at least", "==": "equal to", "<=": "at most"}


@dataclass(frozen=True)
class Aggregation:
    """One number a borrower, made of the months of one source."""

    aggregate: Aggregate
    source: str
    """`events.KIND` (events a month), `events.KIND.amount`, `statements.COLUMN` or `statements.COLUMN=CODE`."""
    months: int
    """Length of the window; a streak and months since always look at all months."""
    start: int = 0
    """Most recent month of the window; 0 is the last month before the as-of date."""
    relation: Relation | None = None
    """Only for count, share, streak and months since: which months count."""
    bound: float = 0.0
    """Amounts in minor units."""

    def __str__(self) -> str:
        """Return the aggregation in words.

        >>> print(Aggregation("share", "statements.x_usage", 6, relation=">=", bound=0.9))
        share of months with statements.x_usage at least 0.9, 6 months
        """
        if self.relation is None:
            what = f"{self.aggregate} of {self.source}"
        else:
            begin = {"count": "number of months", "share": "share of months", "streak": "months in a row"}
            what = f"{begin.get(self.aggregate, 'months since one')} with {self.source} {_RELATIONS[self.relation]} "
            what += f"{self.bound:g}"
        before = f" before the last {self.start}" if self.start else ""
        return f"{what}, {self.months} months{before}"


@dataclass(frozen=True)
class DeclaredFeature:
    """A feature that the lender declares."""

    name: str
    unit: str
    monotone: Literal[-1, 0, 1]
    """+1: a higher value is never safer; -1: never riskier; 0: free."""
    reason: str
    """Code of the reason to which a known value adds its points."""
    text_en: str
    text_zh: str
    value: Aggregation
    over: Aggregation | None = None
    """Divides the value; the ratio is not observed where this is not positive."""
    minus: Aggregation | None = None
    """Subtracted from the value."""

    @property
    def aggregations(self) -> tuple[Aggregation, ...]:
        """The aggregations it is made of."""
        return tuple(part for part in (self.value, self.over, self.minus) if part is not None)

    def __str__(self) -> str:
        """Return what the feature is computed from, in words."""
        if self.over is not None:
            return f"({self.value}) / ({self.over})"
        return str(self.value) if self.minus is None else f"({self.value}) − ({self.minus})"
