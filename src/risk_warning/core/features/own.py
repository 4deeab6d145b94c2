"""Features that the lender declares, compiled into the values of the plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf

from risk_warning.core.declared import Aggregation, DeclaredFeature
from risk_warning.core.features import value as v
from risk_warning.core.features.declare import Feature
from risk_warning.core.features.phrase import AGO, NOT_KNOWN, TREND, TREND_OF_RATIOS, VALUE, Missing, Phrases
from risk_warning.core.panel.panel import code_signal

EVENTS, STATEMENTS = "events", "statements"
_AMOUNT = ".amount"
_STATEMENT_SIGNALS = {
    "balance": "balance",
    "credit_limit": "credit_limit",
    "due_amount": "statement_due_amount",
    "paid_amount": "statement_paid_amount",
    "status": "status",
}
"""Column of statements → its monthly signal; those of a lender's own columns have the table before their name."""
_AMOUNTS = ("balance", "credit_limit", "due_amount", "paid_amount")
_FAMILIES = {EVENTS: "behaviour events", STATEMENTS: "utilisation and balance"}
_WINDOWS: Mapping[str, Callable[[str, int, int], v.Value]] = {
    "total": v.Total,
    "mean": v.Mean,
    "largest": v.Largest,
    "smallest": v.Smallest,
    "latest": v.Latest,
    "spread": v.Spread,
    "slope": v.Slope,
}


def is_source(source: str) -> bool:
    """Whether a declared feature may be made of the source.

    >>> [is_source(name) for name in ("events.login", "statements.x_usage", "statements.days_past_due", "loans.rate")]
    [True, True, False, False]
    """
    table, _, column = source.partition(".")
    if table == EVENTS:
        return bool(column) and column != _AMOUNT.removeprefix(".")
    column = column.partition("=")[0]
    return table == STATEMENTS and (column in _STATEMENT_SIGNALS or column.startswith("x_"))


def is_amount(source: str) -> bool:
    """Whether the source holds amounts of money, in minor units."""
    table, _, column = source.partition(".")
    return column.endswith(_AMOUNT) if table == EVENTS else column in _AMOUNTS


def column_of(source: str) -> str | None:
    """Return the column of statements that a source reads; None for events."""
    table, _, column = source.partition(".")
    return column.partition("=")[0] if table == STATEMENTS else None


def own(declared: DeclaredFeature) -> Feature:
    """Return a declared feature as one that the plan computes."""
    value = _value(declared.value)
    if declared.over is not None:
        value = v.Ratio(value, _value(declared.over))
    elif declared.minus is not None:
        value = value - _value(declared.minus)
    phrases, missing = _words(declared)
    return Feature(
        name=declared.name,
        family=_FAMILIES[declared.value.source.partition(".")[0]],
        unit=declared.unit,
        null_means="none of what it is made of was observed in its months",
        monotone=declared.monotone,
        reason=declared.reason,
        text_en=declared.text_en,
        text_zh=declared.text_zh,
        value=value,
        phrases=phrases,
        missing=missing,
    )


def _signal(source: str) -> str:
    table, _, column = source.partition(".")
    if table == EVENTS:
        return f"{column.removesuffix(_AMOUNT)}_amount" if column.endswith(_AMOUNT) else f"{column}_count"
    column, equals, code = column.partition("=")
    if equals:
        return code_signal(column, code)
    return _STATEMENT_SIGNALS.get(column, f"statement_{column}")


def _value(part: Aggregation) -> v.Value:
    signal = _signal(part.source)
    if part.relation is None:
        return _WINDOWS[part.aggregate](signal, part.months, part.start)
    match part.aggregate:
        case "streak":
            return v.Streak(signal, part.relation, part.bound)
        case "months_since":
            return v.MonthsSince(signal, part.relation, part.bound)
    count = v.CountOf(signal, part.relation, part.bound, part.months)
    # Every observed value is at least minus infinity.
    return count if part.aggregate == "count" else v.Ratio(count, v.CountOf(signal, ">=", -inf, part.months))


def _words(declared: DeclaredFeature) -> tuple[Phrases, Missing]:
    """Return the phrases that are true for every value, and the words for a missing one."""
    if declared.over is None and declared.minus is None:
        match declared.value.aggregate:
            case "months_since":
                return AGO, Missing("{what}: none seen in the last 24 months", "{what}：近24个月未见")
            case "slope":
                return TREND_OF_RATIOS if declared.unit.startswith("ratio") else TREND, NOT_KNOWN
    return (VALUE,), NOT_KNOWN
