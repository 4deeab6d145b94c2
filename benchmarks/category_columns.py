"""Measure what 1, 3 and 10 random category columns cost the trees and the scorecard out of time.

    python benchmarks/category_columns.py [--borrowers 20000] [--months 30]

Each column has up to 3,000 values drawn at random and carries no information. Required: an AUC within 0.003 of that of
the book without them, and observed over expected within its interval.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
import pandas

from risk_warning.book import open_book
from risk_warning.core.outcomes.target import TargetSpec
from risk_warning.datasets.simulation.lender import simulate
from risk_warning.learning.request import Request
from risk_warning.learning.training import train
from risk_warning.model.headline import with_interval
from risk_warning.model.risk_model import RiskModel
from risk_warning.settings import Settings

SIZES = (3_000, 400, 1_000, 3_000, 50, 2_000, 3_000, 300, 1_500, 3_000)


def trained(book: Path) -> RiskModel:
    with open_book(book, Settings().book) as opened:
        return train(opened, Settings(), Request(target=TargetSpec())).model


def main(borrowers: int, months: int) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        book = Path(scratch) / "book"
        simulate(borrowers, months, 5, book)
        people = pandas.read_parquet(book / "borrowers.parquet")
        random = np.random.default_rng(0)
        for columns in (0, 1, 3, 10):
            added = {
                f"x_random_{k}": [f"value {value}" for value in random.integers(0, SIZES[k], len(people))]
                for k in range(columns)
            }
            people.assign(**added).to_parquet(book / "borrowers.parquet")
            evaluation = trained(book).provenance.evaluation
            rival, ratio = evaluation.against["scorecard"], with_interval(evaluation, "observed_over_expected")
            assert rival is not None
            print(
                f"{columns:2} columns: trees AUC {evaluation.auc:.4f}, O/E {ratio}; scorecard AUC "
                f"{rival.auc:.4f}, O/E {rival.observed_over_expected:.3f}",
                flush=True,
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--borrowers", type=int, default=20_000)
    parser.add_argument("--months", type=int, default=30)
    given = parser.parse_args()
    main(given.borrowers, given.months)
