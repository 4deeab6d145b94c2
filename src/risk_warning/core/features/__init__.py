"""Features: panel → (features, n) float32, with each feature declared once.

`registry()` lists the declared features. A book supports those whose signals it has, plus its own `x_…` columns and the
features that the lender declares.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Sequence
from dataclasses import replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.features import amounts, behaviour, delinquency, leverage, tenure, timing, utilisation
from risk_warning.core.features.declare import FAMILIES, Family, Feature
from risk_warning.core.features.own import own
from risk_warning.core.features.plan import Plan
from risk_warning.core.history.history import History
from risk_warning.core.observed import Observed
from risk_warning.core.panel.builder import panel_of
from risk_warning.core.panel.panel import Panel, code_signal
from risk_warning.core.rows import Rows

__all__ = [
    "FAMILIES",
    "Feature",
    "Plan",
    "attributes_of",
    "matrix",
    "provided",
    "registry",
    "signals_of",
    "supported",
]

_FAMILIES: tuple[Family, ...] = (
    delinquency.FAMILY,
    timing.FAMILY,
    amounts.FAMILY,
    utilisation.FAMILY,
    leverage.FAMILY,
    behaviour.FAMILY,
    tenure.FAMILY,
)


def registry() -> tuple[Feature, ...]:
    """Return every declared feature, family by family."""
    declared = [feature for family in _FAMILIES for feature in family.features]
    return (*declared, *(tenure.category(source) for source in tenure.CATEGORY_SOURCES))


def supported(observed: Observed, protected: Container[str]) -> tuple[Feature, ...]:
    """Return the features a book supports, in a fixed order; none uses a protected column.

    The available signals are read from an empty panel, built for no borrower.
    """
    empty = _empty_panel(observed)
    fixed = [f for f in registry() if not f.is_category and all(need in empty.signals for need in f.needs)]
    if observed.status_rises_with_risk:
        rising = delinquency.RISES_WITH_STATUS
        fixed = [replace(f, monotone=1) if f.name in rising else f for f in fixed]
    codes = {source.split(".", 1)[1]: names for source, names in sorted(observed.codes.items())}
    of_codes = {code_signal(column, code) for column, names in codes.items() for code in names}
    attributes = [
        tenure.numeric(signal)
        for signal in sorted(empty.signals.keys() - of_codes)
        if signal.split("_", 1)[-1].startswith("x_") and signal.split("_", 1)[-1] not in protected
    ]
    in_code = [
        feature
        for column, names in codes.items()
        if column not in protected
        for code in names
        for feature in tenure.months_in_code(column, code)
    ]
    categories = [tenure.category(source) for source in empty.codes if source.split(".", 1)[1] not in protected]
    declared = [
        feature
        for feature in map(own, observed.declared)
        if all(need in empty.signals for need in feature.needs)
        and not any(source.split(".", 1)[1] in protected for source in attributes_of(feature))
    ]
    return _distinct((*(f for f in fixed if f.name not in protected), *attributes, *in_code, *declared, *categories))


def provided(observed: Observed) -> frozenset[str]:
    """Return the names of the signals and categories that a book provides."""
    empty = _empty_panel(observed)
    return frozenset((*empty.signals, *empty.codes))


def _distinct(features: tuple[Feature, ...]) -> tuple[Feature, ...]:
    """Return the features under names that differ.

    A column that two tables have gets the table before its name. Two codes that differ only in characters that a name
    cannot hold are numbered.
    """
    often = {name for name, count in Counter(feature.name for feature in features).items() if count > 1}
    named: list[Feature] = []
    seen: Counter[str] = Counter()
    for feature in features:
        name = feature.name
        if name in often:
            seen[name] += 1
            name = f"{name}_{seen[name]}" if "=" in feature.needs[0] else feature.needs[0].replace(".", "_")
        named.append(feature if name == feature.name else replace(feature, name=name))
    return tuple(named)


_PREFIXES = {"borrower": "borrowers", "loan": "loans", "statement": "statements"}
"""Prefix of the signal of a lender's own numeric column → its table."""


def attributes_of(feature: Feature) -> tuple[str, ...]:
    """Return the columns `table.column` that a feature is made of: a category, the income, a lender's own `x_…`.

    None for a feature computed from the contract's columns of payments, statements and events.
    """
    if feature.is_category:
        return feature.needs
    if feature.name == "monthly_income":
        return ("borrowers.monthly_income",)
    own_columns = (need.partition("_") for need in feature.needs)
    # A signal of the months in a text code appends the code to the column.
    read = (f"{_PREFIXES[table]}.{name.split('=')[0]}" for table, _, name in own_columns if name.startswith("x_"))
    return tuple(dict.fromkeys(read))


def signals_of(features: Sequence[Feature]) -> frozenset[str]:
    """Return the names of the signals the features use."""
    return frozenset(need for feature in features for need in feature.needs)


def matrix(panel: Panel, features: Sequence[Feature]) -> NDArray[np.float32]:
    """Return the values of the features, shape (len(features), n); a category feature holds its code."""
    return Plan.of(features).values(panel)


def _empty_panel(observed: Observed) -> Panel:
    tables: dict[str, dict[str, NDArray[np.generic]]] = {}
    for table, columns in observed.columns.items():
        kinds = {column: np.zeros(0, np.float64) for column in columns}
        for column in kinds:
            if column.endswith(("_on", "_from", "_date")):
                kinds[column] = np.zeros(0, np.int32)
        tables[table] = {**kinds, **{name: np.zeros(0, np.int32) for name in ("borrower", "loan", "instalment_no")}}
    days = np.zeros(0, np.int32)
    for table, names in (
        ("instalments", ("due_on", "scheduled_on", "paid_on", "recorded_on")),
        ("statements", ("statement_on", "recorded_on")),
        ("events", ("occurred_on", "recorded_on", "kind")),
        ("loans", ("opened_on", "closed_as")),
    ):
        if table in tables:
            tables[table].update(dict.fromkeys(names, days))
    for source in observed.codes:
        table, column = source.split(".", 1)
        if table in tables:
            tables[table][column] = days
    if "instalments" in tables:
        tables["instalments"].update({name: np.zeros(0) for name in ("due_amount", "paid_amount")})
    rows = Rows(
        borrower_id=np.zeros(0, object),
        n_loans=0,
        borrowers=tables.get("borrowers", {"borrower": days}),
        loans=tables.get("loans"),
        instalments=tables.get("instalments"),
        statements=tables.get("statements"),
        events=tables.get("events"),
    )
    return panel_of(History.of(rows, observed), date(2000, 1, 1))
