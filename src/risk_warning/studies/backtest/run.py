"""The backtest job: runs every recipe at every date, several in parallel, and resumes after an interruption."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas
from rich.progress import Progress, TaskID

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
from risk_warning.studies.backtest.cell import BacktestRows, backtest_rows, run_cell
from risk_warning.studies.backtest.regret import DRAWS, DateOutcome, regret
from risk_warning.studies.backtest.result import Backtest
from risk_warning.studies.backtest.store import CellStore


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
        store = CellStore(settings.home / "backtests" / _identity(book, spec, as_of, dates))
        store.folder.mkdir(parents=True, exist_ok=True)
        progress.update(task, description="building the rows", total=2 * book.n_borrowers)
        all_rows = backtest_rows(book, settings, spec, as_of, dates, lambda done: progress.advance(task, done))
        progress.update(task, description="training and testing", total=len(recipes) * len(dates), completed=0)
        resumed = _run_cells(all_rows, recipes, book, store, progress, task)
    number = pandas.factorize(all_rows.rows.borrower_id)[0]
    outcomes = []
    for at in dates:
        here = all_rows.followed(at)
        pds = tuple(store.pd(one.recipe, at) for one in recipes)
        outcomes.append(DateOutcome(all_rows.rows.bad[here], number[here].astype(np.int64), pds))
    progress.update(task, description="bootstrapping over borrowers", total=DRAWS, completed=0)
    regrets = regret(outcomes, seed=SEED, advance=lambda done: progress.advance(task, done))
    cells = tuple(tuple(store.cell(one.recipe, at) for at in dates) for one in recipes)
    return Backtest(tuple(recipes), dates, cells, regrets, spec, resumed)


def _dates(first: date, last: date, every_months: int) -> list[date]:
    if last < first:
        raise SettingsError(f"--from {first} is later than --to {last}; swap them.")
    dates, k = [], 0
    while (day := add_months(first, k * every_months)) <= last:
        dates.append(day)
        k += 1
    return dates


def _identity(book: StagedBook, spec: TargetSpec, as_of: Sequence[date], dates: Sequence[date]) -> str:
    inputs = [book.digest, asdict(spec), [str(day) for day in as_of], [str(day) for day in dates], code_version()]
    return sha256(canonical_json(inputs))[:16]


def _run_cells(
    all_rows: BacktestRows,
    recipes: Sequence[NamedRecipe],
    book: StagedBook,
    store: CellStore,
    progress: Progress,
    task: TaskID,
) -> int:
    """Run and store the missing cells; return the number that were stored already."""
    wanted = [(one, at) for one in recipes for at in all_rows.dates]
    missing = [(one, at) for one, at in wanted if not store.has(one.recipe, at)]
    progress.advance(task, len(wanted) - len(missing))

    def work(one: NamedRecipe, at: date) -> None:
        # LightGBM releases the GIL, so one cell runs per core, each with one thread.
        try:
            cell, pd = run_cell(all_rows, replace(one.recipe, threads=1), at, book)
        except LabelError as error:
            raise LabelError(f"Recipe {one.name} as of {at}: {error}") from None
        store.write(one.recipe, cell, pd)

    with ThreadPoolExecutor(os.cpu_count() or 1, initializer=take_turns) as pool:
        waiting = [pool.submit(work, one, at) for one, at in missing]
        try:
            for done in as_completed(waiting):
                done.result()
                progress.advance(task)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return len(wanted) - len(missing)
