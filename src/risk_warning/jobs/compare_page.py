"""The page of a comparison: one file of HTML that prints well, with no script and nothing fetched."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from risk_warning.core.comparison import BadRate, Calibration, ReasonShift, signed
from risk_warning.core.delong import Difference
from risk_warning.core.paired_bootstrap import CAPACITY_SHARE, DRAWS
from risk_warning.core.policy import BANDS
from risk_warning.core.stability import MUCH_MOVED, SOME_MOVED
from risk_warning.errors import OutputError
from risk_warning.jobs.compare_table import MEASURES, basis, shown, warnings
from risk_warning.jobs.comparison import Comparison, Held, Swap
from risk_warning.jobs.interval_chart import Axis, Interval, Line, interval_chart

_FEATURES_SHOWN = 12
_FLAGGED = ("gained", "lost", "both", "neither")


@dataclass(frozen=True)
class _Table:
    """A table of the page; every cell is text, the first of a row its name."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def write_page(path: Path, found: Comparison) -> None:
    """Nothing comes back; the page stands in `path`, whole.

    Raises
    ------
    OutputError
        The file cannot be written.
    """
    text = page(found)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError:
        raise OutputError(f"{path} cannot be written; free it or name another with --out.") from None


def page(found: Comparison) -> str:
    """The page as text."""
    environment = Environment(
        loader=PackageLoader("risk_warning.jobs", "."), autoescape=True, undefined=StrictUndefined
    )
    gained, lost = found.at_thresholds.sets.gained, found.at_thresholds.sets.lost
    return environment.get_template("compare.html.j2").render(
        found=found,
        basis=basis(found),
        warnings=warnings(found),
        cards=[
            ("AUC, B less A", signed(found.auc.difference, 4)),
            ("rows compared", f"{found.rows:,}"),
            ("of them bad", f"{found.bads:,}"),
            ("gain a warning", f"{gained.n:,}"),
            ("lose a warning", f"{lost.n:,}"),
        ],
        models=_models(found),
        differences=_differences(found),
        differences_chart=Markup(_differences_chart(found)),
        draws=f"{DRAWS:,}",
        agreement=f"{found.agreement:.1%}",
        by_band=Markup(_calibration_chart("Bads observed over expected, by band", found.a.by_band, found.b.by_band)),
        by_month=Markup(_calibration_chart("Bads observed over expected, by date", found.a.by_month, found.b.by_month)),
        calibration=_calibration(found.a, found.b),
        migration=_migration(found),
        swaps=[
            ("At each model's own threshold", *_swap(found.at_thresholds)),
            (f"At equal capacity: the riskiest {CAPACITY_SHARE:.0%} of each date", *_swap(found.at_capacity)),
        ],
        moved=_moved(found),
        limits=f"below {SOME_MOVED} little moved, up to {MUCH_MOVED} some did, above that much did",
    )


def _models(found: Comparison) -> _Table:
    held = (found.a, found.b)
    rows: list[tuple[str, Iterable[str]]] = [
        ("named", (one.name for one in held)),
        ("version", (one.model.version for one in held)),
        (
            "features and trees",
            (f"{len(m.features)} · {m.fitted.booster.num_trees()}" for m in (h.model for h in held)),
        ),
        ("learnt from", (_span(one.model.about["train_dates"]) for one in held)),
        ("safety threshold", (f"{one.model.policy.threshold:.1f} points" for one in held)),
    ]
    return _Table(("", "A", "B"), tuple((name, *cells) for name, cells in rows))


def _span(days: list[str]) -> str:
    return days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"


def _differences(found: Comparison) -> _Table:
    rows = [(words, *shown(found.differences[name], places)) for name, (words, places) in MEASURES.items()]
    once = found.delong
    test = (
        "AUC by DeLong's test, one row a borrower" + ("" if once.p is None else f" (p = {once.p:.3g})"),
        *shown(once, 4),
    )
    bootstrap = ("AUC by the bootstrap on the same rows", *shown(found.bootstrap_one_row, 4))
    return _Table(("measure", "A", "B", "B less A", "95 % interval"), (*rows, test, bootstrap))


def _differences_chart(found: Comparison) -> str:
    drawn = {words: found.differences[name] for name, (words, _) in MEASURES.items() if name != "brier"}
    drawn["AUC by DeLong's test"] = found.delong
    lines = [Line(words, (_interval(difference),)) for words, difference in drawn.items()]
    ends = [end for difference in drawn.values() for end in (difference.low, difference.high)]
    return interval_chart(
        "How much better B is than A",
        ("B less A",),
        lines,
        Axis.around_zero("B less A; right of the line B is better", ends),
    )


def _interval(found: Difference) -> Interval:
    return Interval(found.difference, found.low, found.high)


def _calibration_chart(title: str, a: tuple[Calibration, ...], b: tuple[Calibration, ...]) -> str:
    lines = [Line(of_a.group, tuple(_ratio(part) for part in (of_a, of_b))) for of_a, of_b in zip(a, b, strict=True)]
    return interval_chart(title, ("A", "B"), lines, Axis.of_ratios("bads observed over expected; 1 is ideal"))


def _ratio(part: Calibration) -> Interval | None:
    if part.observed_over_expected is None or part.low is None or part.high is None:
        return None
    return Interval(part.observed_over_expected, part.low, part.high)


def _calibration(a: Held, b: Held) -> _Table:
    rows = []
    for of_a, of_b in zip((*a.by_band, *a.by_month), (*b.by_band, *b.by_month), strict=True):
        cells = [cell for part in (of_a, of_b) for cell in (f"{part.n:,}", f"{part.bads:,}", f"{part.expected:,.1f}")]
        rows.append((of_a.group, *cells))
    head = ("band or date", *(f"{key} {what}" for key in "AB" for what in ("rows", "bads", "expected")))
    return _Table(head, tuple(rows))


def _migration(found: Comparison) -> list[dict[str, Any]]:
    """A's bands down, B's across: rows, bad rate, and how dark a cell is, by its share of A's band."""
    lines = []
    for row, band in enumerate(BANDS):
        total = int(found.migration[row].sum())
        cells = []
        for column in range(len(BANDS)):
            n, bads = int(found.migration[row, column]), int(found.migration_bads[row, column])
            rate = f"{bads / n:.1%} bad" if n else ""
            cells.append({"n": f"{n:,}", "rate": rate, "shade": round(0.42 * n / total, 3) if total else 0})
        lines.append({"band": band, "cells": cells})
    return lines


def _swap(swap: Swap) -> tuple[_Table, _Table, _Table]:
    """(who is flagged by whom, reasons of those who gain a flag, of those who lose one)."""
    words = ("by B alone: gains a flag", "by A alone: loses a flag", "by both", "by neither")
    parts: list[BadRate] = [getattr(swap.sets, name) for name in _FLAGGED]
    rows = [(label, f"{part.n:,}", f"{part.bads:,}", *_rate(part)) for label, part in zip(words, parts, strict=True)]
    flagged = _Table(("flagged", "rows", "bads", "bad rate", "95 % interval"), tuple(rows))
    return flagged, _reasons(swap.gained_reasons), _reasons(swap.lost_reasons)


def _rate(part: BadRate) -> tuple[str, str]:
    if part.rate is None:
        return "–", "–"
    return f"{part.rate:.1%}", f"{part.low:.1%} to {part.high:.1%}"


def _reasons(shifts: tuple[ReasonShift, ...]) -> _Table:
    def points(value: float | None) -> str:
        return "–" if value is None else signed(value, 1)

    rows = tuple((one.code, points(one.a), points(one.b), signed(one.shift, 1)) for one in shifts)
    return _Table(("reason", "A, points", "B, points", "B less A"), rows)


def _moved(found: Comparison) -> _Table:
    rows = [("scores of B against those of A, same rows", f"{found.score_psi:.3f}")]
    if found.stability:
        since = f"since {found.stability.reference_date}"
        rows += [(f"scores of A, {since}", f"{found.stability.score_a:.3f}")]
        rows += [(f"scores of B, {since}", f"{found.stability.score_b:.3f}")]
        largest = list(found.stability.features.items())[:_FEATURES_SHOWN]
        rows += [(f"{name}, {since}", f"{value:.3f}") for name, value in largest]
    return _Table(("what", "PSI"), tuple(rows))
