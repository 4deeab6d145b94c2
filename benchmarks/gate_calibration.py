"""The gate's judgement of wrong PDs, of other seeds of one recipe, and of a planted leak.

    python benchmarks/gate_calibration.py [--borrowers 30000] [--months 30] [--seeds 5]

For each seed, the benchmark simulates a lender, trains a model, and judges it by the rules of a first champion; then it
judges the same model with the odds of its PDs × 3, ÷ 3, × 1.5 and ÷ 1.5. On the first lender it judges three more seeds
of the same recipe. Last, it overwrites that lender's `x_note` for one in three of the borrowers who turned bad: the
leak screen should name the column.
"""

from __future__ import annotations

import argparse
import math
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas
from rich.progress import Progress

from risk_warning.book import open_book
from risk_warning.core.outcomes.target import TargetSpec
from risk_warning.datasets.simulation.lender import simulate
from risk_warning.learning.recipe import Recipe
from risk_warning.learning.request import Request
from risk_warning.learning.training import train
from risk_warning.model.risk_model import RiskModel
from risk_warning.settings import Settings
from risk_warning.studies.promotion.checks import gate_checks
from risk_warning.studies.promotion.gate import evidence_of
from risk_warning.studies.promotion.rules import judge

FACTORS = (3.0, 1 / 3, 1.5, 1 / 1.5)


def trained(book: Path, seed: int = Recipe().seed) -> RiskModel:
    with open_book(book, Settings().book) as opened:
        return train(opened, Settings(), Request(target=TargetSpec(), recipe=Recipe(seed=seed))).model


def shifted(model: RiskModel, factor: float) -> RiskModel:
    """Return the model and its twin with the odds of their PDs multiplied by a factor."""
    fitted = replace(model.fitted, intercept=model.fitted.intercept + math.log(factor))
    return replace(model, fitted=fitted, twin=None if model.twin is None else shifted(model.twin, factor))


def gated(model: RiskModel, book: Path) -> str:
    """Return the gate's judgement of the model as a first champion."""
    with Progress(disable=True) as progress:
        rules = judge(evidence_of(model, None, gate_checks(model, book, Settings(), None, progress)), Settings().gate)
    failed = [f"{rule.name} ({rule.figure})" for rule in rules if rule.blocks and not rule.passed]
    calibration = [f"{rule.name}: {rule.figure}" for rule in rules if "observed" in rule.name or "slope" in rule.name]
    return f"refused: {'; '.join(failed)}" if failed else f"passes ({'; '.join(calibration)})"


def with_leak(book: Path) -> None:
    """Overwrite an undated attribute of some borrowers after they turned bad."""
    people = pandas.read_parquet(book / "borrowers.parquet")
    truth = pandas.read_parquet(book / "truth.parquet")
    random = np.random.default_rng(0)
    turned = people["borrower_id"].isin(truth.loc[truth["bad"] == 1, "borrower_id"]).to_numpy()
    note = np.where(
        turned & (random.random(len(people)) < 1 / 3), "in arrears team", random.choice(["a", "b"], len(people))
    )
    people.assign(x_note=note).to_parquet(book / "borrowers.parquet")


def main(borrowers: int, months: int, seeds: int) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        for seed in range(seeds):
            book = Path(scratch) / f"book-{seed}"
            simulate(borrowers, months, 100 + seed, book)
            model = trained(book)
            print(f"lender {seed}, as trained: {gated(model, book)}", flush=True)
            for factor in FACTORS:
                print(f"lender {seed}, odds × {factor:.2f}: {gated(shifted(model, factor), book)}", flush=True)
        book = Path(scratch) / "book-0"
        for seed in (1, 2, 3):
            print(f"lender 0, recipe seed {seed}: {gated(trained(book, seed), book)}", flush=True)
        with_leak(book)
        print(f"lender 0 with a leak: {gated(trained(book), book)}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--borrowers", type=int, default=30_000)
    parser.add_argument("--months", type=int, default=30)
    parser.add_argument("--seeds", type=int, default=5)
    given = parser.parse_args()
    main(given.borrowers, given.months, given.seeds)
