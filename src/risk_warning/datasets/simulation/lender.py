"""The simulated lender: a book of any size generated from a seed, with its truth.

Borrowers are drawn in blocks, each from its own stream of the seed. Each block is written as soon as it is drawn, so
memory use does not grow with the number of borrowers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet

from risk_warning.datasets.simulation import tables
from risk_warning.datasets.simulation.accounts import SimulatedAccounts
from risk_warning.datasets.simulation.behaviour import events
from risk_warning.datasets.simulation.course import live
from risk_warning.datasets.simulation.instalments import instalments
from risk_warning.datasets.simulation.months import Months
from risk_warning.datasets.simulation.statements import statements
from risk_warning.datasets.simulation.stress import Climate
from risk_warning.datasets.simulation.traits import Traits
from risk_warning.output import check_new, whole_folder

BORROWERS_PER_BLOCK = 10_000
FIRST_MONTH = date(2022, 1, 1)
CUT_TABLES = ("instalments", "statements", "events")
"""Tables whose records can stop before the book's end."""


@dataclass(frozen=True)
class _Setting:
    """The settings that all blocks share."""

    months: Months
    climate: Climate
    drift: float
    cut_days: Mapping[str, int]


def simulate(
    borrowers: int,
    months: int,
    seed: int,
    out: Path,
    *,
    downturn_month: int | None = None,
    drift: float = 0.0,
    cut_days: Mapping[str, int] | None = None,
    advance: Callable[[int], None] | None = None,
) -> None:
    """Write `borrowers`, `loans`, `instalments`, `statements`, `events` and `truth` to the folder `out`.

    `truth.parquet` is not a table of a book, and no model reads it. For each month's start and each borrower less than
    30 days past due, it holds the true PD, the cause of stress, the share of the PD that a contact removes, and whether
    the borrower turned bad (null if the outcome window extends beyond the book).

    Parameters
    ----------
    borrowers, months, seed : int
        Number of borrowers, number of months from 2022-01 on (at most 120), and the seed. The same arguments write the
        same bytes.
    out : Path
        Folder to write; it must not exist or must be empty.
    downturn_month : int, optional
        Month from which the rate into strain is that of a downturn; 0 is the first month.
    drift : float, default 0
        Yearly relative change of the rate into strain and of the number of events, above -1: 0.2 is a fifth more each
        year.
    cut_days : mapping of table to days, optional
        Number of days at the book's end in which nothing is recorded in `instalments` (payments), `statements`,
        `events`.
    advance : callable, optional
        Called after each block with the number of borrowers written.

    Raises
    ------
    OutputError
        `out` exists and is not an empty folder, or cannot be written.
    ValueError
        `cut_days` names another table or a negative number of days, or `drift` is not above -1.
    """
    cut_days = dict(cut_days or {})
    if not set(cut_days) <= set(CUT_TABLES) or min(cut_days.values(), default=0) < 0:
        raise ValueError(f"cut_days takes days from 0 on for {', '.join(CUT_TABLES)}; got {cut_days}.")
    if drift <= -1:
        raise ValueError(f"drift is a yearly relative change above -1; got {drift}.")
    check_new(out, "--out")
    calendar = Months(FIRST_MONTH, months)
    setting = _Setting(calendar, Climate.of(calendar, downturn_month, drift), drift, cut_days)
    with whole_folder(out, "--out") as book, ExitStack() as stack:
        writers: dict[str, pyarrow.parquet.ParquetWriter] = {}
        loans = 0
        for block, low in enumerate(range(0, borrowers, BORROWERS_PER_BLOCK)):
            n = min(BORROWERS_PER_BLOCK, borrowers - low)
            block_tables = _block(n, setting, low, loans, np.random.default_rng([seed, block]))
            loans += len(block_tables["loans"])
            for name, table in block_tables.items():
                if name not in writers:
                    file = pyarrow.parquet.ParquetWriter(book / f"{name}.parquet", table.schema)
                    writers[name] = stack.enter_context(file)
                writers[name].write_table(table)
            if advance:
                advance(n)


def _block(
    n: int, setting: _Setting, first_borrower: int, first_loan: int, random: np.random.Generator
) -> dict[str, pyarrow.Table]:
    months, cut_days = setting.months, setting.cut_days
    traits = Traits.draw(n, random)
    course = live(traits, SimulatedAccounts.draw(traits, months.count, random), months, setting.climate, random)
    paid = instalments(course, traits, months, cut_days.get("instalments", 0), random)
    card_statements = statements(course, months, cut_days.get("statements", 0), random)
    done = events(course, traits, months, setting.drift, cut_days.get("events", 0), random)
    ids = tables.loan_ids(course, months, first_loan)
    return {
        "borrowers": tables.borrowers(course, traits, months, first_borrower, random),
        "loans": tables.loans(course, ids, paid.settled_on, months, first_borrower, random),
        "instalments": tables.of_loans(paid.columns, ids),
        "statements": tables.of_loans(card_statements, ids),
        "events": tables.events(done, first_borrower),
        "truth": tables.truth(course, months, first_borrower),
    }
