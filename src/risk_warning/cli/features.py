"""`risk-warning features`: every feature, what it measures, and what its values say."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field
from rich.table import Table

from risk_warning.cli.options import Json
from risk_warning.cli.terminal import Terminal
from risk_warning.core.features import Feature, registry
from risk_warning.core.features.declare import Direction
from risk_warning.document import Document, json_text

_WIDE_COLUMNS = 160
"""From here on a terminal has room for all there is to say of a feature."""


class PhraseDocument(Document):
    """A phrase, and the ends between which it is true."""

    en: str
    zh: str
    low: float | None = Field(serialization_alias="from", description="null without an end, like `to`")
    high: float | None = Field(serialization_alias="to")
    excludes_low: bool = Field(serialization_alias="excludes_from")
    excludes_high: bool = Field(serialization_alias="excludes_to")


class MissingDocument(Document):
    """The words for a missing value, and the code of the reason to which it adds its points."""

    reason: str
    en: str
    zh: str


class FeatureDocument(Document):
    """One declared feature."""

    name: str
    family: str
    unit: str
    null_means: str
    monotone: Direction = Field(description="1: a higher value is never safer; -1: never riskier; 0: free")
    reason: str = Field(description="code of the reason to which a known value adds its points")
    text_en: str
    text_zh: str
    is_category: bool
    needs: tuple[str, ...] = Field(description="signals of the panel it uses")
    phrases: tuple[PhraseDocument, ...] = Field(description="the first one that holds is used")
    missing: MissingDocument


def features(as_json: Json = False) -> None:
    """List every feature, also those of book.features: name, unit, what null means, direction, reason code, words."""
    from risk_warning.book.declared_features import declared_features
    from risk_warning.core.features.own import own
    from risk_warning.settings import load_settings

    listed = (*registry(), *map(own, declared_features(load_settings().book)))
    if as_json:
        print(json_text([_document(feature) for feature in listed]))
        return
    console = Terminal()
    console.print(table(listed, console.width))


def table(features: Sequence[Feature], width: int) -> Table:
    """Return the features as a table for a terminal of so many columns."""
    is_wide = width >= _WIDE_COLUMNS
    more = ("family", "null means", "指标") if is_wide else ()
    listing = Table("feature", "unit", "riskier when", "measures", *more)
    listing.caption = None if is_wide else f"{_WIDE_COLUMNS} columns show more, --json all"
    for feature in features:
        listing.add_row(feature.name, feature.unit, _riskier(feature), feature.text_en, *_more(feature, is_wide))
    return listing


def _riskier(feature: Feature) -> str:
    return {1: "higher", -1: "lower", 0: "either"}[feature.monotone]


def _more(feature: Feature, is_wide: bool) -> tuple[str, ...]:
    return (feature.family, feature.null_means, feature.text_zh) if is_wide else ()


def _document(feature: Feature) -> FeatureDocument:
    return FeatureDocument(
        name=feature.name,
        family=feature.family,
        unit=feature.unit,
        null_means=feature.null_means,
        monotone=feature.monotone,
        reason=feature.reason,
        text_en=feature.text_en,
        text_zh=feature.text_zh,
        is_category=feature.is_category,
        needs=feature.needs,
        phrases=tuple(PhraseDocument.of(phrase) for phrase in feature.phrases),
        missing=MissingDocument(reason=feature.missing_reason, en=feature.missing.en, zh=feature.missing.zh),
    )
