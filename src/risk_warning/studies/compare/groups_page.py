"""Sections on groups for the comparison page: whether a difference holds in every month and segment, and fairness."""

from __future__ import annotations

from risk_warning.reports import (
    Block,
    ChartInterval,
    Figure,
    IntervalAxis,
    IntervalRow,
    Note,
    Section,
    Table,
    interval_chart,
)
from risk_warning.studies.compare.by_group import MIN_EACH, Group, GroupSplit
from risk_warning.studies.compare.fairness import MIN_BADS, MIN_BORROWERS, Fairness, FairnessGroup
from risk_warning.studies.compare.proxies import NOT_GUESSED, Guess, sentences
from risk_warning.studies.compare.result import Comparison


def splits_section(comparison: Comparison) -> Section:
    """Return the section with AUC and calibration of both models by month and by segment."""
    groups = [(one.attribute, group) for one in comparison.splits for group in one.groups]
    drawn = [
        IntervalRow(f"{attribute}: {group.name}", (ChartInterval(group.auc.difference, group.auc.low, group.auc.high),))
        for attribute, group in groups
        if group.auc
    ]
    blocks: list[Block] = []
    if drawn:
        ends = [end for row in drawn for one in row.intervals if one for end in (one.low, one.high)]
        axis = IntervalAxis.around_zero("AUC, B minus A; right of the line B is better", ends)
        blocks.append(Figure(interval_chart("AUC by month and segment", ("B minus A",), drawn, axis)))
    head = ("group", "rows", "bads", "AUC A", "AUC B", "obs/exp A", "obs/exp B")
    blocks.append(Table(head, tuple(_row(attribute, group) for attribute, group in groups)))
    blocks += [Note(line, is_warning=True) for line in contradictions(comparison.splits)]
    return Section(
        "Whether the difference holds in every month and segment",
        tuple(blocks),
        "Counts and calibration use all rows. AUCs by segment use one row per borrower and need at least "
        f"{MIN_EACH} bads and {MIN_EACH} goods. About one interval in twenty misses the true value by chance.",
    )


def contradictions(splits: tuple[GroupSplit, ...]) -> list[str]:
    """Return one sentence per attribute for which B is shown to be better in some groups and worse in others."""
    return [
        f"By {one.attribute}, B is shown to be better in some groups and worse in others: "
        + ", ".join(group.name for group in one.contradicting)
        + "."
        for one in splits
        if one.contradicting
    ]


def _row(attribute: str, group: Group) -> tuple[str, ...]:
    auc = ("–", "–") if group.auc is None else (f"{group.auc.a:.4f}", f"{group.auc.b:.4f}")
    values = [part.observed_over_expected for part in (group.a, group.b)]
    ratios = ("–" if value is None else f"{value:.2f}" for value in values)
    return f"{attribute}: {group.name}", f"{group.n:,}", f"{group.bads:,}", *auc, *ratios


def fairness_section(comparison: Comparison) -> Section:
    """Return the section with selection, hits and calibration of both models by protected attribute."""
    heading = "Whether groups are treated alike"
    if not comparison.b.fairness:
        return Section(heading, (Note("The book has no protected attribute (sex, age, marital status) to check."),))
    blocks: list[Block] = []
    for of_a, of_b in zip(comparison.a.fairness, comparison.b.fairness, strict=True):
        head = (of_b.attribute, "rows", "bads", *(f"{key} {what}" for what in _WHAT for key in "AB"))
        rows = [_fairness_row(group_a, group_b) for group_a, group_b in zip(of_a.groups, of_b.groups, strict=True)]
        blocks += [Table(head, tuple(rows)), Note(_gaps(of_a, of_b))]
    blocks += guesses_blocks(comparison.guesses)
    return Section(
        heading,
        tuple(blocks),
        "At each model's own threshold. Protected attributes are read only for this measurement and are not features "
        "of a model; the last part measures how far B's features are proxies for them. A warning leads to help, so a "
        f"group with fewer warnings gets less help. Gaps compare groups with at least {MIN_BORROWERS} borrowers, at "
        f"least {MIN_BADS} of whom go bad.",
    )


def guesses_blocks(measured: tuple[Guess, ...]) -> list[Block]:
    """Return how well protected attributes can be guessed from B's features: sentences, then figures of each group."""
    if not measured:
        return [Note(NOT_GUESSED)]
    figures = ("AUC of the guess", "95 % interval", "best features", "AUC of each alone")
    head = ("group", "borrowers", "in the group", *figures)
    rows = tuple(
        (
            f"{one.attribute}: {one.group}",
            f"{one.borrowers:,}",
            f"{one.in_group:,}",
            f"{one.auc:.3f}",
            f"{one.low:.3f} to {one.high:.3f}",
            ", ".join(f"{proxy.feature} ({proxy.gain_share:.0%})" for proxy in one.proxies),
            ", ".join(f"{proxy.auc:.2f}" for proxy in one.proxies),
        )
        for one in measured
    )
    return [*(Note(line) for line in sentences(measured)), Table(head, rows)]


_WHAT = ("warned", "bads warned", "obs/exp")


def _fairness_row(a: FairnessGroup, b: FairnessGroup) -> tuple[str, ...]:
    hits = ("–" if rate is None else f"{rate:.1%}" for rate in (a.true_positive_rate, b.true_positive_rate))
    return (
        b.name + ("" if b.is_judged else " (few)"),
        f"{b.n:,}",
        f"{b.bads:,}",
        f"{a.selection_rate:.1%}",
        f"{b.selection_rate:.1%}",
        *hits,
        f"{a.observed_over_expected:.2f}",
        f"{b.observed_over_expected:.2f}",
    )


def _gaps(a: Fairness, b: Fairness) -> str:
    def of(value: float | None, form: str) -> str:
        return "–" if value is None else format(value, form)

    unknown = f" {b.unknown:,} rows have no known {b.attribute}." if b.unknown else ""
    return (
        f"By {b.attribute}, for A and B: smallest selection rate over the largest {of(a.selection_ratio, '.2f')} and "
        f"{of(b.selection_ratio, '.2f')}; largest gap in bads warned about {of(a.true_positive_gap, '.1%')} and "
        f"{of(b.true_positive_gap, '.1%')}; largest gap in observed over expected {of(a.calibration_gap, '.2f')} and "
        f"{of(b.calibration_gap, '.2f')}.{unknown}"
    )
