"""Three ways to predict several horizons: PDs within 2, 3 and 6 months of the same rows, judged out of time.

    python benchmarks/horizons.py [--borrowers 20000] [--json]

- **links**, as shipped: one forest for 3 months; conditional probabilities give the other windows from its log-odds;
- **forests**: one forest per window, each with its own calibration; a PD below a shorter window's is raised to it;
- **hazards**: one forest per stretch (to 2, 2 to 3, 3 to 6 months), on rows still good at its start; the probabilities
  of staying good are multiplied.

All three learn from the same rows, are judged on other borrowers on later dates, and have known outcomes for 6 months.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from risk_warning.book import open_book
from risk_warning.core import features
from risk_warning.core.calendar import add_months
from risk_warning.core.outcomes.target import TargetSpec
from risk_warning.core.scorecard import probability
from risk_warning.core.splits import borrower_fold
from risk_warning.datasets.simulation.lender import simulate
from risk_warning.learning.fit import fit
from risk_warning.learning.horizons import bad_within, fit_horizons
from risk_warning.learning.recipe import Recipe
from risk_warning.learning.request import Request, as_of_dates
from risk_warning.learning.training_set import TrainingSet, training_set
from risk_warning.model.encoding import Categories
from risk_warning.settings import Settings
from risk_warning.stats.evaluation import evaluate

MONTHS = (2, 3, 6)
ACTION = 3
TEST_DATES = 4
Floats = NDArray[np.float64]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--borrowers", type=int, default=20_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        simulate(options.borrowers, 36, 5, Path(scratch) / "book")
        results = measured(Path(scratch) / "book")
    if options.json:
        print(json.dumps(results, indent=1))
        return
    for way, result in results.items():
        print(f"{way}: {result['seconds']:.1f} s, {result['crossing']:.2%} of rows would have crossed")
        for months in MONTHS:
            one = result[str(months)]
            print(f"  {months} months: AUC {one['auc']:.4f}, slope {one['calibration_slope']:.2f}, ", end="")
            print(f"observed/expected {one['observed_over_expected']:.2f}, Brier {one['brier']:.5f}")


def measured(book: Path) -> dict[str, Any]:
    settings, spec = Settings(), TargetSpec(horizon_months=max(MONTHS))
    with open_book(book, settings.book) as opened:
        dates = as_of_dates(opened, Request(target=spec))
        test = dates[-TEST_DATES:]
        learn = [day for day in dates if add_months(day, max(MONTHS)) <= test[0]]
        chosen = features.supported(opened.observed, frozenset())
        chunk = settings.score.borrowers_per_chunk
        rows = training_set(opened, (*learn, *test), spec, chosen, borrowers_per_chunk=chunk)
        until, categories = opened.data_through + timedelta(days=1), opened.categories
    judged = borrower_fold(rows.borrower_id, 10, seed=1) < 3
    taught, tested = rows.take(rows.on(learn) & ~judged), rows.take(rows.on(test) & judged)

    def links() -> Floats:
        pd, unseen, of_tested = forest(taught, bad_within(taught, ACTION), tested, categories)
        horizons, _ = fit_horizons(taught, unseen, MONTHS, ACTION, until)
        return horizons.pd(of_tested, pd)

    def forests() -> Floats:
        return np.stack([forest(taught, bad_within(taught, m), tested, categories)[0] for m in MONTHS], axis=1)

    def hazards() -> Floats:
        good, by_window = np.ones(len(tested.bad)), []
        for before, months in zip((0, *MONTHS), MONTHS, strict=False):
            still = taught.take(~bad_within(taught, before)) if before else taught
            good = good * (1 - forest(still, bad_within(still, months), tested, categories)[0])
            by_window.append(1 - good)
        return np.stack(by_window, axis=1)

    results = {}
    for name, way in (("links", links), ("forests", forests), ("hazards", hazards)):
        start = time.perf_counter()
        pds = way()
        seconds = time.perf_counter() - start
        crossing = float((np.diff(pds, axis=1) < 0).any(axis=1).mean())
        kept = np.maximum.accumulate(pds, axis=1)
        results[name] = {"seconds": seconds, "crossing": crossing, "rows": len(tested.bad)} | {
            str(months): asdict(evaluate(bad_within(tested, months), kept[:, k])) for k, months in enumerate(MONTHS)
        }
    return results


def forest(
    taught: TrainingSet, bad: NDArray[np.bool_], tested: TrainingSet, categories: Categories
) -> tuple[Floats, Floats, Floats]:
    """Return (PDs of the tested rows, out-of-fold log-odds of the training rows, log-odds of the tested rows)."""
    fit_result = fit(replace(taught, bad=bad), None, categories, Recipe())
    odds = fit_result.fitted.log_odds_of(tested.x, taught.features, categories)
    return probability(odds), fit_result.unseen, odds


if __name__ == "__main__":
    main()
