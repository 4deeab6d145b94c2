"""The share of the attainable Gini that a model reaches out of time on the simulated lender, whose true PD is known.

    python benchmarks/known_truth.py [--borrowers 50000] [--months 36] [--seed 1]

The benchmark compares the Gini of the judged model with that of the true PD, over all judged borrowers and over those
not past due. It also reports observed over expected and the calibration slope, overall and in each judged month, with
95 % intervals clustered by borrower.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas
from sklearn.metrics import roc_auc_score

from risk_warning.book import open_book
from risk_warning.core.outcomes.target import TargetSpec
from risk_warning.datasets.simulation.lender import simulate
from risk_warning.learning.request import Request
from risk_warning.learning.training import train
from risk_warning.settings import Settings
from risk_warning.stats.clustered import Sample, auc, calibration_slope, observed_over_expected


def main(borrowers: int, months: int, seed: int) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        book = Path(scratch) / "book"
        simulate(borrowers, months, seed, book)
        start = time.monotonic()
        with open_book(book, Settings().book) as opened:
            trained = train(opened, Settings(), Request(target=TargetSpec()))
        seconds = time.monotonic() - start
        judged, pd = trained.judged, trained.pd
        keys = {"borrower_id": judged.borrower_id, "as_of_date": np.array(judged.dates)[judged.date_index]}
        truth = (
            pandas.DataFrame(keys)
            .merge(pandas.read_parquet(book / "truth.parquet"), how="left", on=["borrower_id", "as_of_date"])["pd"]
            .to_numpy()
        )
    print(
        f"{borrowers:,} borrowers × {months} months, seed {seed}: trained in {seconds:.0f} s, {len(pd):,} rows judged"
    )
    is_known = ~np.isnan(truth)
    for name, chosen in (("all", is_known), ("not past due", is_known & (judged.dpd == 0))):
        sample = Sample.of(judged.bad[chosen], judged.borrower_id[chosen], judged.date_index[chosen])
        ours, best = auc(sample, pd[chosen]), float(roc_auc_score(judged.bad[chosen], truth[chosen]))
        print(
            f"{name}: AUC {ours.value:.4f} ({ours.low:.4f} to {ours.high:.4f}), of the true PD {best:.4f}; share of "
            f"its Gini {(2 * ours.value - 1) / (2 * best - 1):.3f}"
        )
    holds_one = []
    for index in (None, *np.unique(judged.date_index)):
        here = np.ones(len(pd), np.bool_) if index is None else judged.date_index == index
        sample = Sample.of(judged.bad[here], judged.borrower_id[here], judged.date_index[here])
        ratio, slope = observed_over_expected(sample, pd[here]), calibration_slope(sample, pd[here])
        print(
            f"{'all months' if index is None else judged.dates[index]}: {sample.bad.sum():,} bad; O/E {ratio.value:.3f}"
            f" ({ratio.low:.3f} to {ratio.high:.3f}), slope {slope.value:.3f} ({slope.low:.3f} to {slope.high:.3f})"
        )
        if index is not None:
            holds_one.append((ratio.holds(1), slope.holds(1)))
    print(f"the interval holds 1 in {np.sum(holds_one, axis=0).tolist()} of {len(holds_one)} months (O/E, slope)")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--borrowers", type=int, default=50_000)
    parser.add_argument("--months", type=int, default=36)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    main(given.borrowers, given.months, given.seed)
