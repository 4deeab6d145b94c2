"""Small books: how many yield a model, and whether its intervals contain the truth.

    python benchmarks/small_books.py [--seeds 20] [--unseen 50000]

The benchmark simulates lenders of 60, 150, 300 and 600 borrowers × 24 months. The true AUC and the true observed over
expected are those that the judged model reaches on unseen borrowers of the simulator on the same dates.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score

from risk_warning.book import open_book
from risk_warning.core import features
from risk_warning.core.outcomes.target import TargetSpec
from risk_warning.core.scorecard import probability
from risk_warning.datasets.simulation.lender import simulate
from risk_warning.errors import RiskWarningError
from risk_warning.learning.request import Request
from risk_warning.learning.training import Trained, train
from risk_warning.learning.training_set import TrainingSet, training_set
from risk_warning.settings import Settings

SIZES, MONTHS = (60, 150, 300, 600), 24


class Unseen:
    """Rows of other borrowers of the simulator, by as-of date."""

    def __init__(self, folder: Path, borrowers: int) -> None:
        simulate(borrowers, MONTHS, 999, folder)
        self.folder, self.rows = folder, dict[tuple[object, ...], TrainingSet]()

    def at(self, trained: Trained) -> TrainingSet:
        dates = tuple(sorted({trained.judged.dates[k] for k in np.unique(trained.judged.date_index)}))
        if dates not in self.rows:
            settings = Settings()
            with open_book(self.folder, settings.book) as book:
                everything = features.supported(book.observed, settings.book.never_modelled)
                self.rows[dates] = training_set(book, dates, TargetSpec(), everything, borrowers_per_chunk=10_000)
                self.categories = book.categories
        return self.rows[dates]

    def truth(self, trained: Trained) -> dict[str, float]:
        rows, model = self.at(trained), trained.model.as_judged
        place = {feature.name: k for k, feature in enumerate(rows.features)}
        from risk_warning.model.encoding import encode

        x = rows.x[:, [place[name] for name in model.feature_names]]
        pd = probability(model.fitted.log_odds(encode(x, model.features, model.fitted.codes, self.categories)))
        return {"auc": float(roc_auc_score(rows.bad, pd)), "observed_over_expected": float(rows.bad.sum() / pd.sum())}


def main(seeds: int, unseen: int) -> None:
    models, holds = Counter[int](), Counter[tuple[int, str]]()
    seconds: defaultdict[int, float] = defaultdict(float)
    said: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as scratch:
        others = Unseen(Path(scratch) / "unseen", unseen)
        for size in SIZES:
            for seed in range(seeds):
                book = Path(scratch) / f"{size}-{seed}"
                simulate(size, MONTHS, seed, book)
                start = time.monotonic()
                try:
                    with open_book(book, Settings().book) as opened:
                        trained = train(opened, Settings(), Request(target=TargetSpec()))
                except RiskWarningError as error:
                    said[f"{size}: {str(error)[:90]}"] += 1
                    continue
                seconds[size] += time.monotonic() - start
                models[size] += 1
                evaluation = trained.model.provenance.evaluation
                for name, value in others.truth(trained).items():
                    low, high = evaluation.interval(name) or (None, None)
                    holds[size, name] += (low is None or low <= value) and (high is None or value <= high)
            print(
                f"{size} borrowers: {models[size]} models of {seeds}, {seconds[size] / max(1, models[size]):.1f} s "
                f"each; the interval holds the truth of AUC in {holds[size, 'auc']}, of O/E in "
                f"{holds[size, 'observed_over_expected']}",
                flush=True,
            )
    total = models.total()
    for name in ("auc", "observed_over_expected"):
        print(f"{name}: {sum(holds[size, name] for size in SIZES)} of {total} models")
    for line, count in sorted(said.items()):
        print(f"{count} × {line}…")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--unseen", type=int, default=50_000)
    given = parser.parse_args()
    main(given.seeds, given.unseen)
