"""The result of comparing two models: the figures, and the verdict in one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.outcomes.target import TargetSpec
from risk_warning.economics.valuation import Valuation
from risk_warning.model.risk_model import RiskModel
from risk_warning.scoring.side_by_side import untrained_from
from risk_warning.stats.calibration import Calibration
from risk_warning.stats.delong import Difference
from risk_warning.studies.compare.balance import Balances
from risk_warning.studies.compare.by_group import GroupSplit
from risk_warning.studies.compare.capacity import Reached
from risk_warning.studies.compare.fairness import Fairness
from risk_warning.studies.compare.proxies import Guess
from risk_warning.studies.compare.score_changes import interval_gap, verdict
from risk_warning.studies.compare.speed import Speed, Speeds
from risk_warning.studies.compare.swaps import Swaps
from risk_warning.studies.compare.warnings import WatchComparison


@dataclass(frozen=True)
class Migration:
    """Numbers of rows by A's band (down) and B's (across); arrays of shape (bands, bands)."""

    rows: NDArray[np.int64]
    bads: NDArray[np.int64]


@dataclass(frozen=True)
class OneRow:
    """The difference in AUC on one row per borrower, by two methods that must agree."""

    delong: Difference
    bootstrap: Difference

    @property
    def gap(self) -> float:
        """Largest distance between the ends of the two intervals, as a share of the wider one."""
        return interval_gap(self.delong, self.bootstrap)


@dataclass(frozen=True)
class Stability:
    """The PSIs against the last date from which both models had learnt."""

    reference_date: date
    score_a: float
    score_b: float
    features: dict[str, float]
    """PSI of each feature that both models use, the largest first."""


@dataclass(frozen=True)
class EconomicsComparison:
    """The value and cost of both models' calls in money, by the two ways to flag."""

    valuation: Valuation
    """The inputs from which amounts of money are computed."""
    at_capacity: Balances | None
    """None if the book has no amounts owed."""
    at_thresholds: Balances | None


@dataclass(frozen=True)
class ComparedModel:
    """One of the two models: the name given for it, and its own figures."""

    name: str
    model: RiskModel
    """The model that is judged: the twin of the model in service, if it has one."""
    version: str
    """Version of the model in service."""
    by_band: tuple[Calibration, ...]
    """Calibration in the model's own bands."""
    by_month: tuple[Calibration, ...]
    learnt_from: tuple[date, ...]
    """Compared dates that it may have learnt from, which flatters its figures."""
    ece: float
    """Expected calibration error of its PDs."""
    reached: tuple[Reached, ...] = ()
    """Bads reached at several capacities."""
    fairness: tuple[Fairness, ...] = ()
    """At the model's own threshold; empty if the book has no protected attribute."""
    speed: Speed | None = None
    """Measured on this machine; it differs from run to run."""

    @property
    def feature_count(self) -> int:
        """Number of features that the model reads."""
        return len(self.model.features)

    @property
    def tree_count(self) -> int:
        """Number of trees."""
        return self.model.fitted.booster.num_trees()

    @property
    def size_bytes(self) -> int:
        """Size of the trees as text, the largest part of the model's folder."""
        return len(self.model.fitted.booster.model_to_string())

    @property
    def untrained_from(self) -> date:
        """The first day by which all that the model learnt from had happened."""
        return untrained_from(self.model)


@dataclass(frozen=True)
class Comparison:
    """The result of a comparison; A and B are the models, in the order in which they were given.

    The same models, book and dates give the same result, but for the speeds.
    """

    a: ComparedModel
    b: ComparedModel
    dates: tuple[date, ...]
    rows: int
    borrowers: int
    bads: int
    bad_borrowers: int
    only_a: int
    """Rows with an outcome that A scores and B does not; no figure includes them."""
    only_b: int
    outcome_unknown: int
    """Rows that both models score but whose outcome is unknown; no figure includes them."""
    differences: dict[str, Difference]
    """Measure → difference by the paired bootstrap over borrowers, on all rows."""
    one_row: OneRow
    migration: Migration
    swaps: Swaps
    score_psi: float
    """PSI of B's scores against A's, on the same rows."""
    stability: Stability | None
    """None if the book does not reach back to a date from which both models had learnt."""
    economics: EconomicsComparison
    watch: WatchComparison | None = None
    """None if there are too few nights from which neither model learnt, or nobody fell behind in them."""
    splits: tuple[GroupSplit, ...] = ()
    """By month and by segment."""
    guesses: tuple[Guess, ...] = ()
    """How well protected attributes can be guessed from B's features; empty if too few are known."""

    @property
    def target(self) -> TargetSpec:
        """The target that both models predict."""
        return self.a.model.target

    @property
    def auc(self) -> Difference:
        """The difference behind the verdict: by DeLong's test on a single date, by the bootstrap on several dates."""
        return self.one_row.delong if len(self.dates) == 1 else self.differences["auc"]

    @property
    def verdict(self) -> str:
        """One plain sentence: which model finds more of those who go bad."""
        return verdict(self.auc, self.differences["brier"])

    @property
    def speeds(self) -> Speeds:
        """Speeds of both models on this machine; no two runs measure the same."""
        return Speeds(self.a.speed, self.b.speed)
