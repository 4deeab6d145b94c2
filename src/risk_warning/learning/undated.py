"""Undated attributes: columns with their current value only, which is assumed to have applied from the start."""

from __future__ import annotations

from collections.abc import Collection

from risk_warning.core.features import Feature, attributes_of
from risk_warning.core.observed import Observed

_DATED_TABLES = ("borrowers", "loans")
"""Tables that may date their attributes in a column `valid_from`."""
_TERMS = {f"loan_{name}": f"loans.{name}" for name in ("principal", "credit_limit", "annual_rate", "term_months")}


def undated_columns(features: Collection[Feature], observed: Observed) -> list[str]:
    """Return the columns `table.column` without `valid_from` that the features are made of, sorted."""
    return sorted({source for feature in features for source in _sources(feature, observed)})


def undated_features(features: Collection[Feature], observed: Observed) -> frozenset[str]:
    """Return the names of the features that are made of an undated column."""
    return frozenset(feature.name for feature in features if _sources(feature, observed))


def _sources(feature: Feature, observed: Observed) -> list[str]:
    """Return the undated columns `table.column` that a feature is made of."""
    term = _TERMS.get(feature.needs[0])
    sources = attributes_of(feature) or (() if term is None else (term,))
    tables = {table for table in _DATED_TABLES if not observed.has(table, "valid_from")}
    return [source for source in sources if source.split(".")[0] in tables]
