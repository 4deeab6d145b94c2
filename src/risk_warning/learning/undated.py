"""Undated attributes: columns that stand in the book as they are now, and are taken to have been so from the start."""

from __future__ import annotations

from collections.abc import Collection

from risk_warning.core.features import Feature, attribute_of
from risk_warning.core.observed import Observed

_DATED_TABLES = ("borrowers", "loans")
"""Tables that may say since when an attribute has been so."""
_TERMS = {f"loan_{name}": f"loans.{name}" for name in ("principal", "credit_limit", "annual_rate", "term_months")}


def undated_columns(features: Collection[Feature], observed: Observed) -> list[str]:
    """The columns `table.column` behind the features that have no `valid_from`, sorted."""
    return sorted({source for feature in features if (source := _source(feature, observed)) is not None})


def undated_features(features: Collection[Feature], observed: Observed) -> frozenset[str]:
    """Names of the features made of such a column."""
    return frozenset(feature.name for feature in features if _source(feature, observed) is not None)


def _source(feature: Feature, observed: Observed) -> str | None:
    """The undated column `table.column` a feature states, None where it states none."""
    source = attribute_of(feature) or _TERMS.get(feature.needs[0])
    if source is None or (table := source.split(".")[0]) not in _DATED_TABLES:
        return None
    return None if observed.has(table, "valid_from") else source
