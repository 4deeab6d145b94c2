"""`risk-warning simulate`: the book of a simulated lender."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from risk_warning.cli.progress import progress


def simulate(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for the book; must not exist or be empty.")],
    borrowers: Annotated[int, typer.Option(min=1, max=50_000_000, help="Number of borrowers.")] = 20_000,
    months: Annotated[int, typer.Option(min=6, max=120, help="Months of history, from 2022-01 on.")] = 24,
    seed: Annotated[int, typer.Option(min=0, help="The same seed makes the same book.")] = 1,
    downturn_month: Annotated[
        int | None, typer.Option(min=0, help="A macro downturn from this month on (0 = the first).")
    ] = None,
) -> None:
    """Write the book of a simulated lender, with the true probabilities in truth.parquet."""
    from risk_warning.datasets.simulation.lender import simulate as write

    with progress() as bar:
        task = bar.add_task("simulating borrowers", total=borrowers)
        write(borrowers, months, seed, out, downturn_month=downturn_month, advance=lambda n: bar.advance(task, n))
    print(f"{borrowers:,} borrowers × {months} months written to {out}; next: risk-warning check {out}")
