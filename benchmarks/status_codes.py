"""Train on the same card data with the repayment status as numbers and as letters, and without days past due.

    python benchmarks/status_codes.py CSV [--folds 5]

CSV is UCI's "Default of credit card clients" (`risk-warning import uci-credit-card --file`). The models are judged
out of borrower on the same folds. Required: AUCs within 0.005.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from string import ascii_uppercase

import numpy as np
import pandas

VERB = str(Path(sys.executable).parent / "risk-warning")
TRAINED = ("--as-of", "2005-10-01", "--horizon-months", "1", "--eligible-max-dpd", "any", "--json")


def verb(*arguments: str | Path) -> str:
    return subprocess.run([VERB, *map(str, arguments)], capture_output=True, text=True, check=True).stdout


def figures(name: str, report: str) -> str:
    """Return one line of figures from the report that `train --json` prints."""
    judged = json.loads(report)["evaluation"]
    low, high = judged["intervals"]["auc"]
    return (
        f"{name}: AUC {judged['auc']:.4f} ({low:.4f} to {high:.4f}), KS {judged['ks']:.4f}, slope "
        f"{judged['calibration_slope']:.3f}, O/E {judged['observed_over_expected']:.3f}"
    )


def main(data: Path, folds: int) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["RISK_WARNING_HOME"] = f"{scratch}/home"
        book = Path(scratch) / "book"
        verb("import", "uci-credit-card", "--file", data, "--out", book)
        options = (*TRAINED, "--folds", str(folds))
        print(figures("as imported", verb("train", book, *options)), flush=True)
        (path,) = book.glob("statements.*")
        statements = pandas.read_parquet(path).drop(columns="days_past_due", errors="ignore")
        status = statements["status"]
        statements.to_parquet(path)
        print(figures("numbers, no DPD", verb("train", book, *options)), flush=True)
        codes = np.unique(status.dropna())
        letters = dict(zip(codes, np.random.default_rng(0).permutation(list(ascii_uppercase)), strict=False))
        statements.assign(status=status.map(letters)).to_parquet(path)
        print(figures("letters, no DPD", verb("train", book, *options)), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("csv", type=Path)
    parser.add_argument("--folds", type=int, default=5)
    given = parser.parse_args()
    main(given.csv, given.folds)
