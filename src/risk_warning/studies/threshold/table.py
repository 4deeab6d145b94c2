"""The tables of the thresholds for a terminal: the verdict, the curve, and what each way changes."""

from __future__ import annotations

from collections.abc import Iterator

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from risk_warning.core.policy import BANDS
from risk_warning.economics.valuation import worth_in_words
from risk_warning.stats.rates import BadRate
from risk_warning.studies.threshold.burden import Burden
from risk_warning.studies.threshold.curve import Point, Worth
from risk_warning.studies.threshold.result import Thresholds

FLAG_HEAD = ("flagged", "of all", "bad rate", "per bad", "bads reached")
NIGHT_HEAD = ("new a day", "busiest day", "calls a day", "open", "mean stay, days")
BENEFIT_HEAD = ("bad events", "calls", "low effect", "middle", "high", "middle, by PD")


def table(evidence: Thresholds) -> Group:
    """Return the evidence as a few tables, with the verdict on top."""
    return Group(*_parts(evidence))


def _parts(evidence: Thresholds) -> Iterator[RenderableType]:
    yield Text(evidence.verdict, style="bold")
    if evidence.pays:
        yield Text(evidence.pays)
    yield Text(evidence.basis)
    for caution in evidence.cautions:
        yield Text(caution, style="yellow")
    entries = rows(evidence)
    yield _table(
        "borrowers flagged by each threshold (mean over the as-of dates)",
        ("threshold", *FLAG_HEAD),
        [(name, *flag_cells(point)) for name, point, _ in entries],
    )
    if evidence.nights:
        yield _table(
            "work for the team (mean over the nights)",
            ("threshold", *NIGHT_HEAD),
            [(name, *night_cells(load)) for name, _, load in entries if load is not None],
        )
    if evidence.exposure_known_ratio:
        yield _table(
            "net benefit (currency of the book, per as-of date)",
            ("threshold", *BENEFIT_HEAD),
            [(name, *benefit_cells(point)) for name, point, _ in entries],
        )
    for way in evidence.ways:
        gained, lost = rate_in_words(way.swap.gained), rate_in_words(way.swap.lost)
        yield Text(f"{way.rule}: threshold {way.cut.policy.threshold:.1f}, policy {way.cut.policy.version}", "bold")
        yield Text(f"gain a warning: {gained}; lose one: {lost}; {gain_in_words(way.gain)}")
        yield _table(
            f"people by band on {evidence.dates[-1]}, in force ↓ new →",
            ("band", *BANDS, "gain", "lose"),
            [
                (band, *(f"{count:,}" for count in way.bands[row]), f"{way.gained[row]:,}", f"{way.lost[row]:,}")
                for row, band in enumerate(BANDS)
            ],
        )
    if evidence.exposure_known_ratio:
        for line in evidence.valuation.in_words:
            yield Text(line)


def rows(evidence: Thresholds) -> list[tuple[str, Point, Burden | None]]:
    """Return (name, point, burden) of each threshold of the curve, of the policy in force and of each way."""
    curve = [(f"{one.point.threshold:.1f}", one.point, one.burden) for one in evidence.curve_points]
    named = [("in force", evidence.in_force), *((way.name, way.cut) for way in evidence.ways)]
    return curve + [(f"{name}, {cut.policy.threshold:.1f}", cut.point, cut.burden) for name, cut in named]


def flag_cells(point: Point) -> tuple[str, ...]:
    """Return whom the threshold flags, in the order of `FLAG_HEAD`."""
    rate, each = point.precision_ratio, point.to_reach_one
    return (
        f"{point.flagged:,.0f}",
        f"{point.flagged_ratio:.1%}",
        "–" if rate is None else f"{rate:.1%}",
        "–" if each is None else f"{each:.1f}",
        f"{point.capture_ratio:.1%}",
    )


def night_cells(load: Burden) -> tuple[str, ...]:
    """Return the team's work under the threshold, in the order of `NIGHT_HEAD`."""
    return (
        f"{load.new_warnings:,.1f}",
        f"{load.most_new_warnings:,.0f}",
        f"{load.calls:,.1f}",
        f"{load.open_warnings:,.0f}",
        "–" if load.stay_days is None else f"{load.stay_days:.0f}",
    )


def benefit_cells(point: Point) -> tuple[str, ...]:
    """Return what the threshold is worth, in the order of `BENEFIT_HEAD`; empty without exposures."""
    if point.benefit_amounts is None or point.expected_benefit_amount is None:
        return ()
    figures = (point.bad_events, point.calls, *point.benefit_amounts, point.expected_benefit_amount)
    return tuple(f"{figure:,.0f}".replace("-", "−") for figure in figures)


def rate_in_words(part: BadRate) -> str:
    """Return the number of people and the share of them who turned bad."""
    return f"{part.n:,}" if part.rate is None else f"{part.n:,} ({part.rate:.1%} turned bad)"


def gain_in_words(gain: Worth | None) -> str:
    """Return what a change is worth, with its interval."""
    if gain is None:
        return "of unknown worth, because no exposure is known"
    return f"worth {worth_in_words(gain.amount, gain.low, gain.high)} per as-of date"


def _table(title: str, head: tuple[str, ...], rows: list[tuple[str, ...]]) -> Table:
    grid = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False, collapse_padding=True)
    for index, name in enumerate(head):
        grid.add_column(name, justify="right" if index else "left")
    for row in rows:
        grid.add_row(*row)
    return grid
