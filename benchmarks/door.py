"""What the door costs: `check` before and after a change, and a book of CSV files plain and through a mapping.

    python benchmarks/door.py OTHER [--borrowers 200000] [--months 24] [--rounds 2]

OTHER is another checkout with its `.venv`, the "before". The book has about 100 rows a borrower. Each line has the wall
and processor seconds of one run of `check`; the two sides take turns. The CSV books have a tenth of the borrowers; the
mapped one has Chinese names, semicolons, dates such as 31/12/2023 and `NULL` for empty cells, and its mapping is what
`map` proposes.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import tempfile
import time
from pathlib import Path

import pandas

HERE = Path(__file__).parents[1]
TABLES = {
    "borrowers": ("客户", {"borrower_id": "客户号", "onboarded_on": "注册日期", "monthly_income": "月收入"}),
    "loans": ("借据", {"loan_id": "借据号", "borrower_id": "客户号", "opened_on": "放款日期", "closed_on": "结清日期"}),
    "instalments": (
        "还款计划",
        {"loan_id": "借据号", "due_on": "应还日期", "due_amount": "应还金额", "paid_on": "实还日期"},
    ),
    "statements": ("账单", {"loan_id": "借据号", "statement_on": "账单日", "days_past_due": "逾期天数"}),
    "events": ("行为", {"borrower_id": "客户号", "occurred_at": "发生时间", "kind": "事件类型"}),
}


def run(checkout: Path, folder: Path, *arguments: str) -> tuple[float, float]:
    """Run a verb of a checkout in a folder; return (wall seconds, processor seconds)."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    command = [str(checkout / ".venv" / "bin" / "risk-warning"), *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout[-600:]}{done.stderr[-600:]}")
    wall, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def write_csv(book: Path, plain: Path, export: Path) -> None:
    """Write the tables as plain CSV, and as a lender's own files."""
    for folder in (plain, export):
        folder.mkdir()
    for name, (file, names) in TABLES.items():
        table = pandas.read_parquet(book / f"{name}.parquet")
        table.to_csv(plain / f"{name}.csv", index=False)
        for column in table:
            if str(column).endswith("_on"):
                table[column] = pandas.to_datetime(table[column]).dt.strftime("%d/%m/%Y")
        table.rename(columns=names).to_csv(export / f"{file}.csv", index=False, sep=";", na_rep="NULL")


def turns(sides: dict[str, tuple[Path, str]], folder: Path, rounds: int) -> None:
    """Let the sides check their books in turn."""
    for number in range(rounds):
        for name, (checkout, book) in sides.items():
            wall, cpu = run(checkout, folder, "check", book)
            print(f"round {number + 1}, {name}: {wall:.1f} s, {cpu:.1f} s of processor", flush=True)


def main(other: Path, borrowers: int, months: int, rounds: int) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        os.environ["RISK_WARNING_HOME"] = f"{scratch}/home"
        span = ("--months", str(months), "--seed", "5")
        run(HERE, folder, "simulate", "--borrowers", str(borrowers), *span, "--out", "book")
        rows = sum(len(pandas.read_parquet(folder / "book" / f"{name}.parquet", columns=[])) for name in TABLES)
        print(f"{borrowers:,} borrowers, {rows:,} rows in Parquet", flush=True)
        turns({"before": (other, "book"), "after": (HERE, "book")}, folder, rounds)
        run(HERE, folder, "simulate", "--borrowers", str(borrowers // 10), *span, "--out", "small")
        write_csv(folder / "small", folder / "plain", folder / "export")
        wall, _ = run(HERE, folder, "map", "export")
        print(f"{borrowers // 10:,} borrowers as CSV; map takes {wall:.1f} s", flush=True)
        turns({"plain": (HERE, "plain"), "mapped": (HERE, "book.toml")}, folder, rounds)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("other", type=Path)
    parser.add_argument(
        "--borrowers", type=int, default=200_000, help="borrowers of the Parquet book (default 200,000)"
    )
    parser.add_argument("--months", type=int, default=24, help="months of the books (default 24)")
    parser.add_argument("--rounds", type=int, default=2, help="turns (default 2)")
    given = parser.parse_args()
    main(given.other.resolve(), given.borrowers, given.months, given.rounds)
