"""The terminal tables of the target study: the verdict, then the figures behind it."""

from __future__ import annotations

from collections.abc import Iterator

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from risk_warning.core.outcomes.arrears import LEVELS
from risk_warning.studies.target.onset import HORIZONS_MONTHS
from risk_warning.studies.target.result import MATURITY_MONTHS, TargetEvidence
from risk_warning.studies.target.roll_rates import AFTER, BUCKETS, CURE_LEVELS, CURE_MONTHS


def table(evidence: TargetEvidence) -> Group:
    """Return the evidence as a few tables with the verdict on top; vintages are only on the page."""
    return Group(*_parts(evidence))


def _parts(evidence: TargetEvidence) -> Iterator[RenderableType]:
    yield Text(evidence.verdict, style="bold")
    yield Text(evidence.basis)
    rolls = _table("where loans are a month later", "DPD", "loans", *AFTER)
    for row, bucket in enumerate(BUCKETS):
        shares = [evidence.rolled(row, column) for column in range(len(AFTER))]
        rolls.add_row(bucket, f"{shares[0].n:,}", *map(str, shares))
    yield rolls
    head = [f"{what} in {months} mo" for months in CURE_MONTHS for what in ("times", "back at 0", "90+ or lost")]
    cures = _table("what happens to late loans (times followed by that many months of data)", "reached DPD", *head)
    for level in CURE_LEVELS:
        cells: list[str] = []
        for months in CURE_MONTHS:
            cured, lost = evidence.cured(level, months), evidence.lost(level, months)
            cells += (f"{cured.n:,}", str(cured), str(lost))
        cures.add_row(str(level), *cells)
    yield cures
    horizons = HORIZONS_MONTHS[: evidence.longest_horizon_months]
    if horizons:
        bads = _table("current borrowers who turn bad within", "bad from DPD", *(f"{months} mo" for months in horizons))
        for level in LEVELS:
            bads.add_row(str(level), *(str(evidence.bad(months, level)) for months in horizons))
        yield bads
    mature = ", ".join(f"{months} months: {evidence.last_mature(months) or 'none'}" for months in MATURITY_MONTHS)
    yield Text(f"Last as-of date whose outcome is known, by horizon: {mature}.")


def _table(title: str, first: str, *others: str) -> Table:
    rich_table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False, collapse_padding=True)
    rich_table.add_column(first)
    for name in others:
        rich_table.add_column(name, justify="right")
    return rich_table
