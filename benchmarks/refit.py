"""Compare the model in service with its judged twin under drift, on twelve later dates and borrowers new to both.

    python benchmarks/refit.py [--borrowers 20000] [--drift 0.2]

Both models come from one training run on the first 33 months of a simulated lender with drift, and are saved to a
folder and loaded again. They are compared on another lender with the same drift, month by month after the months that
the service model learnt from. `as_judged`, which comparisons, gate and threshold use, picks the twin from the folder.
"""

from __future__ import annotations

import argparse
import tempfile
from datetime import date
from pathlib import Path

from risk_warning.book import open_book
from risk_warning.core.outcomes.target import TargetSpec
from risk_warning.core.scorecard import probability
from risk_warning.datasets.simulation.lender import simulate
from risk_warning.learning.request import Request
from risk_warning.learning.training import train
from risk_warning.learning.training_set import training_set
from risk_warning.model.folder import load, save
from risk_warning.settings import Settings
from risk_warning.stats.clustered import Interval, Sample, auc, auc_difference, observed_over_expected

MONTHS, LAST = 48, date(2024, 6, 1)
LATER = tuple(date(2024 + (8 + k) // 12, (8 + k) % 12 + 1, 1) for k in range(12))


def with_interval(figure: Interval, digits: int) -> str:
    return f"{figure.value:.{digits}f} ({figure.low:.{digits}f} to {figure.high:.{digits}f})"


def main(borrowers: int, drift: float) -> None:
    settings = Settings()
    with tempfile.TemporaryDirectory() as scratch:
        for seed, name in ((1, "learnt"), (2, "other")):
            simulate(borrowers, MONTHS, seed, Path(scratch) / name, drift=drift)
        with open_book(Path(scratch) / "learnt", settings.book) as book:
            save(train(book, settings, Request(target=TargetSpec(), last=LAST)).model, Path(scratch) / "model")
        service = load(Path(scratch) / "model")
        twin = service.as_judged
        assert service.twin is not None and twin.version == service.twin.version
        print(
            f"in service {service.version}, learnt from {service.provenance.train_dates[0]} to "
            f"{service.provenance.train_dates[-1]}; comparisons use {twin.version}, learnt to "
            f"{twin.provenance.train_dates[-1]}"
        )
        with open_book(Path(scratch) / "other", settings.book) as book:
            rows = training_set(book, LATER, service.target, service.features, borrowers_per_chunk=10_000)
            of_twin, of_service = (
                probability(one.fitted.log_odds_of(rows.x, rows.features, book.categories)) for one in (twin, service)
            )
    sample = Sample.of(rows.bad, rows.borrower_id, rows.date_index)
    for name, pd in (("judged twin", of_twin), ("in service", of_service)):
        ranking, ratio = auc(sample, pd), observed_over_expected(sample, pd)
        print(f"{name}: AUC {with_interval(ranking, 4)}, O/E {with_interval(ratio, 3)}")
    gain = auc_difference(sample, of_twin, of_service)
    print(f"AUC in service more than the twin: {gain.difference:+.4f} ({gain.low:+.4f} to {gain.high:+.4f})")
    for index, day in enumerate(LATER):
        here = rows.date_index == index
        own = Sample.of(rows.bad[here], rows.borrower_id[here], rows.date_index[here])
        figures = [
            f"AUC {auc(own, pd[here]).value:.3f} O/E {observed_over_expected(own, pd[here]).value:.2f}"
            for pd in (of_twin, of_service)
        ]
        print(f"{day}: {own.bad.sum()} bad; twin {figures[0]}, in service {figures[1]}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--borrowers", type=int, default=20_000)
    parser.add_argument("--drift", type=float, default=0.2)
    given = parser.parse_args()
    main(given.borrowers, given.drift)
