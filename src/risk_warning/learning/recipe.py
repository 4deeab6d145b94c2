"""The recipe: the choices by which a model is made, apart from book, target and dates."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from pydantic import ConfigDict, with_config

from risk_warning.core.features import FAMILIES, Feature
from risk_warning.errors import SettingsError
from risk_warning.model.provenance import Number

SEED = 20240101
KEEP, LEAVE_OUT, WEIGH = "keep", "leave-out", "weigh"
CONTACTED = (KEEP, LEAVE_OUT, WEIGH)
"""What to do with rows whose borrower was contacted in the outcome window."""
TREES, SCORECARD = "trees", "scorecard"
LEARNERS = (TREES, SCORECARD)
"""The kinds of model to fit."""
PARAMETERS: Mapping[str, tuple[float, float]] = {
    "max_depth": (1, 8),
    "num_leaves": (2, 64),
    "learning_rate": (0.001, 0.5),
    "min_data_in_leaf": (1, 100_000),
    "feature_fraction": (0.05, 1),
    "bagging_fraction": (0.1, 1),
    "lambda_l1": (0, 10_000),
    "lambda_l2": (0, 10_000),
    "min_gain_to_split": (0, 1_000),
}
"""LightGBM parameters that a recipe may set → (lowest, highest) value."""
_WHOLE = ("max_depth", "num_leaves", "min_data_in_leaf")


@with_config(ConfigDict(strict=True, extra="forbid"))
@dataclass(frozen=True, kw_only=True)
class Recipe:
    """One way to make a model; a value that is not allowed raises `SettingsError`."""

    parameters: Mapping[str, Number] = field(default_factory=dict)
    """LightGBM parameters that replace the default ones."""
    without_families: tuple[str, ...] = ()
    without_features: tuple[str, ...] = ()
    horizon_months: int | None = None
    """Months of the outcome window to learn; None: those of the target."""
    history_months: int | None = None
    """Learn from the as-of dates in this many months before the last one; None: from all."""
    half_life_months: Number | None = None
    """A row this many months older than the newest counts half as much; None: all count the same."""
    good_share: Number = 1.0
    """Share of the rows that stayed good to learn from; each of them counts 1/share."""
    max_feature_psi: Number | None = None
    """Leave out features whose PSI between the first and the second half of the dates is larger; None: keep all."""
    contacted: str = KEEP
    """How to learn from borrowers contacted in the outcome window: as they are, not at all, or from the hold-out in
    their place (one of `CONTACTED`)."""
    learner: str = TREES
    """Fit shallow trees or a plain logistic scorecard (one of `LEARNERS`)."""
    threads: int = 1
    """Threads of each fit; independent fits run in parallel."""
    seed: int = SEED

    def __post_init__(self) -> None:
        for name, value in self.parameters.items():
            if name not in PARAMETERS:
                raise SettingsError(f"A recipe has no parameter {name}; it may set {', '.join(PARAMETERS)}.")
            low, high = PARAMETERS[name]
            if not low <= value <= high or (name in _WHOLE and value != int(value)):
                kind = "a whole number" if name in _WHOLE else "a number"
                raise SettingsError(f"The parameter {name} is {kind} from {low:g} to {high:g}, not {value:g}.")
        unknown = set(self.without_families) - set(FAMILIES)
        if unknown:
            raise SettingsError(f"There is no feature family {min(unknown)}; there are {', '.join(FAMILIES)}.")
        if self.horizon_months is not None and not 1 <= self.horizon_months <= 24:
            raise SettingsError(
                f"A recipe's horizon_months is a number of months from 1 to 24, not {self.horizon_months}."
            )
        if self.contacted not in CONTACTED:
            raise SettingsError(f"A recipe's contacted is one of {', '.join(CONTACTED)}, not {self.contacted}.")
        if self.learner not in LEARNERS:
            raise SettingsError(f"A recipe's learner is one of {', '.join(LEARNERS)}, not {self.learner}.")
        positive = (
            ("history_months", self.history_months),
            ("half_life_months", self.half_life_months),
            ("max_feature_psi", self.max_feature_psi),
        )
        for name, number in positive:
            if number is not None and not (np.isfinite(number) and number > 0):
                raise SettingsError(f"A recipe's {name} is a number above 0, not {number:g}.")
        if not 0 < self.good_share <= 1:
            raise SettingsError(f"A recipe's good_share lies between 0 and 1, not {self.good_share:g}.")

    def choose(self, features: Sequence[Feature]) -> tuple[Feature, ...]:
        """Return the features that the recipe keeps.

        Raises
        ------
        SettingsError
            The recipe leaves out a feature that is not among `features`, or it leaves none.
        """
        unknown = set(self.without_features) - {feature.name for feature in features}
        if unknown:
            raise SettingsError(
                f"The recipe leaves out {min(unknown)}, which this book does not have; see `risk-warning features`."
            )
        left_out = set(self.without_features)
        chosen = tuple(f for f in features if f.family not in self.without_families and f.name not in left_out)
        if not chosen:
            raise SettingsError("The recipe leaves no feature to learn from; leave fewer out.")
        return chosen

    def check_tables(self, tables: Collection[str]) -> None:
        """Raise `SettingsError` if the recipe treats contacts specially and the book has no table of them."""
        if self.contacted != KEEP and "contacts" not in tables:
            raise SettingsError(
                f"The recipe treats contacted borrowers with {self.contacted}, but the book has no table contacts; "
                "bring the table, or use keep."
            )
