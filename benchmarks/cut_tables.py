"""Tables that stop before the book's end: what is said, who is scored, who becomes late for it.

    python benchmarks/cut_tables.py MODEL [--borrowers 3000]

The simulated lender of one seed, with payments, statements or events cut by 2, 10, 35 and 90 days, as `risk-warning
check`, `score` and the training dates take it. "Late for it" are borrowers whom the cut book shows past due and the
whole book shows current on the day after the table's last row: what fell due since must make nobody late.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from risk_warning.book import StagedBook, open_book
from risk_warning.book.simulation.lender import CUT_TABLES, simulate
from risk_warning.core.calendar import to_date, to_day
from risk_warning.model.folder import load
from risk_warning.model.request import Request, as_of_dates
from risk_warning.model.risk_model import RiskModel, Scored
from risk_warning.settings import Settings

VERB = str(Path(sys.executable).parent / "risk-warning")
MONTHS, SEED = 24, 9


def scored(book: StagedBook, model: RiskModel, day: date) -> Scored:
    return model.score(book.rows(0, book.n_borrowers), model.observed_in(book), day)


def verb(*arguments: str | Path) -> tuple[int, list[str]]:
    """(Exit code, lines said) of a verb."""
    done = subprocess.run([VERB, *map(str, arguments)], capture_output=True, text=True, check=False)
    return done.returncode, (done.stdout + done.stderr).splitlines()


def lines_of(table: str, days: int, folder: Path, whole: StagedBook, cut_to: Path, borrowers: int) -> Iterator[str]:
    model, day = load(folder), whole.data_through + timedelta(days=1)
    simulate(borrowers, MONTHS, SEED, cut_to, cut_days={table: days})
    with open_book(cut_to, Settings().book) as cut:
        # Whoever was late when the table stopped stays late by what is known.
        silence = cut.observed.reach.stopped(to_day(day)).get(table)
        stopped = day if silence is None else to_date(silence.last_day + 1)
        now, then = scored(cut, model, day), scored(whole, model, stopped)
        late = int(((now.days_past_due > 0) & (then.days_past_due == 0)).sum())
        yield f"{late} late for it, training dates to {as_of_dates(cut, Request(target=model.target))[-1]}"
    os.environ["RISK_WARNING_HOME"] = str(cut_to / "home")
    code, lines = verb("score", cut_to, "--as-of", day, "--model", folder, "--out", cut_to / "out")
    yield f"score {day}: exit {code}; {' '.join(lines[-4:])}"
    code, lines = verb("check", cut_to)
    yield f"check: exit {code}; {' '.join(line.strip() for line in lines if f'{table} stop' in line)}"


def main(folder: Path, borrowers: int) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        simulate(borrowers, MONTHS, SEED, Path(scratch) / "whole")
        with open_book(Path(scratch) / "whole", Settings().book) as whole:
            for table in CUT_TABLES:
                for days in (2, 10, 35, 90):
                    place = Path(scratch) / f"{table}-{days}"
                    print(
                        f"{table} cut by {days} days",
                        *lines_of(table, days, folder, whole, place, borrowers),
                        sep="\n  ",
                    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--borrowers", type=int, default=3000)
    given = parser.parse_args()
    main(given.model, given.borrowers)
