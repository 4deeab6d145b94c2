"""Compare the nightly run with what a capable analyst would write, side by side in one run.

    python benchmarks/nightly.py [--borrowers 200000] [--months 24] [--json]

`ours`: the whole nightly run, from tables to published scores and watch list. `usual`: the same features with pandas
groupby, vectorised (`usual.py`; the benchmark first checks that they are the same), then `LGBMClassifier.predict_proba`
and `shap.TreeExplainer` for the riskiest 5 %; no checks, no reasons in words, no watch list. `predict`: LightGBM alone
on the ready matrix. Each runs in its own process, measured from start to end, imports included.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import tempfile
import time
import warnings
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

AS_OF = date(2023, 11, 1)


def ours(folder: Path) -> dict[str, float]:
    """Run the nightly run of this package; return its stages in seconds."""
    from risk_warning.nightly.run import run_night
    from risk_warning.settings import Settings

    settings = Settings(home=folder / "home", db=f"sqlite:///{folder / 'w.db'}")
    with Progress(disable=True) as progress:
        run_night(folder / "book", settings, AS_OF, folder / "out", progress, model=str(folder / "model"))
    stages: dict[str, float] = json.loads((folder / "out" / f"as_of={AS_OF}" / "timings.json").read_text())
    return stages


def usual(folder: Path) -> dict[str, float]:
    """Run the analyst's nightly run; return its stages in seconds.

    It computes groupby features with pandas, `predict_proba`, and SHAP for the riskiest 5 %.
    """
    import lightgbm
    import shap
    import usual as analyst

    stages: dict[str, float] = {}
    start = time.perf_counter()

    def lap(stage: str) -> None:
        nonlocal start
        stages[stage] = time.perf_counter() - start
        start = time.perf_counter()

    tables = analyst.read(folder / "book")
    lap("read")
    x = analyst.features(tables, AS_OF)
    lap("features")
    # The analyst's model has as many trees as ours and learns the same risk. Its fit is a separate stage, because a
    # real nightly run uses a model that exists already.
    night = pandas.read_parquet(folder / "out" / f"as_of={AS_OF}" / "scores").set_index("borrower_id")["pd"].dropna()
    trees = lightgbm.Booster(model_file=folder / "model" / "model.txt").num_trees()
    model = lightgbm.LGBMClassifier(n_estimators=trees, max_depth=5, num_leaves=16, learning_rate=0.03, verbosity=-1)
    learnt = night.index[:50_000]
    model.fit(x.loc[learnt], np.random.default_rng(0).random(len(learnt)) < night[learnt])
    scored = x.loc[night.index]
    lap("fit")
    pd = np.asarray(model.predict_proba(scored))[:, 1]
    lap("predict")
    shap.TreeExplainer(model).shap_values(scored[pd >= np.quantile(pd, 0.95)])
    lap("explain")
    pandas.DataFrame({"pd": pd}, index=scored.index).to_parquet(folder / "usual.parquet")
    lap("write")
    return stages


def check_same_features(folder: Path) -> int:
    """Check that both ways give the same features; return their number.

    Raises
    ------
    SystemExit
        A value differs by more than single precision.
    """
    import usual as analyst

    from risk_warning.book import open_book
    from risk_warning.core.features import matrix
    from risk_warning.core.history.history import History
    from risk_warning.core.panel.builder import panel_of
    from risk_warning.model.folder import load
    from risk_warning.settings import BookSettings

    theirs = analyst.features(analyst.read(folder / "small"), AS_OF)
    model = load(folder / "model")
    with open_book(folder / "small", BookSettings()) as book:
        rows = book.rows(0, book.n_borrowers)
        ours = matrix(panel_of(History.of(rows, model.observed_in(book)), AS_OF), model.features)
    for feature, values in zip(model.features, ours, strict=True):
        same = np.isclose(values, theirs[feature.name].to_numpy(float), rtol=1e-5, atol=1e-4, equal_nan=True)
        if not same.all():
            raise SystemExit(f"{feature.name} differs for {(~same).sum()} of {len(same)} borrowers: nothing to compare")
    return len(model.features)


def predict(folder: Path) -> dict[str, float]:
    """Time LightGBM alone, on as many rows and columns as our nightly run scores."""
    from risk_warning.model.folder import load

    model = load(folder / "model")
    n = json.loads((folder / "out" / f"as_of={AS_OF}" / "run.json").read_text())["scored"]
    x = np.random.default_rng(0).normal(size=(n, len(model.features))).astype(np.float32)
    start = time.perf_counter()
    model.fitted.booster.predict(x)
    return {"predict": time.perf_counter() - start}


def prepare(folder: Path, borrowers: int, months: int) -> None:
    """Simulate the book, and train a model on a smaller one."""
    from risk_warning.core.outcomes.target import TargetSpec
    from risk_warning.datasets.simulation.lender import simulate
    from risk_warning.learning.request import Request
    from risk_warning.settings import Settings
    from risk_warning.studies.training.run import train_model

    simulate(borrowers, months, 1, folder / "book")
    simulate(10_000, months, 2, folder / "small")
    with Progress(disable=True) as progress:
        request = Request(target=TargetSpec())
        train_model(folder / "small", Settings(home=folder / "home"), request, folder / "model", progress)


def measured(work: Callable[[Path], dict[str, float]], folder: Path) -> tuple[dict[str, float], float, float]:
    """Run the work in its own process; return (stages, seconds, peak MB)."""
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    process = context.Process(target=_measured, args=(work, folder, queue))
    process.start()
    stages, seconds, peak_mb = queue.get()
    process.join()
    return stages, seconds, peak_mb


def _measured(work: Callable[[Path], dict[str, float]], folder: Path, queue: Any) -> None:
    warnings.simplefilter("ignore")
    start = time.perf_counter()
    stages = work(folder)
    seconds = time.perf_counter() - start
    queue.put((stages, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))


def main() -> None:
    """Run the benchmark and print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--borrowers", type=int, default=200_000, help="borrowers of the book (default 200,000)")
    parser.add_argument("--months", type=int, default=24, help="months of the book (default 24)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="risk-warning-benchmark-") as scratch:
        folder = Path(scratch)
        prepare(folder, options.borrowers, options.months)
        features = check_same_features(folder)
        results = {work.__name__: measured(work, folder) for work in (ours, usual, predict)}
    seconds = {name: result[1] for name, result in results.items()}
    # The analyst's model is fitted during the run; a real nightly run uses a model that exists already.
    seconds["usual"] -= results["usual"][0].pop("fit")
    seconds["predict"] = results["predict"][0]["predict"]
    comparison = {
        "borrowers": options.borrowers,
        "months": options.months,
        "features": features,
        "ours_s": round(seconds["ours"], 2),
        "usual_s": round(seconds["usual"], 2),
        "predict_s": round(seconds["predict"], 2),
        "ratio_usual": round(seconds["usual"] / seconds["ours"], 2),
        "ratio_predict": round(seconds["ours"] / seconds["predict"], 2),
        "peak_mb": {name: round(result[2]) for name, result in results.items()},
        "stages": {name: {k: round(v, 2) for k, v in result[0].items()} for name, result in results.items()},
    }
    if options.json:
        print(json.dumps(comparison, indent=1))
        return
    table = Table(
        "", "seconds", "peak MB", "stages", title=f"{options.borrowers:,} borrowers × {options.months} months"
    )
    for name in ("ours", "usual", "predict"):
        stages = ", ".join(f"{stage} {value}" for stage, value in comparison["stages"][name].items())
        table.add_row(name, str(comparison[f"{name}_s"]), str(comparison["peak_mb"][name]), stages)
    Console().print(table)
    print(f"usual / ours {comparison['ratio_usual']}, ours / predict {comparison['ratio_predict']}")


if __name__ == "__main__":
    main()
