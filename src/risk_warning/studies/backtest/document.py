"""The JSON of a backtest."""

from __future__ import annotations

from datetime import date

from pydantic import AliasPath, Field

from risk_warning.core.outcomes.target import TargetSpec
from risk_warning.document import Document
from risk_warning.learning.recipe import Recipe
from risk_warning.studies.backtest.result import RankedCell


class RecipeRegretDocument(Document):
    """One recipe over all dates; regrets are in AUC."""

    name: str
    recipe: Recipe
    mean_regret: float
    mean_regret_interval: tuple[float, float] = Field(description="ends of the 95 % interval of the mean")
    largest_regret: float
    best_share: float = Field(description="share of the draws in which the recipe's mean regret is the smallest")
    cells: tuple[RankedCell, ...] = Field(description="one per date")


class BacktestDocument(Document):
    """The result of a backtest."""

    verdict: str
    advised: str = Field(
        validation_alias=AliasPath("advised", "name"), description="name of the recipe with the smallest mean regret"
    )
    dates: tuple[date, ...]
    target: TargetSpec = Field(validation_alias="spec")
    resumed_cells: int = Field(validation_alias="resumed", description="cells that an earlier run had stored")
    recipes: tuple[RecipeRegretDocument, ...] = Field(validation_alias="recipe_regrets")
