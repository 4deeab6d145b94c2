"""The result of a backtest: its cells, the regret of each recipe, and the verdict."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from risk_warning.core.outcomes.target import TargetSpec
from risk_warning.learning.recipe import Recipe
from risk_warning.learning.recipe_file import NamedRecipe
from risk_warning.stats.standings import STILL_POSSIBLE
from risk_warning.studies.backtest.regret import DRAWS, Regret


@dataclass(frozen=True, kw_only=True)
class BacktestCell:
    """One recipe at one date: the data it learnt from, and its measures on what followed.

    The fields are the keys of its JSON, in the store of finished cells and in the result.
    """

    date: datetime.date
    rows: int
    """Number of rows learnt from; `bads` is the number of them that turned bad."""
    bads: int
    train_dates: tuple[datetime.date, ...]
    outcomes_end: datetime.date
    """First day after the last outcome window learnt from; not later than the date itself."""
    learnt_sha256: str
    """Digest of the dates, labels and numeric features learnt from, in order of id and date."""
    n: int
    """Number of rows tested on. The measures from here on are those of `stats.evaluation`."""
    bad_rate: float
    auc: float
    ks: float
    brier: float
    observed_over_expected: float
    capture_top_5pct: float


@dataclass(frozen=True, kw_only=True)
class RankedCell(BacktestCell):
    """A cell beside those of the other recipes."""

    regret: float
    """AUC lost against the best recipe of the date."""


@dataclass(frozen=True, kw_only=True)
class RecipeRegret:
    """One recipe over all dates: its regret in AUC, and its cells."""

    name: str
    recipe: Recipe
    mean_regret: float
    mean_regret_interval: tuple[float, float]
    """Ends of the 95 % interval of the mean."""
    largest_regret: float
    best_share: float
    """Share of the draws in which the recipe's mean regret is the smallest."""
    cells: tuple[RankedCell, ...]
    """One per date."""


@dataclass(frozen=True)
class Backtest:
    """The result of a backtest."""

    recipes: tuple[NamedRecipe, ...]
    dates: tuple[datetime.date, ...]
    cells: tuple[tuple[BacktestCell, ...], ...]
    """The cells by recipe and date."""
    regret: Regret
    spec: TargetSpec
    resumed: int
    """Number of cells that an earlier run had stored."""

    @property
    def advised(self) -> NamedRecipe:
        """The recipe with the smallest mean regret."""
        return self.recipes[self.regret.advised]

    @property
    def verdict(self) -> str:
        """The advised recipe and its regret, in two sentences."""
        regrets, best = self.regret, self.regret.advised
        name = self.advised.name
        summary = (
            f"Over {len(self.dates)} dates, {name} lost the least AUC compared with the best recipe of each date: "
            f"{regrets.mean[best]:.4f} on average, {regrets.largest[best]:.4f} at most. It is the best in "
            f"{regrets.best_share[best]:.0%} of {DRAWS} bootstrap draws"
        )
        others = [i for i in range(len(self.recipes)) if i != best and regrets.best_share[i] > STILL_POSSIBLE]
        if not others:
            return f"{summary}. Use it."
        names = " and ".join(self.recipes[i].name for i in others)
        return f"{summary}, and {names} may be as good. Use {name}, or the simplest of them."

    @property
    def recipe_regrets(self) -> tuple[RecipeRegret, ...]:
        """The regret and the cells of each recipe, in the order of `recipes`."""
        regrets = self.regret
        return tuple(
            RecipeRegret(
                name=one.name,
                recipe=one.recipe,
                mean_regret=float(regrets.mean[i]),
                mean_regret_interval=(float(regrets.mean_low[i]), float(regrets.mean_high[i])),
                largest_regret=float(regrets.largest[i]),
                best_share=float(regrets.best_share[i]),
                cells=tuple(
                    RankedCell(**vars(cell), regret=float(regrets.regret[i, k])) for k, cell in enumerate(self.cells[i])
                ),
            )
            for i, one in enumerate(self.recipes)
        )
