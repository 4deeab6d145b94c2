"""Compare retraining, from building the training set to the fitted model, with `lightgbm.train` on ready data.

    python benchmarks/retrain.py [--borrowers 50000] [--months 30] [--rounds 2] [--json]

Both sides run one after the other in every round, in one process. Ours goes from the staged book to the fitted model:
features of every as-of date, labels, three fits on folds of borrowers that find the number of trees and the
calibration, and the fit on all rows. LightGBM alone gets the encoded matrices of the same four fits and trains them
with the same parameters to the same numbers of trees, binning included. A single `lightgbm.train` on all rows is timed
as well.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray

from risk_warning.book import open_book
from risk_warning.core import features
from risk_warning.core.outcomes.target import TargetSpec
from risk_warning.core.splits import borrower_fold, out_of_time
from risk_warning.datasets.simulation.lender import simulate
from risk_warning.learning.fit import INNER_FOLDS, PATIENCE, dataset, fit, parameters_of
from risk_warning.learning.recipe import Recipe
from risk_warning.learning.request import Request, as_of_dates
from risk_warning.learning.sides import Sides
from risk_warning.learning.training_set import TrainingSet, training_set
from risk_warning.model.encoding import Categories, cross_encode
from risk_warning.settings import Settings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--borrowers", type=int, default=50_000)
    parser.add_argument("--months", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        simulate(options.borrowers, options.months, 1, Path(scratch) / "book")
        rounds = [measured(Path(scratch) / "book") for _ in range(options.rounds)]
    best = {name: min(one[name] for one in rounds) for name in rounds[0]}
    ours = best["build_seconds"] + best["fit_seconds"]
    figures = best | {
        "ratio_same_fits": ours / best["lightgbm_same_fits_seconds"],
        "ratio_single_fit": ours / best["lightgbm_single_fit_seconds"],
        "borrowers": options.borrowers,
        "months": options.months,
    }
    if options.json:
        print(json.dumps(figures, indent=1))
    else:
        for name, value in figures.items():
            print(f"{name}: {value:.2f}" if isinstance(value, float) else f"{name}: {value:,}")


def measured(book: Path) -> dict[str, float]:
    """Return the seconds of each part in one round."""
    settings, spec, recipe = Settings(), TargetSpec(), Recipe()
    with open_book(book, settings.book) as opened:
        dates = as_of_dates(opened, Request(target=spec))
        split = out_of_time(dates, spec.horizon_months)
        assert split is not None
        chosen = features.supported(opened.observed, frozenset())
        keep = Sides(spec, split, split.train, opened.n_borrowers * len(split.train)).keep
        build, rows = timed(
            lambda: training_set(
                opened, split.train, spec, chosen, borrowers_per_chunk=settings.score.borrowers_per_chunk, keep=keep
            )
        )
        fitting, fit_result = timed(lambda: fit(rows, None, opened.categories, recipe))
        ready = matrices(rows, opened.categories, fit_result.fitted.booster.num_trees())
    same, _ = timed(lambda: [alone(x, bad, trees, recipe, rows) for x, bad, trees in ready])
    single, _ = timed(lambda: alone(*ready[-1], recipe, rows))
    print(
        f"built {build:.1f} s, fitted {fitting:.1f} s, LightGBM alone {same:.1f} s, once {single:.1f} s",
        file=sys.stderr,
    )
    return {
        "build_seconds": build,
        "fit_seconds": fitting,
        "lightgbm_same_fits_seconds": same,
        "lightgbm_single_fit_seconds": single,
        "rows": len(rows.bad),
        "features": len(chosen),
    }


Matrix = tuple[NDArray[np.float32], NDArray[np.bool_], int]


def matrices(rows: TrainingSet, categories: Categories, trees: int) -> list[Matrix]:
    """Return (encoded rows, labels, trees) of the four fits; the folds' trees include the early-stopping patience."""
    fold = borrower_fold(rows.borrower_id, INNER_FOLDS, seed=7)
    folds = [
        (encoded(part, categories), part.bad, round(trees / 1.1) + PATIENCE)
        for part in (rows.take(fold != k) for k in range(INNER_FOLDS))
    ]
    return [*folds, (encoded(rows, categories), rows.bad, trees)]


def encoded(rows: TrainingSet, categories: Categories) -> NDArray[np.float32]:
    return cross_encode(rows.x, rows.bad, rows.borrower_id, None, rows.features, categories)


def alone(x: Any, bad: Any, trees: int, recipe: Recipe, rows: TrainingSet) -> lightgbm.Booster:
    return lightgbm.train(parameters_of(recipe, rows.features), dataset(x, bad, None, rows.features), trees)


def timed(do: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = do()
    return time.perf_counter() - start, result


if __name__ == "__main__":
    main()
