"""The words for a borrower's value: the only place that decides a reason's code and words."""

from __future__ import annotations

from risk_warning.core.features.declare import Feature
from risk_warning.core.features.phrase import Missing, Phrase
from risk_warning.core.wording import FeatureValue, Text, number_in_words, span_in_words, value_in_both


def label_of(feature: Feature) -> Text:
    """Return what a feature measures, whatever the value."""
    return {"en": feature.text_en, "zh": feature.text_zh}


def reason_of(feature: Feature, value: FeatureValue) -> str:
    """Return the code of the reason to which a feature with this value adds its points."""
    return feature.missing_reason if value is None else feature.reason


def phrase_of(feature: Feature, value: float | str) -> Phrase:
    """Return the phrase for a value: the first one that holds.

    Raises
    ------
    ValueError
        If no phrase holds: the feature's declaration has a gap.
    """
    for phrase in feature.phrases:
        if phrase.holds(value):
            return phrase
    raise ValueError(f"{feature.name} declares no words for some of its values; add a phrase that holds for them.")


def words_of(feature: Feature, value: FeatureValue, minor_unit_decimals: int) -> Text:
    """Return the words for a value, in both languages.

    Parameters
    ----------
    feature : Feature
        What was measured.
    value : float, str or None
        In the feature's own unit, a category as its text; None where not observed.
    minor_unit_decimals : int
        Decimals of amounts in the book's currency.

    Raises
    ------
    ValueError
        If the feature declares no words for the value.
    """
    blanks: tuple[dict[str, str], dict[str, str]] = ({"what": feature.text_en}, {"what": feature.text_zh})
    if value is None:
        words: Phrase | Missing = feature.missing
    else:
        words = phrase_of(feature, value)
        for name in words.blanks:
            for texts, text in zip(blanks, _filled(name, feature.unit, value, minor_unit_decimals), strict=True):
                texts[name] = text
    return {"en": words.en.format_map(blanks[0]), "zh": words.zh.format_map(blanks[1])}


def _filled(blank: str, unit: str, value: float | str, decimals: int) -> tuple[str, str]:
    """Return the text for a blank, in English and Chinese."""
    if isinstance(value, str):
        return value, value
    match blank:
        case "value":
            return value_in_both(value, unit, decimals)
        case "size":
            return value_in_both(abs(value), unit, decimals)
        case "number":
            return (number := number_in_words(value, unit, decimals)), number
        case "less":
            return value_in_both(1.0 - value, "ratio", decimals)
        case "more":
            return value_in_both(value - 1.0, "ratio", decimals)
        case "times":
            return (number := number_in_words(value, "", decimals)), number
        case "ago":
            return (
                span_in_words(value, value + 1.0, unit, "en", decimals),
                span_in_words(value, value + 1.0, unit, "zh", decimals),
            )
    raise ValueError(f"{{{blank}}} is not among the blanks of a phrase.")
