"""The backtest job: runs every recipe at every date, several in parallel, and resumes after an interruption."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas
from rich.progress import Progress

from risk_warning.book import StagedBook, open_book
from risk_warning.core.calendar import add_months
from risk_warning.core.digest import canonical_json, sha256
from risk_warning.core.outcomes.target import TargetSpec
from risk_warning.errors import LabelError, SettingsError
from risk_warning.learning.parallel import take_turns
from risk_warning.learning.provenance import code_version
from risk_warning.learning.recipe import SEED
from risk_warning.learning.recipe_file import NamedRecipe
from risk_warning.learning.request import Request, as_of_dates
from risk_warning.settings import Settings
from risk_warning.stats.standings import STILL_POSSIBLE
from risk_warning.studies.backtest.cell import BacktestRows, Cell, backtest_rows, run_cell
from risk_warning.studies.backtest.regret import DRAWS, DateOutcome, Regret, regret


@dataclass(frozen=True)
class Backtest:
    """The result of a backtest."""

    recipes: tuple[NamedRecipe, ...]
    dates: tuple[date, ...]
    cells: tuple[tuple[dict[str, Any], ...], ...]
    """The cells by recipe and date, as they were stored."""
    regret: Regret
    spec: TargetSpec
    resumed: int
    """Number of cells that an earlier run had stored."""

    @property
    def verdict(self) -> str:
        """The advised recipe and its regret, in two sentences."""
        regrets, best = self.regret, self.regret.advised
        name = self.recipes[best].name
        summary = (
            f"Over {len(self.dates)} dates {name} lost least against the best of each date: {regrets.mean[best]:.4f} "
            f"of AUC on average, {regrets.largest[best]:.4f} at most; it came out first in "
            f"{regrets.best_share[best]:.0%} of {DRAWS} draws of borrowers"
        )
        others = [i for i in range(len(self.recipes)) if i != best and regrets.best_share[i] > STILL_POSSIBLE]
        if not others:
            return f"{summary}. Use it."
        names = " and ".join(self.recipes[i].name for i in others)
        return f"{summary}, and {names} might as well. Use {name}, or the simpler of them."

    def to_dict(self) -> dict[str, Any]:
        """Return the backtest ready for JSON."""
        regrets = self.regret
        return {
            "verdict": self.verdict,
            "advised": self.recipes[regrets.advised].name,
            "dates": [day.isoformat() for day in self.dates],
            "target": asdict(self.spec),
            "resumed_cells": self.resumed,
            "recipes": [
                {
                    "name": one.name,
                    "recipe": one.recipe.to_dict(),
                    "mean_regret": float(regrets.mean[i]),
                    "mean_regret_interval": [float(regrets.mean_low[i]), float(regrets.mean_high[i])],
                    "largest_regret": float(regrets.largest[i]),
                    "best_share": float(regrets.best_share[i]),
                    "cells": [cell | {"regret": float(regrets.regret[i, k])} for k, cell in enumerate(self.cells[i])],
                }
                for i, one in enumerate(self.recipes)
            ],
        }


def backtest(
    location: str | Path,
    settings: Settings,
    spec: TargetSpec,
    recipes: Sequence[NamedRecipe],
    first: date,
    last: date,
    every_months: int,
    progress: Progress,
) -> Backtest:
    """Train each recipe at each date from `first` to `last` and test it on what followed.

    Raises
    ------
    SettingsError
        There is no recipe or no date, or a recipe deals with contacts and the book has none.
    AsOfDateError, LabelError
        A date lies outside the data, what followed it is not known yet, or there is too little to learn from.
    BookError
        The book cannot be read.
    """
    if not recipes:
        raise SettingsError("Name at least one recipe with --recipes.")
    dates = tuple(_dates(first, last, every_months))
    task = progress.add_task("reading the book", total=None)
    with open_book(location, settings.book, data_through=settings.data_through, today=date.today()) as book:
        for one in recipes:
            one.recipe.check_tables(book.columns)
        for at in (dates[0], dates[-1]):
            as_of_dates(book, Request(target=spec, as_of_date=at))
        grid = [day for day in as_of_dates(book, Request(target=spec)) if day <= dates[-1]]
        as_of = sorted({*grid, *dates})
        folder = settings.home / "backtests" / _identity(book, spec, as_of, dates)
        folder.mkdir(parents=True, exist_ok=True)
        progress.update(task, description="building the rows", total=2 * book.n_borrowers)
        all_rows = backtest_rows(book, settings, spec, as_of, dates, lambda done: progress.advance(task, done))
        progress.update(task, description="training and testing", total=len(recipes) * len(dates), completed=0)
        cells, resumed = _cells(all_rows, recipes, book, folder, progress, task)
    number = pandas.factorize(all_rows.rows.borrower_id)[0]
    outcomes = []
    for at in dates:
        here = all_rows.followed(at)
        pds = tuple(np.load(_pd_file(folder, one, at)) for one in recipes)
        outcomes.append(DateOutcome(all_rows.rows.bad[here], number[here].astype(np.int64), pds))
    progress.update(task, description="drawing borrowers again", total=DRAWS, completed=0)
    regrets = regret(outcomes, seed=SEED, advance=lambda done: progress.advance(task, done))
    return Backtest(tuple(recipes), dates, cells, regrets, spec, resumed)


def _dates(first: date, last: date, every_months: int) -> list[date]:
    if last < first:
        raise SettingsError(f"--from {first} is later than --to {last}; exchange them.")
    dates, k = [], 0
    while (day := add_months(first, k * every_months)) <= last:
        dates.append(day)
        k += 1
    return dates


def _identity(book: StagedBook, spec: TargetSpec, as_of: Sequence[date], dates: Sequence[date]) -> str:
    inputs = [book.digest, asdict(spec), [str(day) for day in as_of], [str(day) for day in dates], code_version()]
    return sha256(canonical_json(inputs))[:16]


def _cells(
    all_rows: BacktestRows,
    recipes: Sequence[NamedRecipe],
    book: StagedBook,
    folder: Path,
    progress: Progress,
    task: Any,
) -> tuple[tuple[tuple[dict[str, Any], ...], ...], int]:
    """Run the missing cells; return all cells by recipe and date, and the number that were stored already."""
    wanted = [(one, at) for one in recipes for at in all_rows.dates]
    missing = [(one, at) for one, at in wanted if not _cell_file(folder, one, at).is_file()]
    progress.advance(task, len(wanted) - len(missing))

    def work(one: NamedRecipe, at: date) -> None:
        # LightGBM releases the GIL, so one cell runs per core, each with one thread.
        try:
            cell = run_cell(all_rows, replace(one.recipe, threads=1), at, book)
        except LabelError as error:
            raise LabelError(f"Recipe {one.name} as of {at}: {error}") from None
        _store(folder, one, at, cell)

    with ThreadPoolExecutor(os.cpu_count() or 1, initializer=take_turns) as pool:
        waiting = [pool.submit(work, one, at) for one, at in missing]
        try:
            for done in as_completed(waiting):
                done.result()
                progress.advance(task)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return (
        tuple(
            tuple(json.loads(_cell_file(folder, one, at).read_text(encoding="utf-8")) for at in all_rows.dates)
            for one in recipes
        ),
        len(wanted) - len(missing),
    )


def _store(folder: Path, one: NamedRecipe, at: date, cell: Cell) -> None:
    """Write the cell's files, each of them whole: first its PDs, then the JSON file that marks the cell as stored."""
    waiting = _pd_file(folder, one, at).with_suffix(".unfinished")
    with waiting.open("wb") as file:
        np.save(file, cell.pd, allow_pickle=False)
    waiting.replace(_pd_file(folder, one, at))
    content = {
        "date": at.isoformat(),
        "rows": cell.rows,
        "bads": cell.bads,
        "train_dates": [day.isoformat() for day in cell.train_dates],
        "outcomes_end": cell.outcomes_end.isoformat(),
        "learnt_sha256": cell.learnt_sha256,
        **cell.measures,
    }
    waiting = _cell_file(folder, one, at).with_suffix(".unfinished-json")
    waiting.write_text(json.dumps(content, indent=1), encoding="utf-8")
    waiting.replace(_cell_file(folder, one, at))


def _stem(one: NamedRecipe, at: date) -> str:
    return f"{sha256(canonical_json(one.recipe.to_dict()))[:16]}-{at}"


def _cell_file(folder: Path, one: NamedRecipe, at: date) -> Path:
    return folder / f"{_stem(one, at)}.json"


def _pd_file(folder: Path, one: NamedRecipe, at: date) -> Path:
    return folder / f"{_stem(one, at)}.npy"
