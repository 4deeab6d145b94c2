"""The governance card of a new champion: what a validator or an authority needs to know, under their headings.

The headings follow the themes of the US guidance on model risk management of 17 April 2026 (Federal Reserve SR 26-2,
OCC Bulletin 2026-13, which replaced SR 11-7) and the points of Annex IV of the EU AI Act (Regulation 2024/1689), whose
Annex III, 5 (b), names the assessment of creditworthiness as high-risk.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from risk_warning.model.card import card
from risk_warning.model.risk_model import RiskModel
from risk_warning.reports.numbers import measure_text
from risk_warning.studies.compare.fairness import Fairness
from risk_warning.studies.compare.proxies import NOT_GUESSED, sentences
from risk_warning.studies.compare.result import Comparison
from risk_warning.studies.promotion.rules import Rule

_MONITORING = (
    "Each night: borrowers scored, borrowers not scored by reason, scores by band, warnings opened and handed over.",
    "Each month, once outcomes are known: AUC, calibration and PSI of scores and features from `risk-warning compare` "
    "of the champion and a challenger; act when a figure breaches one of the gate's limits above.",
    "In service: `/metrics`, the challenger's scores beside the champion's, answers replayed from the audit trail.",
    "After a breach: retrain (`pipelines/retrain.py`) or run `risk-warning rollback`.",
)
_LIMITS = (
    "The model knows only what the book's tables contain. They do not contain a future downturn; its PDs would be too "
    "low then.",
    "It ranks borrowers and warns about them; it is neither designed nor validated for refusing credit or setting "
    "prices.",
    "It learns little from kinds of events, categories and values that training did not see; each answer names them.",
    "Warnings change outcomes: if borrowers who are warned about get help, later labels understate the risk they have "
    "without it.",
)

_MET = {"met": "yes", "NOT MET": "**no**", "warning": "no (warning)"}


def governance_card(model: RiskModel, comparison: Comparison | None, rules: Sequence[Rule], approver: str) -> str:
    """Return the text of the card in Markdown."""
    lines = [
        card(model).rstrip(),
        "",
        "## Comparison with the champion",
        "",
        *_against(comparison),
        "",
        "## The gate",
        "",
        "| rule | met | figure | limit |",
        "| --- | --- | --- | --- |",
        *(f"| {rule.name} | {_MET[rule.outcome]} | {rule.figure} | {rule.limit} |" for rule in rules),
        "",
        f"Approved by {approver}.",
        "",
        "## Fairness",
        "",
        *_fairness(comparison.b.fairness if comparison else ()),
        *_proxies(model, comparison),
        "",
        "## Limits",
        "",
        *_list(_LIMITS),
        "",
        "## Monitoring plan",
        "",
        *_list(_MONITORING),
        "",
        "## Where to find what a validator needs",
        "",
        "| US guidance (SR 26-2), by theme | EU AI Act | here |",
        "| --- | --- | --- |",
        "| purpose, exposure and materiality | Annex IV, 1; Annex III, 5 (b) | first paragraph, What it predicts |",
        "| development: theory, data, assumptions | Annex IV, 2; Art. 10 | Training data |",
        "| testing and outcomes analysis | Annex IV, 2 (g) and 4; Art. 15 | Performance, Comparison with the "
        "champion |",
        "| limits and uncertainty | Annex IV, 3; Art. 13 | Limits, the intervals |",
        "| bias | Art. 10 (2) (f) and (g) | Fairness |",
        "| use, human oversight | Art. 14 | a warning asks a person to call; nothing is decided by the score alone |",
        "| ongoing monitoring | Annex IV, 9; Art. 72 | Monitoring plan |",
        "| governance, change control, records | Art. 9, 12 and 18 | The gate, the audit trail |",
        "",
    ]
    return "\n".join(lines)


def _against(comparison: Comparison | None) -> list[str]:
    if comparison is None:
        return ["There was no champion to compare with."]
    figures = {"AUC": comparison.auc, "KS": comparison.differences["ks"], "Brier": comparison.differences["brier"]}
    if comparison.watch:
        figures["warned about 30 days or more before, at equal capacity"] = comparison.watch.at_capacity.in_time
    return [
        f"{comparison.verdict} {comparison.rows:,} rows of {comparison.borrowers:,} borrowers, {comparison.bads:,} bad,"
        f" as of {', '.join(map(str, comparison.dates))}; 95 % intervals.",
        "",
        "| measure | champion | this model | difference |",
        "| --- | --- | --- | --- |",
        *(
            f"| {name} | {one.a:.4f} | {one.b:.4f} | {one.difference:+.4f} ({one.low:+.4f} to {one.high:+.4f}) |"
            for name, one in figures.items()
        ),
    ]


def _fairness(measured: Iterable[Fairness]) -> list[str]:
    rows = [
        f"| {one.attribute} | {_gap(one.selection_ratio)} | {_gap(one.true_positive_gap)} | "
        f"{_gap(one.calibration_gap)} |"
        for one in measured
    ]
    if not rows:
        return ["Not measured: the book has no protected attribute, or there was no champion to compare with."]
    gaps = "largest gap in bads warned about | largest gap in calibration"
    head = f"| attribute | smallest share warned about over the largest | {gaps} |"
    return [head, "| --- | --- | --- | --- |", *rows]


def _proxies(model: RiskModel, comparison: Comparison | None) -> list[str]:
    """Return lines on how far the features are proxies for protected attributes; empty if fairness was not measured."""
    if comparison is None or not comparison.b.fairness:
        return []
    lines = sentences(comparison.guesses) or [NOT_GUESSED]
    use = model.provenance.attributes
    allowed = ", ".join(one.column for one in use.used if one.allowed) if use else ""
    used = f"Columns that look protected and are used, as allowed above: {allowed}." if allowed else "None is used."
    return ["", f"Protected attributes: {used} How far the features are proxies for them:", "", *_list(lines)]


def _list(texts: Iterable[str]) -> list[str]:
    return [f"- {text}" for text in texts]


def _gap(value: float | None) -> str:
    return measure_text(value, 3, unknown="too few to measure")
