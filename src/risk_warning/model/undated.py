"""Undated attributes: columns that stand in the book as they are now, and are taken to have been so from the start."""

from __future__ import annotations

from collections.abc import Collection

from risk_warning.core.features import Feature
from risk_warning.core.observed import Observed

_PREFIX = {"borrowers": "borrower_", "loans": "loan_"}
_OF_BORROWERS = ("monthly_income",)
_OF_LOANS = ("loan_principal", "loan_credit_limit", "loan_annual_rate", "loan_term_months")


def undated_columns(features: Collection[Feature], observed: Observed) -> list[str]:
    """The columns `table.column` behind the features that have no `valid_from`, sorted."""
    return sorted({source for feature in features if (source := _source(feature, observed)) is not None})


def undated_features(features: Collection[Feature], observed: Observed) -> frozenset[str]:
    """Names of the features made of such a column."""
    return frozenset(feature.name for feature in features if _source(feature, observed) is not None)


def _source(feature: Feature, observed: Observed) -> str | None:
    """The undated column `table.column` a feature holds, None where it holds none."""
    need = feature.needs[0]
    source = need if feature.is_category else None
    if need in _OF_BORROWERS:
        source = f"borrowers.{need}"
    elif need in _OF_LOANS:
        source = f"loans.{need.removeprefix('loan_')}"
    else:
        for table, prefix in _PREFIX.items():
            if need.startswith(f"{prefix}x_"):
                source = f"{table}.{need.removeprefix(prefix)}"
    if source is None or source.split(".")[0] not in _PREFIX:
        return None
    return None if observed.has(source.split(".")[0], "valid_from") else source
