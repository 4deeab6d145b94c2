"""Books that a stranger may bring under the contract: a model can be trained on each and can score it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas
import pytest
from rich.progress import Progress

from risk_warning.core.outcomes.target import TargetSpec
from risk_warning.learning.request import Request
from risk_warning.nightly.run import run_night
from risk_warning.settings import Settings
from risk_warning.studies.training.run import train_model

BORROWERS = 1500
FIRST = date(2022, 1, 1)
MONTHS = 18


def month_end(k: int) -> date:
    return date(FIRST.year + (FIRST.month + k) // 12, (FIRST.month + k) % 12 + 1, 1) - timedelta(days=1)


def only_statements_with_gaps(folder: Path, random: np.random.Generator) -> None:
    """Write only days_past_due, a third of the months missing, string ids, unused columns, and another column order."""
    weak = random.random(BORROWERS) < 0.25
    rows = []
    for borrower in range(BORROWERS):
        dpd = 0
        for k in range(MONTHS):
            worse = random.random() < (0.3 if weak[borrower] else 0.02)
            dpd = dpd + 30 if worse and dpd < 90 else 0
            if random.random() < 0.33:
                continue
            rows.append((dpd, "n/a", month_end(k), f"B-{borrower:05d}", f"L{borrower}"))
    names = ["days_past_due", "branch_note", "statement_on", "borrower_id", "loan_id"]
    pandas.DataFrame(rows, columns=names).to_csv(folder / "statements.csv", index=False)
    ids = [f"B-{borrower:05d}" for borrower in range(BORROWERS)]
    pandas.DataFrame({"nickname": "x", "borrower_id": ids}).to_csv(folder / "borrowers.csv", index=False)


def only_single_instalment_loans(folder: Path, random: np.random.Generator) -> None:
    """Write payday loans: one instalment each, no loans table, no events, no income, integer ids."""
    weak = random.random(BORROWERS) < 0.25
    rows = []
    for borrower in range(BORROWERS):
        for k in range(MONTHS):
            due = FIRST + timedelta(days=30 * k + int(random.integers(10, 28)))
            misses = random.random() < (0.25 if weak[borrower] else 0.01)
            late = int(random.integers(35, 60)) if misses else int(random.integers(-5, 10 if weak[borrower] else 2))
            paid = due + timedelta(days=late)
            rows.append((borrower * 100 + k, borrower, 1, due, 120.5, paid if paid <= month_end(MONTHS - 1) else None))
    names = ["loan_id", "borrower_id", "instalment_no", "due_on", "due_amount", "paid_on"]
    frame = pandas.DataFrame(rows, columns=names)
    frame.to_parquet(folder / "instalments.parquet")
    pandas.DataFrame({"borrower_id": range(BORROWERS)}).to_parquet(folder / "borrowers.parquet")


@pytest.mark.slow
def test_outcomes_from_outside_on_several_dates_say_who_was_bad_and_when_to_learn(tmp_path: Path) -> None:
    book, random = tmp_path / "book", np.random.default_rng(6)
    book.mkdir()
    only_statements_with_gaps(book, random)
    statements = pandas.read_csv(book / "statements.csv")
    weak = statements.groupby("borrower_id")["days_past_due"].mean() > 5
    dates = [date(2022, 9, 1), date(2022, 12, 15), date(2023, 2, 1), date(2023, 5, 1)]
    frames = []
    for day in dates:
        known = weak.sample(frac=0.8, random_state=day.month)
        bad = random.random(len(known)) < np.where(known, 0.5, 0.05)
        frames.append(pandas.DataFrame({"bad": bad.astype(int), "borrower_id": known.index, "as_of_date": day}))
    pandas.concat(frames).to_csv(book / "outcomes.csv", index=False)
    settings = Settings(home=tmp_path / "home")
    with Progress(disable=True) as progress:
        request = Request(target=TargetSpec(eligible_max_dpd=None))
        trained = train_model(book, settings, request, None, progress)
    provenance = trained.model.provenance
    assert provenance.as_of_dates == tuple(dates)
    assert provenance.evaluation.auc > 0.6
    assert provenance.left_out["no_outcome"] > 0


@pytest.mark.slow
@pytest.mark.parametrize("make", [only_statements_with_gaps, only_single_instalment_loans])
def test_it_trains_and_scores(make: Callable[[Path, np.random.Generator], None], tmp_path: Path) -> None:
    book = tmp_path / "book"
    book.mkdir()
    make(book, np.random.default_rng(5))
    settings = Settings(home=tmp_path / "home")
    with Progress(disable=True) as progress:
        trained = train_model(book, settings, Request(target=TargetSpec()), None, progress)
        night = run_night(book, settings, date(2023, 6, 1), tmp_path / "out", progress, model="1")
    assert trained.model.provenance.evaluation.auc > 0.55
    assert night.scored > 0
    scores = pandas.read_parquet(Path(night.folder) / "scores")
    assert scores["pd"].between(0, 1).sum() == night.scored
    assert len(scores) == BORROWERS
