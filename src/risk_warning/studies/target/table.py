"""The tables of the target's evidence, for a person at a terminal: the verdict, then what it rests on."""

from __future__ import annotations

from collections.abc import Iterator

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from risk_warning.core.outcomes.arrears import LEVELS
from risk_warning.studies.target.onset import HORIZONS_MONTHS
from risk_warning.studies.target.result import MATURITY_MONTHS, Evidence
from risk_warning.studies.target.roll_rates import AFTER, BUCKETS, CURE_LEVELS, CURE_MONTHS


def table(found: Evidence) -> Group:
    """The evidence in a few tables, the verdict on top; vintages are left to the page."""
    return Group(*_parts(found))


def _parts(found: Evidence) -> Iterator[RenderableType]:
    yield Text(found.verdict, style="bold")
    yield Text(found.basis)
    rolls = _table("where loans stand a month later", "DPD", "loans", *AFTER)
    for row, bucket in enumerate(BUCKETS):
        shares = [found.rolled(row, column) for column in range(len(AFTER))]
        rolls.add_row(bucket, f"{shares[0].n:,}", *map(str, shares))
    yield rolls
    head = [f"{what} in {months} mo" for months in CURE_MONTHS for what in ("times", "back at 0", "90+ or lost")]
    cures = _table("what becomes of late loans (times with so many months of data after them)", "reached DPD", *head)
    for level in CURE_LEVELS:
        cells: list[str] = []
        for months in CURE_MONTHS:
            cured, lost = found.cured(level, months), found.lost(level, months)
            cells += (f"{cured.n:,}", str(cured), str(lost))
        cures.add_row(str(level), *cells)
    yield cures
    horizons = HORIZONS_MONTHS[: found.longest_horizon_months]
    if horizons:
        bads = _table("current borrowers who turn bad within", "bad from DPD", *(f"{months} mo" for months in horizons))
        for level in LEVELS:
            bads.add_row(str(level), *(str(found.bad(months, level)) for months in horizons))
        yield bads
    mature = ", ".join(f"{months} months: {found.last_mature(months) or 'none'}" for months in MATURITY_MONTHS)
    yield Text(f"Last as-of date whose outcome is known, by horizon: {mature}.")


def _table(title: str, first: str, *others: str) -> Table:
    made = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False, collapse_padding=True)
    made.add_column(first)
    for name in others:
        made.add_column(name, justify="right")
    return made
