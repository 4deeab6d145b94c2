"""The nightly run against what a capable analyst would write, side by side in one run.

    python benchmarks/nightly.py [--borrowers 200000] [--months 24] [--json]

`ours`: the whole nightly run, from tables to published scores and watch list. `usual`: the same number of features of
the same kinds with pandas groupby, vectorised, then `LGBMClassifier.predict_proba` and `shap.TreeExplainer` for those
below the threshold. `predict`: LightGBM alone on the ready matrix. Each in a process of its own, for its peak memory.
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
PERIODS = 24


def ours(folder: Path) -> dict[str, float]:
    """The nightly run; its stages in seconds."""
    from risk_warning.jobs.nightly import run_night
    from risk_warning.settings import Settings

    settings = Settings(home=folder / "home", db=f"sqlite:///{folder / 'w.db'}")
    with Progress(disable=True) as progress:
        run_night(folder / "book", settings, AS_OF, folder / "out", progress, model=str(folder / "model"))
    stages: dict[str, float] = json.loads((folder / "out" / f"as_of={AS_OF}" / "timings.json").read_text())
    return stages


def usual(folder: Path) -> dict[str, float]:
    """The analyst's night: pandas groupby features, predict_proba, SHAP for the riskiest 5 %."""
    import lightgbm
    import shap

    stages: dict[str, float] = {}
    start = time.perf_counter()

    def lap(stage: str) -> None:
        nonlocal start
        stages[stage] = time.perf_counter() - start
        start = time.perf_counter()

    book = {name: pandas.read_parquet(folder / "book" / f"{name}.parquet") for name in TABLES}
    lap("read")
    x = usual_features(book)
    lap("features")
    model = lightgbm.LGBMClassifier(n_estimators=300, max_depth=5, num_leaves=16, n_jobs=2, verbosity=-1)
    target = np.random.default_rng(0).random(len(x)) < 1 / (1 + np.exp(4 - 0.1 * x.iloc[:, 0].fillna(0).to_numpy()))
    model.fit(x.iloc[:20_000], target[:20_000])
    lap("fit")
    pd = model.predict_proba(x)[:, 1]
    lap("predict")
    flagged = x[pd >= np.quantile(pd, 0.95)]
    shap.TreeExplainer(model).shap_values(flagged)
    lap("explain")
    pandas.DataFrame({"pd": pd}, index=x.index).to_parquet(folder / "usual.parquet")
    lap("write")
    return stages


TABLES = ("borrowers", "loans", "instalments", "statements", "events")


def usual_features(book: dict[str, pandas.DataFrame]) -> pandas.DataFrame:
    """Some 150 features a borrower: monthly pivots, then window aggregates over them."""
    as_of = pandas.Timestamp(AS_OF)
    loans, owed, shown, done = (book[name] for name in ("loans", "instalments", "statements", "events"))
    owner = loans.set_index("loan_id")["borrower_id"]
    ids = pandas.Index(book["borrowers"]["borrower_id"])

    def period(days: pandas.Series) -> pandas.Series:
        day = pandas.to_datetime(days)
        return (as_of.year - day.dt.year) * 12 + as_of.month - day.dt.month - 1

    def monthly(frame: pandas.DataFrame, column: str, how: str) -> pandas.DataFrame:
        wide = frame.groupby(["borrower_id", "period"])[column].agg(how).unstack("period")
        return wide.reindex(index=ids, columns=range(PERIODS))

    owed = owed.assign(borrower_id=owed["loan_id"].map(owner), period=period(owed["due_on"]))
    due, paid = pandas.to_datetime(owed["due_on"]), pandas.to_datetime(owed["paid_on"])
    known = paid.notna() & (paid < as_of) & (pandas.to_datetime(owed["recorded_on"]) < as_of)
    owed["late_days"] = (paid.where(known, as_of) - due).dt.days.clip(-31, 120)
    owed["is_late"] = owed["late_days"] > 0
    owed["known_amount"] = owed["paid_amount"].where(known, 0.0)
    past = owed[owed["period"].between(0, PERIODS - 1)]
    signals = {
        "late_mean": monthly(past, "late_days", "mean"),
        "late_max": monthly(past, "late_days", "max"),
        "late_count": monthly(past, "is_late", "sum"),
        "due_count": monthly(past, "late_days", "count"),
        "due_amount": monthly(past, "due_amount", "sum"),
        "paid_amount": monthly(past, "known_amount", "sum"),
    }
    at_end = [as_of - pandas.DateOffset(months=k) for k in range(PERIODS)]
    for k, end in enumerate(at_end):
        unpaid = (due < end) & (~known | (paid >= end))
        oldest = due[unpaid].groupby(owed["borrower_id"][unpaid]).min()
        signals.setdefault("dpd", pandas.DataFrame(index=ids))[k] = (end - oldest).dt.days.reindex(ids).fillna(0)
    shown = shown.assign(borrower_id=shown["loan_id"].map(owner), period=period(shown["statement_on"]))
    shown = shown[shown["period"].between(0, PERIODS - 1) & (pandas.to_datetime(shown["recorded_on"]) < as_of)]
    for column in ("balance", "credit_limit", "due_amount", "paid_amount"):
        signals[f"card_{column}"] = monthly(shown, column, "sum")
    signals["card_dpd"] = monthly(shown, "days_past_due", "max")
    signals["utilisation"] = signals["card_balance"] / signals["card_credit_limit"]
    signals["paid_to_due"] = signals["paid_amount"] / signals["due_amount"]
    signals["card_paid_to_balance"] = signals["card_paid_amount"] / signals["card_balance"].shift(-1, axis=1)
    done = done[(done["occurred_at"] < as_of) & (done["recorded_at"] < as_of)]
    done = done.assign(period=period(done["occurred_at"]), one=1)
    done = done[done["period"].between(0, PERIODS - 1)]
    for kind, rows in done.groupby("kind"):
        signals[f"{kind}_count"] = monthly(rows, "one", "sum").fillna(0)
    features: dict[str, Any] = {}
    for name, wide in signals.items():
        recent, before = wide[range(3)], wide[range(3, 12)]
        features[f"{name}_now"] = wide[0]
        features[f"{name}_mean_3m"], features[f"{name}_mean_12m"] = recent.mean(axis=1), wide[range(12)].mean(axis=1)
        features[f"{name}_max_6m"], features[f"{name}_std_12m"] = (
            wide[range(6)].max(axis=1),
            wide[range(12)].std(axis=1),
        )
        features[f"{name}_change_3m"] = features[f"{name}_mean_3m"] - before.mean(axis=1)
        features[f"{name}_months_6m"] = (wide[range(6)] > 0).sum(axis=1)
    profile = book["borrowers"].set_index("borrower_id")
    features["income"] = profile["monthly_income"]
    features["tenure_days"] = (as_of - pandas.to_datetime(profile["onboarded_on"])).dt.days
    return pandas.DataFrame(features, index=ids)


def predict(folder: Path) -> dict[str, float]:
    """LightGBM alone, on as many rows and columns as our night reads."""
    from risk_warning.model.folder import load

    model = load(folder / "model")
    n = json.loads((folder / "out" / f"as_of={AS_OF}" / "run.json").read_text())["scored"]
    x = np.random.default_rng(0).normal(size=(n, len(model.features))).astype(np.float32)
    start = time.perf_counter()
    model.fitted.booster.predict(x)
    return {"predict": time.perf_counter() - start}


def prepare(folder: Path, borrowers: int, months: int) -> None:
    """Nothing comes back; makes the book, and a model from a smaller one."""
    from risk_warning.book.simulation.lender import simulate
    from risk_warning.core.target import TargetSpec
    from risk_warning.jobs.training import train_model
    from risk_warning.model.training import Request
    from risk_warning.settings import Settings

    simulate(borrowers, months, 1, folder / "book")
    simulate(10_000, months, 2, folder / "small")
    with Progress(disable=True) as progress:
        request = Request(target=TargetSpec())
        train_model(folder / "small", Settings(home=folder / "home"), request, folder / "model", progress)


def measured(work: Callable[[Path], dict[str, float]], folder: Path) -> tuple[dict[str, float], float, float]:
    """(stages, seconds, peak MB) of the work in a process of its own."""
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
    """Nothing comes back; prints the comparison."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--borrowers", type=int, default=200_000, help="borrowers of the book (default 200,000)")
    parser.add_argument("--months", type=int, default=24, help="months of the book (default 24)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="risk-warning-benchmark-") as scratch:
        folder = Path(scratch)
        prepare(folder, options.borrowers, options.months)
        results = {work.__name__: measured(work, folder) for work in (ours, usual, predict)}
    seconds = {name: result[1] for name, result in results.items()}
    # The analyst's model is fitted on the way; a night would find it ready.
    seconds["usual"] -= results["usual"][0].pop("fit")
    seconds["predict"] = results["predict"][0]["predict"]
    found = {
        "borrowers": options.borrowers,
        "months": options.months,
        "ours_s": round(seconds["ours"], 2),
        "usual_s": round(seconds["usual"], 2),
        "predict_s": round(seconds["predict"], 2),
        "ratio_usual": round(seconds["usual"] / seconds["ours"], 2),
        "ratio_predict": round(seconds["ours"] / seconds["predict"], 2),
        "peak_mb": {name: round(result[2]) for name, result in results.items()},
        "stages": {name: {k: round(v, 2) for k, v in result[0].items()} for name, result in results.items()},
    }
    if options.json:
        print(json.dumps(found, indent=1))
        return
    table = Table(
        "", "seconds", "peak MB", "stages", title=f"{options.borrowers:,} borrowers × {options.months} months"
    )
    for name in ("ours", "usual", "predict"):
        stages = ", ".join(f"{stage} {value}" for stage, value in found["stages"][name].items())
        table.add_row(name, str(found[f"{name}_s"]), str(found["peak_mb"][name]), stages)
    Console().print(table)
    print(f"usual / ours {found['ratio_usual']}, ours / predict {found['ratio_predict']}")


if __name__ == "__main__":
    main()
