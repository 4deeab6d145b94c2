"""Undated attributes: columns with their current value only, which is assumed to have applied from the start."""

from __future__ import annotations

from collections.abc import Collection

from risk_warning.core.features import Feature, attribute_of
from risk_warning.core.observed import Observed

_DATED_TABLES = ("borrowers", "loans")
"""Tables that may date their attributes in a column `valid_from`."""
_TERMS = {f"loan_{name}": f"loans.{name}" for name in ("principal", "credit_limit", "annual_rate", "term_months")}


def undated_columns(features: Collection[Feature], observed: Observed) -> list[str]:
    """Return the columns `table.column` without `valid_from` that the features are made of, sorted."""
    return sorted({source for feature in features if (source := _source(feature, observed)) is not None})


def undated_features(features: Collection[Feature], observed: Observed) -> frozenset[str]:
    """Return the names of the features that are made of an undated column."""
    return frozenset(feature.name for feature in features if _source(feature, observed) is not None)


def _source(feature: Feature, observed: Observed) -> str | None:
    """Return the undated column `table.column` that a feature is made of, None if there is none."""
    source = attribute_of(feature) or _TERMS.get(feature.needs[0])
    if source is None or (table := source.split(".")[0]) not in _DATED_TABLES:
        return None
    return None if observed.has(table, "valid_from") else source
