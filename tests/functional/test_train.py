"""Training options: the same seed gives the same files, rivals are compared, and left-out features are named."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pytest
from lender import Lender
from rich.progress import Progress

from risk_warning.core.outcomes.target import TargetSpec
from risk_warning.datasets.simulation.lender import simulate
from risk_warning.document import json_text
from risk_warning.errors import LabelError, SettingsError
from risk_warning.learning.recipe import Recipe
from risk_warning.learning.request import Request
from risk_warning.model.folder import FILES, load
from risk_warning.settings import Settings
from risk_warning.studies.training.document import TrainingDocument
from risk_warning.studies.training.run import TrainingReport, train_model


def trained(lender: Lender, folder: Path, recipe: Recipe, trials: int | None = None) -> TrainingReport:
    request = Request(target=TargetSpec(), last=date(2023, 6, 1), recipe=recipe)
    with Progress(disable=True) as progress:
        home = Settings(home=folder / "home")
        return train_model(lender.book, home, request, folder / "model", progress, trials=trials)


@pytest.mark.slow
def test_the_same_seed_gives_the_same_files(tmp_path: Path) -> None:
    simulate(2_000, 20, 3, tmp_path / "book")
    small = Lender(tmp_path / "book", tmp_path, tmp_path)
    for name in ("first", "second"):
        trained(small, tmp_path / name, Recipe())
    for file in FILES:
        first, second = ((tmp_path / name / "model" / file).read_bytes() for name in ("first", "second"))
        assert first == second, file
    other = trained(small, tmp_path / "third", Recipe(seed=7)).model
    assert other.version != load(tmp_path / "first" / "model").version


@pytest.mark.slow
def test_a_tuned_model_is_held_against_the_untuned_and_the_scorecard(tmp_path: Path) -> None:
    small = Lender(tmp_path / "book", tmp_path / "model", tmp_path / "home")
    simulate(4_000, 22, 3, small.book)
    report = trained(small, tmp_path, Recipe(), trials=3)
    rivals = report.model.provenance.evaluation.against
    assert set(rivals) == {"untuned", "scorecard"}
    for rival in rivals.values():
        for gain in (rival.one_row, rival.all_rows):
            assert gain.low <= gain.difference <= gain.high
            assert gain.difference == pytest.approx(gain.b - gain.a)
    made = report.model.provenance.made
    assert made.tuned_by_trials == 3 and set(made.recipe.parameters) > {"num_leaves", "learning_rate"}
    assert made.directions.violations == {} and made.directions.features > 30
    for words in ("the same without tuning", "the plain logistic scorecard", "Tuned by 3 trials"):
        assert words in report.page
    stored = json.loads((tmp_path / "model" / "model.json").read_text(encoding="utf-8"))["about"]
    assert json.loads(json_text(TrainingDocument.of(report)))["made"] == stored["made"]


@pytest.mark.slow
def test_features_that_moved_more_than_allowed_are_left_out_and_named(lender: Lender, tmp_path: Path) -> None:
    report = trained(lender, tmp_path / "a", Recipe(max_feature_psi=0.5, good_share=0.5, history_months=12))
    moved = report.model.provenance.made.unstable_features
    assert moved and min(moved.values()) > 0.5
    assert not set(moved) & set(report.model.feature_names)
    assert len({(day.year, day.month) for day in report.model.provenance.train_dates}) <= 12
    with pytest.raises(LabelError, match="The PSI of every feature is above the limit"):
        trained(lender, tmp_path / "b", Recipe(max_feature_psi=1e-9))


@pytest.mark.slow
def test_a_wrong_recipe_is_a_sentence(lender: Lender, tmp_path: Path) -> None:
    command = [str(Path(sys.executable).parent / "risk-warning"), "train", str(lender.book), "--good-share", "2"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 3 and "good_share lies between 0 and 1" in done.stderr
    assert "Traceback" not in done.stderr and not json.loads(done.stdout or "{}")


@pytest.mark.slow
def test_contacts_are_weighed_by_the_hold_out(lender: Lender, tmp_path: Path) -> None:
    book = tmp_path / "book"
    shutil.copytree(lender.book, book, copy_function=os.link)
    borrowers = duckdb.read_parquet(str(book / "borrowers.parquet")).fetchnumpy()["borrower_id"]
    # Every fifth borrower is randomised: every third of these is not called. Some others are called for another reason.
    due, rounds = borrowers[::5], ("2022-08-05", "2023-06-05")
    rows = [
        *(f"{who},{on},{'withheld' if i % 3 == 0 else 'call'},true" for i, who in enumerate(due) for on in rounds),
        *(f"{who},{rounds[0]},call,false" for who in borrowers[1::50]),
    ]
    (book / "contacts.csv").write_text("\n".join(["borrower_id,occurred_at,kind,randomised", *rows]))
    made = replace(lender, book=book)
    report = trained(made, tmp_path / "weighed", Recipe(contacted="weigh"))
    contacts = report.model.provenance.made.contacts
    assert contacts.withheld and contacts.helped_by_lot == pytest.approx(2 * contacts.withheld, rel=0.3)
    assert contacts.helped > contacts.helped_by_lot
    assert contacts.each_withheld_counts == pytest.approx(1 + contacts.helped_by_lot / contacts.withheld, rel=0.2)
    assert "the hold-out" in report.page and report.model.provenance.made.recipe.contacted == "weigh"
    kept = trained(made, tmp_path / "kept", Recipe()).model
    assert kept.provenance.made.contacts == contacts
    # The evaluation also leaves out borrowers who were called in its outcome window.
    assert report.model.provenance.evaluation.n < 0.95 * kept.provenance.evaluation.n
    with pytest.raises(SettingsError, match="the book has no table contacts"):
        trained(lender, tmp_path / "without", Recipe(contacted="leave-out"))
