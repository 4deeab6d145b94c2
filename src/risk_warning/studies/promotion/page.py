"""The promotion page: the gate's rules, their evidence, and who requested the promotion."""

from __future__ import annotations

from dataclasses import replace

from risk_warning.reports import Block, Cards, Note, Section, Table, page
from risk_warning.reports.numbers import signed
from risk_warning.studies.compare.groups_page import fairness_section
from risk_warning.studies.promotion.checks import Checks
from risk_warning.studies.promotion.gate import Gated
from risk_warning.studies.promotion.rules import Rule


def promotion_page(gated: Gated, by: str, reason: str, override: str | None) -> str:
    """Return the page as HTML."""
    number, model, rules = gated.number, gated.model, gated.rules
    comparison, checks = gated.comparison, gated.checks
    blocking = [rule for rule in rules if rule.blocks]
    failed = [rule.name for rule in blocking if not rule.passed]
    verdict = f"Version {number} meets all blocking rules of the gate ({len(blocking)})."
    if failed:
        count = f"{len(failed)} of {len(blocking)} blocking rules"
        verdict = f"Version {number} does not meet {count}: {', '.join(failed)}."
        if override is not None:
            verdict += " The refusal is overridden."
    if gated.warnings:
        verdict += f" Warnings: {', '.join(gated.warnings)}."
    request: list[Block] = [Table((), (("approved by", by), ("reason", reason), ("override", override or "–")))]
    sections = [
        Section(
            "The gate",
            (
                Table(("rule", "", "figure", "limit"), tuple(_row(rule) for rule in rules)),
                *(Note(f"Warning, which does not block: {line}.", is_warning=True) for line in gated.warnings),
                *(Note(f"Calibration: {line}", is_warning=True) for line in gated.cautions),
            ),
            "A rule whose figure was not measured is not met. Fairness rules only warn, unless the settings "
            "gate.min_selection_ratio and gate.max_true_positive_gap are given; then they block.",
        ),
        Section("Who requests it, and why", tuple(request)),
        Section("Features as they were known at the time", _archives(checks)),
    ]
    if comparison is not None:
        auc = comparison.auc
        figures = (
            ("AUC of the champion", f"{auc.a:.4f}"),
            ("AUC of this version", f"{auc.b:.4f}"),
            (f"difference ({signed(auc.low, 4)} to {signed(auc.high, 4)})", signed(auc.difference, 4)),
            ("calibration error of the champion", f"{comparison.a.ece:.4f}"),
            ("calibration error of this version", f"{comparison.b.ece:.4f}"),
        )
        note = Note(
            "For the full comparison, run risk-warning compare; its page is also logged to the version's MLflow run."
        )
        sections.insert(1, Section("Comparison with the champion", (Cards(figures), note), comparison.verdict))
        fair = fairness_section(comparison)
        sections.insert(2, replace(fair, lead=f"A is the champion, B this version. {fair.lead}"))
    champion = comparison.a.version if comparison else "none"
    basis = (
        f"Model {model.version}, champion {champion}; {checks.parity_compared} borrowers scored alone and in the whole "
        f"book as of {checks.as_of_date}."
    )
    return page("Promotion", verdict, sections, basis=basis)


def _row(rule: Rule) -> tuple[str, ...]:
    return rule.name, rule.outcome, rule.figure, rule.limit


def _archives(checks: Checks) -> tuple[Block, ...]:
    if not checks.archives:
        return (Note("No archive of a night was given; use --nights to name the folder that `score --out` wrote to."),)
    rows = tuple(
        (
            archive.as_of_date.isoformat(),
            f"{archive.compared:,}",
            f"{archive.differing:,}",
            ", ".join(f"{name} ({count:,})" for name, count in list(archive.features.items())[:5]) or "–",
            f"{len(archive.unknown)}",
        )
        for archive in checks.archives
    )
    return (Table(("night", "borrowers", "differ", "features that differ", "features not archived"), rows),)
