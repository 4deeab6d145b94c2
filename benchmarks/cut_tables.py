"""Tables that stop before the end of the book: what is reported, who is scored, who is wrongly late.

    python benchmarks/cut_tables.py MODEL [--borrowers 3000]

The benchmark cuts payments, statements or events of a simulated lender of one seed by 2, 10, 35 and 90 days, and runs
`risk-warning check`, `score` and the choice of training dates on the cut book. A borrower is "late for it" if the cut
book shows the borrower past due on the day after the last row of the whole book, and the whole book shows the borrower
current on the day after the last row of the cut table. Instalments that fell due since then must make nobody late. Of
instalments and statements, the books for this count contain only the cut table, because the other table goes on and
rightly shows who became late in the meantime. Cut events must change nobody's days past due.

A monthly table whose last gap is no longer than usual has not stopped yet. So the benchmark also prints the first as-of
date, the day after the whole book's last row or later, on which the table is named and on which a score is refused.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from risk_warning.book import open_book
from risk_warning.core.calendar import to_date, to_day
from risk_warning.core.outcomes.target import TargetSpec
from risk_warning.core.panel.builder import panel_of
from risk_warning.core.reach import Reach
from risk_warning.datasets.simulation.lender import CUT_TABLES, simulate
from risk_warning.learning.request import Request, as_of_dates
from risk_warning.model.folder import load
from risk_warning.settings import Settings

VERB = str(Path(sys.executable).parent / "risk-warning")
MONTHS, SEED = 24, 9


def days_past_due(folder: Path, day: date) -> NDArray[np.float32]:
    """Return the days past due of every borrower of a book on a day, NaN if unknown."""
    with open_book(folder, Settings().book) as book:
        history = book.history(book.rows(0, book.n_borrowers), TargetSpec().dpd_tolerance_ratio)
        return panel_of(history, day, needs=()).dpd_current


def without(folder: Path, table: str | None, copy: Path) -> Path:
    """Return a copy of the book without one table, or the book itself if no table is named."""
    if table is None:
        return folder
    shutil.copytree(folder, copy, ignore=shutil.ignore_patterns(f"{table}.*"))
    return copy


def late_for_it(table: str, whole: Path, cut: Path, day: date) -> str:
    """Return in words how many borrowers the cut makes late."""
    other = {"instalments": "statements", "statements": "instalments"}.get(table)
    whole, cut = (without(folder, other, folder / f"without-{other}") for folder in (whole, cut))
    if other is None:
        differ = days_past_due(cut, day).tobytes() != days_past_due(whole, day).tobytes()
        return f"days past due {'differ' if differ else 'are the same'}"
    with open_book(cut, Settings().book) as book:
        stopped = to_date(int(book.observed.reach.flows[table].days[-1]) + 1)
    late = int(((days_past_due(cut, day) > 0) & ~(days_past_due(whole, stopped) > 0)).sum())
    return f"{late} late for it"


def named_and_refused(table: str, reach: Reach, day: date) -> str:
    """Return in words the first days on which the table is named as stopped and a score is refused."""
    days = [day + timedelta(days=k) for k in range(60)]
    named = next((when for when in days if table in reach.stopped(to_day(when))), None)
    refused = next((when for when in days if reach.refusal(to_day(when))), None)
    return f"named as stopped from {named or '–'}, a score refused from {refused or '–'}"


def verb(*arguments: str | Path | date) -> tuple[int, list[str]]:
    """Run a verb; return (exit code, lines printed)."""
    done = subprocess.run([VERB, *map(str, arguments)], capture_output=True, text=True, check=False)
    return done.returncode, (done.stdout + done.stderr).splitlines()


def lines_of(table: str, days: int, model: Path, whole: Path, cut_to: Path, borrowers: int) -> Iterator[str]:
    simulate(borrowers, MONTHS, SEED, cut_to, cut_days={table: days})
    with open_book(whole, Settings().book) as book:
        day = book.data_through + timedelta(days=1)
    with open_book(cut_to, Settings().book) as cut:
        last = as_of_dates(cut, Request(target=load(model).target))[-1]
        since = named_and_refused(table, cut.observed.reach, day)
    yield f"{late_for_it(table, whole, cut_to, day)}, training dates to {last}; {since}"
    os.environ["RISK_WARNING_HOME"] = str(cut_to / "home")
    code, lines = verb("score", cut_to, "--as-of", day, "--model", model, "--out", cut_to / "out")
    yield f"score {day}: exit {code}; {' '.join(lines[-4:])}"
    code, lines = verb("check", cut_to)
    naming = [line.strip() for line in lines if f"{table} stop" in line or "where " in line]
    yield f"check: exit {code}; {' '.join(naming)}"


def main(model: Path, borrowers: int) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        for table in CUT_TABLES:
            for days in (2, 10, 35, 90):
                place = Path(scratch) / f"{table}-{days}"
                simulate(borrowers, MONTHS, SEED, place / "whole")
                lines = lines_of(table, days, model, place / "whole", place / "cut", borrowers)
                print(f"{table} cut by {days} days", *lines, sep="\n  ")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--borrowers", type=int, default=3000)
    given = parser.parse_args()
    main(given.model, given.borrowers)
