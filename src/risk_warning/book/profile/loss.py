"""What a book loses without a table or a column, and what an empty cell means."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cache

from risk_warning.book.schema import TABLES
from risk_warning.core import features
from risk_warning.core.observed import Observed

_TABLES: Mapping[str, str] = {
    "borrowers": "the book is refused",
    "loans": "no loan has a known end",
    "instalments": "one of instalments and statements is required",
    "statements": "one of instalments and statements is required",
    "contacts": "training cannot leave out or weigh borrowers who were helped",
    "outcomes": "outcomes are computed from payments",
}
_COLUMNS: Mapping[tuple[str, str], str] = {
    ("borrowers", "valid_from"): "attributes count as valid from the start",
    ("borrowers", "onboarded_on"): "the history begins with the first loan, instalment or statement",
    ("loans", "valid_from"): "terms count as valid from the start",
    ("loans", "product"): "no losses by product",
    ("loans", "closed_on"): "no loan ever closes: paid-off loans count as open",
    ("loans", "closed_as"): "doubtful closings cannot be cleared up",
    ("loans", "written_off_on"): "write-offs do not count as bad",
    ("instalments", "scheduled_on"): "due dates count as known from the loan's opening; deferrals are set aside",
    ("instalments", "paid_on"): "every instalment would count as unpaid: the book is refused",
    ("instalments", "paid_amount"): "every payment counts as in full: part payments and reversals are lost",
    ("instalments", "recorded_on"): "payments count as recorded on paid_on",
    ("statements", "recorded_on"): "statements count as recorded on statement_on; corrections look like repeats",
    ("statements", "days_past_due"): "days past due of loans without instalments are unknown",
    ("events", "recorded_at"): "events count as recorded when they occurred",
    ("contacts", "randomised"): "training cannot weigh by chance",
    **{("borrowers", name): "no fairness by this attribute" for name in ("sex", "marital_status")},
    ("borrowers", "birth_date"): "no fairness by age, unless age is there",
    ("borrowers", "age"): "no fairness by age, unless birth_date is there",
}
_STATES: Mapping[tuple[str, str], str] = {
    ("borrowers", "valid_from"): "valid from the start",
    ("loans", "valid_from"): "valid from the start",
    ("loans", "closed_on"): "the loan is open",
    ("loans", "closed_as"): "the loan is open, or its closing may be doubtful",
    ("loans", "written_off_on"): "not written off",
    ("instalments", "scheduled_on"): "known from the loan's opening",
    ("instalments", "paid_on"): "not paid",
    ("instalments", "paid_amount"): "paid in full, or not paid",
    ("instalments", "recorded_on"): "recorded on paid_on, or not paid",
    ("statements", "recorded_on"): "recorded on statement_on",
    ("events", "recorded_at"): "recorded when it occurred",
    ("events", "amount"): "normal for kinds without an amount",
}
_EMPTY: Mapping[tuple[str, str], str] = {
    **_STATES,
    ("statements", "days_past_due"): "unknown for a loan without instalments",
    **{("borrowers", name): "left out of fairness by this attribute" for name in ("sex", "marital_status")},
    **{("borrowers", name): "left out of fairness by age" for name in ("birth_date", "age")},
}
NOTHING = "nothing: no model and no verb reads it"
"""The words for a column that is only known."""


def without_table(table: str) -> str:
    """Return what a book without the table lacks.

    >>> without_table("events")
    '43 features (behaviour events)'
    """
    return "; ".join(part for part in (_lost(table, None), _TABLES.get(table, "")) if part)


def without_column(table: str, column: str) -> str:
    """Return what a table without the column lacks.

    >>> without_column("statements", "due_amount")
    '4 features (payment amount)'
    """
    if column.startswith("x_"):
        return "the features made of it"
    of = TABLES[table].column(column)
    if of is not None and of.required:
        return "the book is refused"
    parts = (_lost(table, column), _COLUMNS.get((table, column), ""))
    return "; ".join(part for part in parts if part) or NOTHING


def where_empty(table: str, column: str) -> str:
    """Return what an empty cell of the column means.

    >>> where_empty("loans", "closed_on"), where_empty("loans", "opened_on")
    ('the loan is open', 'the row is set aside')
    """
    of = TABLES[table].column(column)
    if of is not None and of.required:
        return "the row is set aside"
    if (table, column) in _EMPTY:
        return _EMPTY[table, column]
    lost = without_column(table, column)
    return lost if lost == NOTHING else f"unknown to {lost}"


def means_a_state(table: str, column: str) -> bool:
    """Whether an empty cell says something, such as that a loan is open, so that no value is missing."""
    return (table, column) in _STATES


def _lost(table: str, column: str | None) -> str:
    """Return the features of a whole book that one without the column lacks, by family; of the table if it is None."""
    lost = Counter(feature.family for feature in _features(None, None) - _features(table, column))
    families = ", ".join(family for family in features.FAMILIES if lost[family])
    return f"{lost.total()} feature{'s' if lost.total() > 1 else ''} ({families})" if lost else ""


@cache
def _features(table: str | None, column: str | None) -> frozenset[features.Feature]:
    """Return the declared features that a book with every table and column supports, without one of them."""
    columns = {
        name: frozenset(one.name for one in spec.columns if not one.aside and (name, one.name) != (table, column))
        for name, spec in TABLES.items()
        if name != table or column is not None
    }
    kinds = {
        need.removesuffix("_count"): 0
        for feature in features.registry()
        if feature.family == "behaviour events"
        for need in feature.needs
        if need.endswith("_count")
    }
    whole = Observed(columns, kinds if "events" in columns else {}, frozenset({"statements.status"}))
    return frozenset(features.supported(whole, frozenset()))
