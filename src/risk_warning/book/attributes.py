"""Attributes of borrowers and loans: those a model may use, and those kept out, with the reasons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from risk_warning.core.features import Feature, attributes_of


@dataclass(frozen=True, order=True)
class UsedAttribute:
    """An attribute that becomes a feature unchanged."""

    column: str
    """`table.column`."""
    allowed: str | None
    """Why the lender's settings allow it although it looks protected; None if they do not name it."""


@dataclass(frozen=True, order=True)
class KeptOut:
    """An attribute that never becomes a feature."""

    column: str
    """`table.column`."""
    why: str
    """"name", "setting", "contract", "identity number" or "values: …"; never a value of the column."""


@dataclass(frozen=True)
class AttributeUse:
    """The attributes used and those kept out, sorted by column."""

    used: tuple[UsedAttribute, ...]
    kept_out: tuple[KeptOut, ...]

    @classmethod
    def of(
        cls, features: Iterable[Feature], allowed: Mapping[str, str], kept_out: Mapping[str, Mapping[str, str]]
    ) -> AttributeUse:
        """Return the attributes that the features use and those that the book keeps out.

        `allowed` is column → reason, as in the setting `book.allowed`; `kept_out` is table → column → reason.
        """
        columns = {column for feature in features for column in attributes_of(feature)}
        used = (UsedAttribute(column, allowed.get(column.partition(".")[2])) for column in columns)
        kept = (KeptOut(f"{table}.{name}", why) for table, reasons in kept_out.items() for name, why in reasons.items())
        return cls(tuple(sorted(used, key=lambda one: one.column)), tuple(sorted(kept)))
