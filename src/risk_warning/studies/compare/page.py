"""The page of a comparison: the verdict in plain words, then one section for each question behind it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from risk_warning.core.policy import BANDS
from risk_warning.reports import (
    Block,
    Cards,
    ChartInterval,
    Figure,
    Heat,
    HeatCell,
    IntervalAxis,
    IntervalRow,
    Note,
    Section,
    Table,
    interval_chart,
    page,
)
from risk_warning.reports.numbers import signed
from risk_warning.stats.calibration import Calibration
from risk_warning.stats.delong import Difference
from risk_warning.stats.paired_bootstrap import CAPACITY_SHARE, DRAWS
from risk_warning.stats.rates import BadRate
from risk_warning.stats.stability import MUCH_MOVED, SOME_MOVED
from risk_warning.studies.compare.groups_page import fairness_section, splits_section
from risk_warning.studies.compare.result import ComparedModel, Comparison
from risk_warning.studies.compare.score_changes import ReasonShift
from risk_warning.studies.compare.swaps import Swap
from risk_warning.studies.compare.table import MEASURES, basis, in_cells, plainly, warnings
from risk_warning.studies.compare.warnings_page import burden_section, capacity_section, economics_section, lead_section

_MAX_FEATURES = 12


def compare_page(comparison: Comparison) -> str:
    """Return the page as HTML."""
    sections = [
        _discrimination(comparison),
        lead_section(comparison),
        burden_section(comparison),
        capacity_section(comparison),
    ]
    sections += [
        economics_section(comparison),
        _calibration(comparison.a, comparison.b),
        _swaps(comparison),
        _migration(comparison),
    ]
    sections += [splits_section(comparison), fairness_section(comparison), _moved(comparison), _models(comparison)]
    return page(
        f"Model {comparison.b.version} (B) compared with {comparison.a.version} (A)",
        comparison.verdict,
        [section for section in sections if section],
        basis=basis(comparison),
        top=_top(comparison),
    )


def _top(comparison: Comparison) -> list[Block]:
    gained, lost = comparison.swaps.at_thresholds.sets.gained, comparison.swaps.at_thresholds.sets.lost
    cards = [("AUC, B minus A", signed(comparison.auc.difference, 4))]
    if comparison.watch:
        in_time = comparison.watch.at_capacity.in_time
        cards.append(("warned in time, B minus A, percentage points", signed(100 * in_time.difference, 1)))
    cards += [
        ("rows compared", f"{comparison.rows:,}"),
        ("of them bad", f"{comparison.bads:,}"),
        ("gain a warning", f"{gained.n:,}"),
        ("lose a warning", f"{lost.n:,}"),
    ]
    lines = [Note(line) for line in plainly(comparison)]
    return [*lines, Cards(tuple(cards)), *(Note(line, is_warning=True) for line in warnings(comparison))]


def _discrimination(comparison: Comparison) -> Section:
    drawn = {words: comparison.differences[name] for name, (words, _) in MEASURES.items() if name != "brier"}
    drawn["AUC by DeLong's test"] = comparison.one_row.delong
    ends = [end for difference in drawn.values() for end in (difference.low, difference.high)]
    chart = interval_chart(
        "How much better B is than A",
        ("B minus A",),
        [IntervalRow(words, (_interval(difference),)) for words, difference in drawn.items()],
        IntervalAxis.around_zero("B minus A; right of the line B is better", ends),
    )
    rows = [(words, *in_cells(comparison.differences[name], places)) for name, (words, places) in MEASURES.items()]
    p = "" if comparison.one_row.delong.p is None else f" (p = {comparison.one_row.delong.p:.3g})"
    rows.append(("AUC by DeLong's test, one row per borrower" + p, *in_cells(comparison.one_row.delong, 4)))
    rows.append(("AUC by the bootstrap on the same rows", *in_cells(comparison.one_row.bootstrap, 4)))
    return Section(
        "Which model finds more of those who go bad",
        (Figure(chart), Table(("measure", "A", "B", "B minus A", "95 % interval"), tuple(rows))),
        f"Paired intervals from {DRAWS:,} bootstrap draws of borrowers, each with all their rows. On one row per "
        "borrower, the ends of DeLong's interval and of the bootstrap's differ by at most "
        f"{comparison.one_row.gap:.1%} of the width.",
    )


def _interval(difference: Difference) -> ChartInterval:
    return ChartInterval(difference.difference, difference.low, difference.high)


def _calibration(a: ComparedModel, b: ComparedModel) -> Section:
    rows = []
    for of_a, of_b in zip((*a.by_band, *a.by_month), (*b.by_band, *b.by_month), strict=True):
        cells = [cell for part in (of_a, of_b) for cell in (f"{part.n:,}", f"{part.bads:,}", f"{part.expected:,.1f}")]
        rows.append((of_a.group, *cells))
    head = ("band or date", *(f"{key} {what}" for key in "AB" for what in ("rows", "bads", "expected")))
    return Section(
        "How well the PDs are calibrated",
        (
            Figure(_calibration_chart("Bads observed over expected, by band", a.by_band, b.by_band)),
            Figure(_calibration_chart("Bads observed over expected, by date", a.by_month, b.by_month)),
            Table(head, tuple(rows)),
        ),
        "Bads observed over bads expected, in each model's own bands and on each date; 1 is ideal. Expected "
        f"calibration error over ten bins: {a.ece:.4f} for A, {b.ece:.4f} for B.",
    )


def _calibration_chart(title: str, a: tuple[Calibration, ...], b: tuple[Calibration, ...]) -> str:
    rows = [IntervalRow(of_a.group, (ratio(of_a), ratio(of_b))) for of_a, of_b in zip(a, b, strict=True)]
    return interval_chart(title, ("A", "B"), rows, IntervalAxis.of_ratios("bads observed over expected; 1 is ideal"))


def ratio(part: Calibration) -> ChartInterval | None:
    """Return bads observed over expected with its interval; None if nothing was expected."""
    if part.observed_over_expected is None or part.low is None or part.high is None:
        return None
    return ChartInterval(part.observed_over_expected, part.low, part.high)


def _migration(comparison: Comparison) -> Section:
    lines = []
    for row, band in enumerate(BANDS):
        total, cells = int(comparison.migration.rows[row].sum()), []
        for column in range(len(BANDS)):
            n, bads = int(comparison.migration.rows[row, column]), int(comparison.migration.bads[row, column])
            rate = f"{bads / n:.1%} bad" if n else ""
            cells.append(HeatCell(f"{n:,}", n / total if total else 0.0, rate))
        lines.append((band, tuple(cells)))
    return Section(
        "Who moves between bands",
        (Heat("A ↓ B →", BANDS, tuple(lines)),),
        "Rows by A's band (down) and B's (across), with the bad rate of each cell. A darker cell is a larger share of "
        "A's band.",
    )


def _swaps(comparison: Comparison) -> Section:
    blocks: list[Block] = []
    for words, swap in (
        ("At each model's own threshold:", comparison.swaps.at_thresholds),
        (f"At equal capacity, the riskiest {CAPACITY_SHARE:.0%} of each date:", comparison.swaps.at_capacity),
    ):
        blocks += [Note(words), *_swap(swap)]
    return Section(
        "Who gains and who loses a warning, and why",
        tuple(blocks),
        "Replacing A with B pays off if those who gain a flag go bad more often than those who lose one. Reasons: mean "
        "points of the same borrowers under each model; negative points lower the score.",
    )


def _swap(swap: Swap) -> list[Block]:
    parts = (
        ("by B alone: gains a flag", swap.sets.gained),
        ("by A alone: loses a flag", swap.sets.lost),
        ("by both", swap.sets.both),
        ("by neither", swap.sets.neither),
    )
    rows = [(words, f"{part.n:,}", f"{part.bads:,}", *_rate(part)) for words, part in parts]
    blocks: list[Block] = [Table(("flagged", "rows", "bads", "bad rate", "95 % interval"), tuple(rows))]
    for who, shifts in (("gain", swap.gained_reasons), ("lose", swap.lost_reasons)):
        if shifts:
            blocks.append(_reasons(f"reason, for those who {who} a flag", shifts))
    return blocks


def _rate(part: BadRate) -> tuple[str, str]:
    return ("–", "–") if part.rate is None else (f"{part.rate:.1%}", f"{part.low:.1%} to {part.high:.1%}")


def _reasons(head: str, shifts: tuple[ReasonShift, ...]) -> Table:
    def points(value: float | None) -> str:
        return "–" if value is None else signed(value, 1)

    rows = tuple((one.code, points(one.a), points(one.b), signed(one.shift, 1)) for one in shifts)
    return Table((head, "A, points", "B, points", "B minus A"), rows)


def _moved(comparison: Comparison) -> Section:
    rows = [("scores of B compared with those of A, same rows", f"{comparison.score_psi:.3f}")]
    if comparison.stability:
        since = f"since {comparison.stability.reference_date}"
        rows += [(f"scores of A, {since}", f"{comparison.stability.score_a:.3f}")]
        rows += [(f"scores of B, {since}", f"{comparison.stability.score_b:.3f}")]
        largest = list(comparison.stability.features.items())[:_MAX_FEATURES]
        rows += [(f"{name}, {since}", f"{value:.3f}") for name, value in largest]
    return Section(
        "What has shifted since training",
        (Table(("what", "PSI"), tuple(rows)),),
        f"Population stability index (PSI): a shift is small below {SOME_MOVED}, moderate up to {MUCH_MOVED} and large "
        "above it.",
    )


def _models(comparison: Comparison) -> Section:
    models = (comparison.a, comparison.b)
    rows: list[tuple[str, Iterable[str]]] = [
        ("name", (one.name for one in models)),
        ("version", (one.version for one in models)),
        ("judged twin", (one.model.version if one.model.version != one.version else "–" for one in models)),
        ("features", (f"{one.feature_count}" for one in models)),
        ("trees", (f"{one.tree_count:,}" for one in models)),
        ("size, kB", (f"{one.size_bytes / 1000:,.0f}" for one in models)),
        ("trained on dates", (_span(one.model.provenance.train_dates) for one in models)),
        ("safety threshold, points", (f"{one.model.policy.threshold:.1f}" for one in models)),
    ]
    if comparison.a.speed and comparison.b.speed:
        scored = (f"{one.speed.scored_per_second:,.0f}" for one in models if one.speed)
        rows.append(("scored per second, on this machine", scored))
        explained = (one.speed.explained_per_second if one.speed else None for one in models)
        cells = ("–" if rate is None else f"{rate:,.0f}" for rate in explained)
        rows.append(("explained per second, on this machine", cells))
    return Section(
        "The two models",
        (Table(("", "A", "B"), tuple((name, *both) for name, both in rows)),),
        "Speeds were measured during the comparison, on one chunk of borrowers.",
    )


def _span(days: Sequence[date]) -> str:
    return str(days[0]) if len(days) == 1 else f"{days[0]} to {days[-1]}"
