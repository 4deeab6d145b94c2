"""The table of a comparison for the terminal: the verdict, then the figures behind it."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from risk_warning.core.policy import BANDS
from risk_warning.economics.valuation import CANNOT_TELL, worth_in_words
from risk_warning.model.headline import unknown_outcomes
from risk_warning.reports.numbers import signed
from risk_warning.stats.delong import Difference
from risk_warning.stats.paired_bootstrap import CAPACITY_SHARE
from risk_warning.stats.rates import BadRate
from risk_warning.studies.compare.family import FamilyComparison
from risk_warning.studies.compare.lead_time import EARLIEST_DAYS, IN_TIME_DAYS
from risk_warning.studies.compare.result import ComparedModel, Comparison
from risk_warning.studies.compare.warnings import WatchComparison

MEASURES = {
    "auc": ("AUC", 4),
    "ks": ("KS", 4),
    "brier": ("Brier score, lower is better", 5),
    "capture_top_5pct": ("bads among the riskiest 5 %", 4),
}
"""Measure → its name in words, and the number of decimals to show."""
MIN_ARRIVALS = 30
"""Smallest number of borrowers who fell behind; a share of fewer says little."""


def table(comparison: Comparison) -> Group:
    """Return the comparison as a few tables, with the verdict on top."""
    return Group(*_parts(comparison))


def _parts(comparison: Comparison) -> Iterator[RenderableType]:
    yield Text(comparison.verdict, style="bold")
    for line in (*plainly(comparison), basis(comparison)):
        yield Text(line)
    for line in warnings(comparison):
        yield Text(line, style="yellow")
    measures = Table("measure", f"A {comparison.a.version}", f"B {comparison.b.version}", "B − A", "95 % interval")
    for name, (words, decimals) in MEASURES.items():
        measures.add_row(words, *in_cells(comparison.differences[name], decimals))
    measures.add_row("AUC, DeLong's test, one row per borrower", *in_cells(comparison.one_row.delong, 4))
    yield measures
    moves = Table("who is flagged", "by B alone", "by A alone", "by both", "by neither", title="rows · bad rate")
    for words, swap in (
        ("at each model's threshold", comparison.swaps.at_thresholds),
        ("riskiest 5 % of each date", comparison.swaps.at_capacity),
    ):
        sets = swap.sets
        moves.add_row(words, *(rate_text(part) for part in (sets.gained, sets.lost, sets.both, sets.neither)))
    yield moves
    if comparison.watch:
        yield _watch(comparison.watch)
    yield _calibration(comparison)
    if comparison.economics.at_capacity:
        for line in comparison.economics.valuation.in_words:
            yield Text(line)


def basis(comparison: Comparison | FamilyComparison) -> str:
    """Return one line on the rows behind the figures."""
    days = ", ".join(map(str, comparison.dates[:4])) + (
        f" … {comparison.dates[-1]}" if len(comparison.dates) > 4 else ""
    )
    return (
        f"{comparison.rows:,} rows of {comparison.borrowers:,} borrowers as of {days}; {comparison.bads:,} bad "
        f"({comparison.target.bad_dpd} days past due within {comparison.target.horizon_months} months)."
    )


def plainly(comparison: Comparison) -> list[str]:
    """Return what else matters to those who call, one sentence each: warnings in time, calls, money."""
    lines, watch = [], comparison.watch
    if watch:
        in_time, chance = watch.at_capacity.in_time, watch.at_capacity.b.chance
        low, high = signed(100 * in_time.low, 1), signed(100 * in_time.high, 1)
        all_borrowers = (
            f" For comparison, B warns about {chance.anyone:.1%} of all borrowers in the same weeks." if chance else ""
        )
        lines.append(
            f"If each model warns about {CAPACITY_SHARE:.0%} of borrowers a night, B warns about {in_time.b:.1%} of "
            f"those who reach {watch.bad_dpd} days past due, {IN_TIME_DAYS} to {EARLIEST_DAYS} days before they do; A "
            f"warns about {in_time.a:.1%} ({signed(100 * in_time.difference, 1)} percentage points, {low} to {high})."
            f"{all_borrowers}"
        )
        calls = [own.burden.calls_per_bad for own in (watch.at_thresholds.b, watch.at_thresholds.a)]
        if all(calls):
            of_b, of_a = calls
            lines.append(
                f"At each model's own threshold, B needs {of_b:.1f} calls to reach one who goes bad and A needs "
                f"{of_a:.1f}."
            )
    money = comparison.economics.at_capacity
    if money and money.net_per_1000.is_significant:
        net = money.net_per_1000
        more = "more" if net.difference > 0 else "less"
        lines.append(
            f"At the assumed cost and effect of a call, B's calls at equal capacity are worth "
            f"{abs(net.difference):,.0f} {more} per 1,000 rows than A's."
        )
    if money and money.net_interval_b[0] <= 0 <= money.net_interval_b[1]:
        net_b = worth_in_words(money.net_per_1000.b, *money.net_interval_b)
        lines.append(f"At equal capacity B's net gain per 1,000 rows is {net_b}: {CANNOT_TELL}.")
    return lines


def _watch(watch: WatchComparison) -> Table:
    night_table = Table(
        "night by night", *("A", "B", "B − A", "95 % interval"), title="warned in time, and the work it takes"
    )
    for words, way in (("at equal capacity", watch.at_capacity), ("at each model's threshold", watch.at_thresholds)):
        in_time = way.in_time
        points = [signed(100 * value, 1) for value in (in_time.difference, in_time.low, in_time.high)]
        caught = f"{IN_TIME_DAYS} days before {watch.bad_dpd} days past due, {words}"
        night_table.add_row(caught, f"{in_time.a:.1%}", f"{in_time.b:.1%}", points[0], f"{points[1]} to {points[2]}")
        burdens = way.a.burden, way.b.burden
        calls = ("–" if one.calls_per_bad is None else f"{one.calls_per_bad:.1f}" for one in burdens)
        night_table.add_row(f"calls to reach one who goes bad, {words}", *calls)
        active = (f"{one.active_per_1000:.1f}" for one in burdens)
        night_table.add_row(f"active warnings per 1,000 borrowers, {words}", *active)
    return night_table


def warnings(comparison: Comparison) -> list[str]:
    """Return sentences that a reader must know before trusting the figures; often none."""
    lines = [
        f"{key} may have learnt from {len(model.learnt_from)} of the {len(comparison.dates)} date(s), which flatters "
        "its figures."
        for key, model in (("A", comparison.a), ("B", comparison.b))
        if model.learnt_from
    ]
    for key, other, count in (("A", "B", comparison.only_a), ("B", "A", comparison.only_b)):
        if count:
            lines.append(f"{count:,} rows are left out, because {key} scores them and {other} does not.")
    lines += unknown_outcomes(comparison.rows, comparison.bads, comparison.outcome_unknown)
    if comparison.one_row.delong.is_significant != comparison.one_row.bootstrap.is_significant:
        lines.append(
            "DeLong's test and the bootstrap disagree on whether the AUCs differ: the difference is a borderline case."
        )
    if comparison.watch and comparison.watch.arrivals < MIN_ARRIVALS:
        lines.append(
            f"Only {comparison.watch.arrivals} borrowers fell behind during the nights compared; the lead times are "
            "uncertain."
        )
    return lines + (list(comparison.economics.valuation.cautions) if comparison.economics.at_capacity else [])


def in_cells(difference: Difference, decimals: int) -> tuple[str, str, str, str]:
    """Return (A, B, difference, interval) as text."""
    low, high = signed(difference.low, decimals), signed(difference.high, decimals)
    return (
        f"{difference.a:.{decimals}f}",
        f"{difference.b:.{decimals}f}",
        signed(difference.difference, decimals),
        f"{low} to {high}",
    )


def rate_text(part: BadRate) -> str:
    """Return the number of rows and their bad rate as text."""
    return f"{part.n:,}" + ("" if part.rate is None else f" · {part.rate:.1%}")


def _calibration(comparison: Comparison) -> Table:
    title = "bads observed / expected (95 % interval)"
    band_table = Table("band", *(f"{key} · {part}" for key in "AB" for part in ("borrowers", "obs/exp")), title=title)
    for k, band in enumerate(BANDS):
        band_table.add_row(band, *(text for model in (comparison.a, comparison.b) for text in _band(model, k)))
    return band_table


def _band(model: ComparedModel, k: int) -> tuple[str, str]:
    part = model.by_band[k]
    if part.observed_over_expected is None:
        return "0", "–"
    return f"{part.n:,}", f"{part.observed_over_expected:.2f} ({part.low:.2f} to {part.high:.2f})"
