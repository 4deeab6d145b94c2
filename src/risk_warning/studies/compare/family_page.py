"""The page and the terminal table of a family comparison."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table as TerminalTable
from rich.text import Text

from risk_warning.model.headline import unknown_outcomes
from risk_warning.reports import (
    Block,
    Cards,
    ChartInterval,
    Figure,
    IntervalAxis,
    IntervalRow,
    Note,
    Section,
    Table,
    interval_chart,
    page,
)
from risk_warning.reports.numbers import signed
from risk_warning.stats.paired_bootstrap import DRAWS
from risk_warning.studies.compare.family import FamilyComparison, Member
from risk_warning.studies.compare.table import basis

_HEAD = ("model", "AUC", "gain in AUC", "95 % interval", "KS", "Brier score", "bads in riskiest 5 %")
_CALIBRATION_HEAD = ("model", "rows", "bads", "expected", "observed over expected", "calibration error")


def family_page(comparison: FamilyComparison) -> str:
    """Return the page as HTML."""
    ranked = (comparison.reference, *comparison.members)
    gains = [member.standing.gain for member in comparison.members]
    ends = [end for gain in gains for end in (gain.low, gain.high)]
    chart = interval_chart(
        f"Gain in AUC over {comparison.reference.name}",
        ("gain in AUC",),
        [
            IntervalRow(one.name, (ChartInterval(gain.difference, gain.low, gain.high),))
            for one, gain in zip(comparison.members, gains, strict=True)
        ],
        IntervalAxis.around_zero("gain in AUC; right of the line is better", ends),
    )
    first = tuple((one.name, f"{one.standing.first_share:.0%}") for one in ranked)
    sections = [
        Section(
            "Which model finds more of those who go bad",
            (Figure(chart), Table(_HEAD, tuple(_measures(one) for one in ranked))),
            f"Paired intervals from {DRAWS:,} bootstrap draws of borrowers, each with all their rows. They hold "
            "jointly for all models, because the best of many models is partly lucky.",
        ),
        Section(
            "How certain the order is",
            (Table(("model", "draws in which it is first"), first),),
            "Share of the bootstrap draws in which a model has the largest AUC; tied models share a draw.",
        ),
        Section(
            "How well the PDs are calibrated",
            (Table(_CALIBRATION_HEAD, tuple(_calibration_row(one) for one in ranked)),),
            "Bads observed over bads expected; 1 is ideal. Expected calibration error over ten bins.",
        ),
    ]
    if comparison.left_out:
        rows = tuple(comparison.left_out.items())
        sections.append(Section("Left out", (Table(("model", "reason"), rows),), "These models could not be compared."))
    cards = (
        ("models compared with the first", str(len(comparison.members))),
        ("rows compared", f"{comparison.rows:,}"),
        ("of them bad", f"{comparison.bads:,}"),
    )
    top: list[Block] = [Cards(cards), *(Note(line, is_warning=True) for line in _warnings(comparison))]
    return page(
        f"Models compared with {comparison.reference.name}",
        comparison.verdict,
        sections,
        basis=basis(comparison),
        top=top,
    )


def family_table(comparison: FamilyComparison) -> Group:
    """Return the comparison as a table for the terminal."""
    return Group(*_parts(comparison))


def _parts(comparison: FamilyComparison) -> Iterator[RenderableType]:
    yield Text(comparison.verdict, style="bold")
    yield Text(basis(comparison))
    for line in _warnings(comparison):
        yield Text(line, style="yellow")
    models_table = TerminalTable(
        "model", "AUC", "gain in AUC, 95 % interval", "observed over expected", "first in draws"
    )
    models_table.columns[0].overflow = "fold"
    for one in (comparison.reference, *comparison.members):
        name, auc, gain, interval, *_ = _measures(one)
        models_table.add_row(
            name, auc, f"{gain} ({interval})", _calibration_row(one)[4], f"{one.standing.first_share:.0%}"
        )
    yield models_table
    for name, why in comparison.left_out.items():
        yield Text(f"Left out {name}: {why}", style="yellow")


def _warnings(comparison: FamilyComparison) -> Iterator[str]:
    if comparison.not_by_all:
        yield (
            f"{comparison.not_by_all:,} rows with an outcome are scored by only some of the models; no figure includes "
            "them."
        )
    yield from unknown_outcomes(comparison.rows, comparison.bads, comparison.outcome_unknown)
    for one in (comparison.reference, *comparison.members):
        if one.learnt_from:
            many = f"{len(one.learnt_from)} of the {len(comparison.dates)} date(s)"
            yield f"{one.name} may have learnt from {many}, which flatters its figures."


def _measures(one: Member) -> tuple[str, ...]:
    measures, gain = one.standing.measures, one.standing.gain
    return (
        one.name,
        f"{measures['auc']:.4f}",
        signed(gain.difference, 4),
        f"{signed(gain.low, 4)} to {signed(gain.high, 4)}",
        f"{measures['ks']:.4f}",
        f"{measures['brier']:.5f}",
        f"{measures['capture_top_5pct']:.1%}",
    )


def _calibration_row(one: Member) -> tuple[str, ...]:
    part = one.calibration
    ratio = f"{part.observed_over_expected:.2f} ({part.low:.2f} to {part.high:.2f})"
    return one.name, f"{part.n:,}", f"{part.bads:,}", f"{part.expected:,.1f}", ratio, f"{one.ece:.4f}"
