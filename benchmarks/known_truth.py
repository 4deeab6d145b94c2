"""The share of the attainable Gini that a model reaches out of time on the simulated lender, whose true PD is known.

    python benchmarks/known_truth.py [--borrowers 50000] [--months 36] [--seed 1 2 3]

The benchmark compares the Gini of the judged model with that of the true PD, over all judged borrowers and over those
not past due. It also reports observed over expected and the calibration slope, overall and in each judged month, with
95 % intervals clustered by borrower, and beside them observed over expected of the true PD, which differs from 1 by
chance alone. A month is calm if no factor of the season acts on the two months whose missed payments can reach 30 days
past due within three months; the season is the same every year, but no feature tells the model the month.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from risk_warning.book import open_book
from risk_warning.core.outcomes.target import TargetSpec
from risk_warning.datasets.simulation.lender import FIRST_MONTH, simulate
from risk_warning.datasets.simulation.months import Months
from risk_warning.learning.request import Request
from risk_warning.learning.training import train
from risk_warning.learning.training_set import TrainingSet
from risk_warning.settings import Settings
from risk_warning.stats.clustered import Interval, Sample, auc, calibration_slope, observed_over_expected


def main(borrowers: int, months: int, seeds: list[int]) -> None:
    by_month = [month for seed in seeds for month in one_lender(borrowers, months, seed)]
    for name, chosen in (("all", by_month), ("calm", [month for month in by_month if month.is_calm])):
        coverage = [(m.ratio.holds(1), m.slope.holds(1), m.true_ratio.holds(1)) for m in chosen]
        print(
            f"{name} months: the interval holds 1 in {np.sum(coverage, axis=0).tolist()} of {len(coverage)} "
            "(observed/expected, slope; observed/expected of the true PD)"
        )


@dataclass(frozen=True)
class JudgedMonth:
    """The calibration of one judged month."""

    is_calm: bool
    ratio: Interval
    slope: Interval
    true_ratio: Interval


def one_lender(borrowers: int, months: int, seed: int) -> list[JudgedMonth]:
    """Train and judge on one simulated lender; print the figures and return those of each month."""
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
        sample = _sample(judged, chosen)
        ours, best = auc(sample, pd[chosen]), float(roc_auc_score(judged.bad[chosen], truth[chosen]))
        print(
            f"{name}: AUC {ours.value:.4f} ({ours.low:.4f} to {ours.high:.4f}), of the true PD {best:.4f}; share of "
            f"its Gini {(2 * ours.value - 1) / (2 * best - 1):.3f}"
        )
    seasons = Months(FIRST_MONTH, months).seasons()
    by_month = []
    for index in (None, *np.unique(judged.date_index)):
        here = np.ones(len(pd), np.bool_) if index is None else judged.date_index == index
        known = here & is_known
        sample, sample_known = _sample(judged, here), _sample(judged, known)
        ratio, slope = observed_over_expected(sample, pd[here]), calibration_slope(sample, pd[here])
        true_ratio = observed_over_expected(sample_known, truth[known])
        day = None if index is None else judged.dates[index]
        number = 0 if day is None else (day.year - FIRST_MONTH.year) * 12 + day.month - FIRST_MONTH.month
        is_calm = bool((seasons[number : number + 2] == 1).all())
        print(
            f"{day or 'all months'}{' (calm)' if day and is_calm else ''}: {judged.bad[here].sum():,} bad; "
            f"observed/expected {_text(ratio)}, slope {_text(slope)}; of the true PD {_text(true_ratio)}"
        )
        if day is not None:
            by_month.append(JudgedMonth(is_calm, ratio, slope, true_ratio))
    return by_month


def _sample(rows: TrainingSet, chosen: NDArray[np.bool_]) -> Sample:
    return Sample.of(rows.bad[chosen], rows.borrower_id[chosen], rows.date_index[chosen])


def _text(interval: Interval) -> str:
    return f"{interval.value:.3f} ({interval.low:.3f} to {interval.high:.3f})"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--borrowers", type=int, default=50_000)
    parser.add_argument("--months", type=int, default=36)
    parser.add_argument("--seed", type=int, nargs="+", default=[1])
    given = parser.parse_args()
    main(given.borrowers, given.months, given.seed)
