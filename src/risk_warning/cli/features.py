"""`risk-warning features`: every feature, what it measures, and what its values say."""

from __future__ import annotations

import json
import math
from typing import Any

from rich.console import Console
from rich.table import Table

from risk_warning.cli.options import Json
from risk_warning.core.features import Feature, registry
from risk_warning.core.features.phrase import Phrase

_WIDE_COLUMNS = 160
"""From here on a terminal has room for all there is to say of a feature."""


def features(as_json: Json = False) -> None:
    """List every feature: name, unit, what null means, monotone direction, reason code, words."""
    if as_json:
        print(json.dumps(as_rows(), ensure_ascii=False, indent=1))
        return
    console = Console()
    console.print(table(console.width))


def as_rows() -> list[dict[str, Any]]:
    """Each declared feature ready for JSON, its phrases with the values of which they are true."""
    return [
        {
            "name": feature.name,
            "family": feature.family,
            "unit": feature.unit,
            "null_means": feature.null_means,
            "monotone": feature.monotone,
            "reason": feature.reason,
            "text_en": feature.text_en,
            "text_zh": feature.text_zh,
            "is_category": feature.is_category,
            "needs": feature.needs,
            "phrases": [_phrase(phrase) for phrase in feature.phrases],
            "missing": {
                "reason": feature.missing_reason,
                "en": feature.missing.en,
                "zh": feature.missing.zh,
            },
        }
        for feature in registry()
    ]


def table(width: int) -> Table:
    """The features for a terminal of so many columns."""
    is_wide = width >= _WIDE_COLUMNS
    more = ("family", "null means", "指标") if is_wide else ()
    listing = Table("feature", "unit", "riskier when", "measures", *more)
    listing.caption = None if is_wide else f"{_WIDE_COLUMNS} columns show more, --json all"
    for feature in registry():
        listing.add_row(feature.name, feature.unit, _riskier(feature), feature.text_en, *_more(feature, is_wide))
    return listing


def _riskier(feature: Feature) -> str:
    return {1: "higher", -1: "lower", 0: "either"}[feature.monotone]


def _more(feature: Feature, is_wide: bool) -> tuple[str, ...]:
    return (feature.family, feature.null_means, feature.text_zh) if is_wide else ()


def _phrase(phrase: Phrase) -> dict[str, Any]:
    """A phrase, and the ends between which it is true; None where there is no end."""
    return {
        "en": phrase.en,
        "zh": phrase.zh,
        "from": phrase.low if math.isfinite(phrase.low) else None,
        "to": phrase.high if math.isfinite(phrase.high) else None,
        "excludes_from": phrase.excludes_low,
        "excludes_to": phrase.excludes_high,
    }
