"""The backtest learns nothing later than its date, keeps finished cells and gives the regret computed by hand."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pandas
import pytest
from bodies import Json
from counts import FULL
from rich.progress import Progress

from risk_warning.book import open_book
from risk_warning.core.calendar import NEVER, to_day
from risk_warning.core.outcomes.target import TargetSpec
from risk_warning.datasets.simulation.lender import simulate
from risk_warning.document import json_text
from risk_warning.errors import LabelError, SettingsError
from risk_warning.learning.recipe import Recipe
from risk_warning.learning.recipe_file import NamedRecipe, read_recipes
from risk_warning.settings import Settings
from risk_warning.studies.backtest.cell import backtest_rows, run_cell
from risk_warning.studies.backtest.document import BacktestDocument
from risk_warning.studies.backtest.page import backtest_page
from risk_warning.studies.backtest.regret import DateOutcome, regret
from risk_warning.studies.backtest.result import Backtest, BacktestCell
from risk_warning.studies.backtest.run import backtest
from risk_warning.studies.backtest.store import CellStore

ROOT = Path(__file__).parents[2]
BORROWERS, MONTHS, DOWNTURN_MONTH = (12_000 if FULL else 3_000), 36, 24
RECIPES = ("plain", "recent", "small")
STORED = """{
 "date": "2024-01-01",
 "rows": 9000,
 "bads": 300,
 "train_dates": [
  "2023-08-01",
  "2023-09-01"
 ],
 "outcomes_end": "2023-12-01",
 "learnt_sha256": "0f5e",
 "n": 2000,
 "bad_rate": 0.03125,
 "auc": 0.75,
 "ks": 0.4,
 "brier": 0.028,
 "observed_over_expected": 1.02,
 "capture_top_5pct": 0.3
}"""
"""The file of a finished cell."""
FIRST, LAST = (date(2023, 7, 1), date(2024, 6, 1)) if FULL else (date(2023, 12, 1), date(2024, 2, 1))


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("backtest") / "book"
    simulate(BORROWERS, MONTHS, 9, folder, downturn_month=DOWNTURN_MONTH)
    return folder


def shipped() -> tuple[NamedRecipe, ...]:
    return read_recipes([ROOT / "pipelines" / "recipes" / f"{name}.toml" for name in RECIPES])


def run(book: Path, home: Path, first: date, last: date, recipes: Sequence[NamedRecipe]) -> Backtest:
    with Progress(disable=True) as progress:
        return backtest(book, Settings(home=home), TargetSpec(), recipes, first, last, 1, progress)


def content(result: Backtest) -> Json:
    """Return the JSON of a backtest as a program reads it."""
    read: Json = json.loads(json_text(BacktestDocument.of(result)))
    return read


def censored(book: Path, at: date, folder: Path) -> Path:
    """Write the book as it was at the start of a day, from its tables and with pandas alone, and return its folder."""
    folder.mkdir()
    day = pandas.Timestamp(at)

    def before(column: pandas.Series) -> pandas.Series:
        return pandas.to_datetime(column) < day

    loans = pandas.read_parquet(book / "loans.parquet")
    loans = loans[before(loans["opened_on"])].copy()
    for column in ("closed_on", "written_off_on"):
        if column in loans:
            loans.loc[~before(loans[column]), column] = None
    instalments = pandas.read_parquet(book / "instalments.parquet")
    instalments = instalments[instalments["loan_id"].isin(loans["loan_id"])].copy()
    recorded = instalments["recorded_on"] if "recorded_on" in instalments else instalments["paid_on"]
    later = ~(before(recorded) & before(instalments["paid_on"]))
    for column in ("paid_on", "paid_amount", "recorded_on"):
        if column in instalments:
            instalments.loc[later, column] = None
    # Drop plans made later. An instalment paid later in parts becomes one unpaid row.
    made_later = instalments["scheduled_on"].notna() & ~before(instalments["scheduled_on"])
    instalments = instalments[~made_later].drop_duplicates()
    tables = {"loans": loans, "instalments": instalments}
    for name, columns in (("statements", ("recorded_on", "statement_on")), ("events", ("recorded_at", "occurred_at"))):
        table = pandas.read_parquet(book / f"{name}.parquet")
        known = np.ones(len(table), np.bool_)
        for column in columns:
            if column in table:
                known &= before(table[column]).to_numpy()
        tables[name] = table[known]
    borrowers = pandas.read_parquet(book / "borrowers.parquet")
    if "valid_from" in borrowers:
        borrowers = borrowers[before(borrowers["valid_from"])]
    if "onboarded_on" in borrowers:
        borrowers = borrowers[before(borrowers["onboarded_on"])]
    tables["borrowers"] = borrowers
    for name, table in tables.items():
        table.to_parquet(folder / f"{name}.parquet")
    return folder


@pytest.mark.slow
def test_recipes_are_judged_by_what_followed_and_kept_where_finished(
    book: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    result = run(book, tmp_path, FIRST, LAST, shipped())
    document = content(result)
    for name, recipe in zip(RECIPES, document["recipes"], strict=True):
        for cell in recipe["cells"]:
            at = date.fromisoformat(cell["date"])
            assert date.fromisoformat(cell["outcomes_end"]) <= at
            assert all(date.fromisoformat(day) < at for day in cell["train_dates"])
            assert cell["auc"] > 0.6 and cell["regret"] >= 0
        figures = f"mean regret {recipe['mean_regret']:.4f}, largest {recipe['largest_regret']:.4f}"
        record_property(f"backtest, {name}", f"{figures}, over {len(recipe['cells'])} dates")
    assert min(recipe["mean_regret"] for recipe in document["recipes"]) == result.regret.mean[result.regret.advised]
    assert len(document["recipes"][1]["cells"][-1]["train_dates"]) <= 12
    record_property("backtest advises", result.verdict)
    page = backtest_page(result)
    assert document["advised"] in page and "What each recipe learnt from" in page

    again = run(book, tmp_path, FIRST, LAST, shipped())
    assert again.resumed == len(RECIPES) * len(result.dates)
    assert content(again) == document | {"resumed_cells": again.resumed}
    stored = next((tmp_path / "backtests").glob("*/*.json"))
    stored.unlink()
    mended = run(book, tmp_path, FIRST, LAST, shipped())
    assert mended.resumed == again.resumed - 1
    assert content(mended) == document | {"resumed_cells": mended.resumed}


@pytest.mark.slow
@pytest.mark.parametrize("at", [FIRST, LAST])
def test_a_book_without_anything_later_teaches_the_very_same(book: Path, tmp_path: Path, at: date) -> None:
    plain = shipped()[:1]
    (whole,) = run(book, tmp_path / "whole", at, at, plain).cells[0]
    past = censored(book, at, tmp_path / "past")
    # The past book lacks what followed the date, so the test makes its rows and runs the cell by hand.
    settings, days = Settings(), whole.train_dates
    with open_book(past, settings.book, data_through=at) as opened:
        made = backtest_rows(opened, settings, TargetSpec(), [*days, at], [at], lambda done: None)
        # The past book has no outcomes after the date: mark some rows as bad, so that there is something to measure.
        here = np.flatnonzero(made.rows.on([at]))
        made.rows.bad[here[::2]], made.rows.bad_on[here[::2]] = True, to_day(at)
        made.rows.unknown_from[here] = NEVER
        cell, _ = run_cell(made, Recipe(threads=1), at, opened)
    assert (cell.rows, cell.bads, cell.learnt_sha256) == (whole.rows, whole.bads, whole.learnt_sha256)


def test_a_finished_cell_is_kept_in_the_same_words_from_run_to_run(tmp_path: Path) -> None:
    store, recipe, at = CellStore(tmp_path), Recipe(), date(2024, 1, 1)
    cell = BacktestCell(
        date=at,
        rows=9000,
        bads=300,
        train_dates=(date(2023, 8, 1), date(2023, 9, 1)),
        outcomes_end=date(2023, 12, 1),
        learnt_sha256="0f5e",
        n=2000,
        bad_rate=0.03125,
        auc=0.75,
        ks=0.4,
        brier=0.028,
        observed_over_expected=1.02,
        capture_top_5pct=0.3,
    )
    assert not store.has(recipe, at)
    store.write(recipe, cell, np.array([0.25, 0.5]))
    assert store.has(recipe, at) and not store.has(recipe, date(2024, 2, 1))
    (stored,) = tmp_path.glob("*.json")
    assert stored.read_text(encoding="utf-8") == STORED
    assert store.cell(recipe, at) == cell and store.pd(recipe, at).tolist() == [0.25, 0.5]
    assert {file.suffix for file in tmp_path.iterdir()} == {".json", ".npy"}


def test_the_regret_is_what_was_lost_against_the_best_of_each_date() -> None:
    bad, who = np.tile([True, False, True, False], 50), np.arange(200)
    good, poor = np.tile([0.9, 0.1, 0.8, 0.2], 50), np.tile([0.9, 0.1, 0.15, 0.2], 50)
    regrets = regret([DateOutcome(bad, who, (good, poor)), DateOutcome(bad, who, (poor, good))], draws=20)
    assert regrets.auc.tolist() == [[1.0, 0.75], [0.75, 1.0]]
    assert regrets.regret.tolist() == [[0.0, 0.25], [0.25, 0.0]]
    assert regrets.mean.tolist() == [0.125, 0.125] and regrets.largest.tolist() == [0.25, 0.25]
    one_sided = regret([DateOutcome(bad, who, (good, poor))] * 2, draws=20)
    assert one_sided.advised == 0 and one_sided.best_share[0] == 1.0


@pytest.mark.slow
def test_what_cannot_be_backtested_is_a_sentence(book: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="is later than --to"):
        run(book, tmp_path, LAST, date(2023, 1, 1), shipped())
    with pytest.raises(LabelError, match="is not known yet"):
        run(book, tmp_path, LAST, date(2024, 12, 1), shipped())
    with pytest.raises(LabelError, match="No outcome window of 3 months had ended by"):
        run(book, tmp_path, date(2022, 5, 1), date(2022, 5, 1), shipped())
    with pytest.raises(SettingsError, match="the book has no table contacts"):
        run(book, tmp_path, LAST, LAST, [NamedRecipe("alone", Recipe(contacted="leave-out"))])
    wrong = tmp_path / "wrong.toml"
    for text, words in (
        ("half_life = 3", "there is no value half_life; a recipe has parameters"),
        ("history_months = 'a'", "history_months: Input should be a valid integer"),
        ("[parameters]\nnum_leaves = 1", "num_leaves is a whole number from 2 to 64"),
        ("history_months = ", "is not valid TOML"),
    ):
        wrong.write_text(text)
        with pytest.raises(SettingsError, match=words):
            read_recipes([wrong])
    with pytest.raises(SettingsError, match="Two recipes are named plain"):
        read_recipes([ROOT / "pipelines" / "recipes" / "plain.toml"] * 2)
    command = [str(Path(sys.executable).parent / "risk-warning"), "backtest", str(book), "--recipes", "none.toml"]
    command += ["--from", "2023-12-01", "--to", "2024-02-01"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 3 and "cannot be read; name a TOML file" in done.stderr
    assert not json.loads(done.stdout or "{}")
