"""The store of finished cells, from which an interrupted backtest resumes."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from risk_warning.core.digest import canonical_json, sha256
from risk_warning.learning.recipe import Recipe
from risk_warning.studies.backtest.result import BacktestCell

_CELL = TypeAdapter(BacktestCell)


@dataclass(frozen=True)
class CellStore:
    """A folder of finished cells: for each recipe and date a JSON file with the cell, and the PDs beside it."""

    folder: Path

    def has(self, recipe: Recipe, at: date) -> bool:
        """Whether the cell is stored."""
        return self._cell_file(recipe, at).is_file()

    def cell(self, recipe: Recipe, at: date) -> BacktestCell:
        """Return a stored cell."""
        return _CELL.validate_json(self._cell_file(recipe, at).read_bytes())

    def pd(self, recipe: Recipe, at: date) -> NDArray[np.float64]:
        """Return the PDs of a stored cell, as returned by `run_cell`."""
        pd: NDArray[np.float64] = np.load(self._pd_file(recipe, at))
        return pd

    def write(self, recipe: Recipe, cell: BacktestCell, pd: NDArray[np.float64]) -> None:
        """Write the cell's files, each of them whole: first its PDs, then the file that marks the cell as stored."""
        target = self._pd_file(recipe, cell.date)
        waiting = target.with_suffix(".unfinished")
        with waiting.open("wb") as file:
            np.save(file, pd, allow_pickle=False)
        waiting.replace(target)
        target = self._cell_file(recipe, cell.date)
        waiting = target.with_suffix(".unfinished-json")
        waiting.write_bytes(_CELL.dump_json(cell, indent=1))
        waiting.replace(target)

    def _cell_file(self, recipe: Recipe, at: date) -> Path:
        return self.folder / f"{_stem(recipe, at)}.json"

    def _pd_file(self, recipe: Recipe, at: date) -> Path:
        return self.folder / f"{_stem(recipe, at)}.npy"


def _stem(recipe: Recipe, at: date) -> str:
    return f"{sha256(canonical_json(asdict(recipe)))[:16]}-{at}"
