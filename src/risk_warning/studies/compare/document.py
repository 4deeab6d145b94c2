"""The JSON of a comparison of two models."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import AliasPath, BeforeValidator, Field

from risk_warning.core.policy import BANDS
from risk_warning.document import Document
from risk_warning.economics.document import RollToLossDocument, ValuationDocument
from risk_warning.stats.calibration import Calibration
from risk_warning.stats.delong import Difference
from risk_warning.stats.paired_bootstrap import CAPACITY_SHARE, DRAWS
from risk_warning.stats.rates import BadRate
from risk_warning.studies.compare.balance import Balances
from risk_warning.studies.compare.by_group import GroupSplit
from risk_warning.studies.compare.fairness import FairnessGroup
from risk_warning.studies.compare.proxies import Proxy
from risk_warning.studies.compare.result import Stability
from risk_warning.studies.compare.speed import Speeds
from risk_warning.studies.compare.warnings_document import WatchDocument


def _lists(counts: NDArray[np.int64]) -> list[list[int]]:
    lists: list[list[int]] = counts.tolist()
    return lists


Matrix = Annotated[list[list[int]], BeforeValidator(_lists)]
"""A list per band of A, with a count per band of B."""


class OneRowDocument(Document):
    """The difference in AUC on one row per borrower, by two methods."""

    delong: Difference
    bootstrap: Difference
    gap_as_share_of_width: float = Field(validation_alias="gap")
    """Largest distance between the ends of the two intervals, as a share of the wider one."""


class ReachedDocument(Document):
    """The bads among one model's riskiest rows, if a share of every date's rows are called."""

    share: float
    calls: int
    bads_called: int
    bads: int
    """Among all rows."""
    capture: float | None
    """Share of all bads that are called; null if there are none."""
    precision: float
    """Share of the called rows that go bad."""


class FairnessDocument(Document):
    """One protected attribute's groups under one model; gaps are null if fewer than two groups are large enough."""

    attribute: str
    groups: tuple[FairnessGroup, ...]
    unknown: int
    """Rows whose group is not known."""
    selection_ratio: float | None
    """Smallest share warned about over the largest."""
    true_positive_gap: float | None
    calibration_gap: float | None
    """Largest difference in bads observed over expected."""


class ComparedModelDocument(Document):
    """One of the two models."""

    name: str
    """As it was given."""
    model_version: str = Field(validation_alias="version")
    """The model in service."""
    judged_version: str = Field(validation_alias=AliasPath("model", "version"))
    """The model that the figures are about: the twin of the model in service, if it has one."""
    policy_version: str = Field(validation_alias=AliasPath("model", "policy", "version"))
    threshold: float = Field(validation_alias=AliasPath("model", "policy", "threshold"))
    """Score in points; borrowers below it are flagged."""
    features: int = Field(validation_alias="feature_count")
    trees: int = Field(validation_alias="tree_count")
    size_bytes: int
    """Size of the trees as text."""
    ece: float
    """Expected calibration error."""
    untrained_from: date
    """The first day by which all that the model learnt from had happened."""
    learnt_from: tuple[date, ...]
    """Compared dates that the model may have learnt from."""
    calibration_by_band: tuple[Calibration, ...] = Field(validation_alias="by_band")
    calibration_by_month: tuple[Calibration, ...] = Field(validation_alias="by_month")
    at_capacities: tuple[ReachedDocument, ...] = Field(validation_alias="reached")
    fairness: tuple[FairnessDocument, ...]
    """At the model's own threshold; empty if the book has no protected attribute."""


class MigrationDocument(Document):
    """Rows by A's band and B's."""

    bands: tuple[str, ...] = BANDS
    rows: Matrix
    bads: Matrix


class ReasonShiftDocument(Document):
    """The mean points of a reason for the same borrowers under each model; null if the model lacks the reason."""

    code: str
    a: float | None
    b: float | None
    shift: float
    """B's points minus A's."""


class SwapDocument(Document):
    """The rows flagged by one model, by both or by neither, and the reasons that differ most."""

    gained: BadRate = Field(validation_alias=AliasPath("sets", "gained"))
    """Flagged by B only."""
    lost: BadRate = Field(validation_alias=AliasPath("sets", "lost"))
    """Flagged by A only."""
    both: BadRate = Field(validation_alias=AliasPath("sets", "both"))
    neither: BadRate = Field(validation_alias=AliasPath("sets", "neither"))
    gained_reasons: tuple[ReasonShiftDocument, ...]
    lost_reasons: tuple[ReasonShiftDocument, ...]


class CapacitySwapDocument(SwapDocument):
    """The swap-set at equal capacity."""

    capacity_share: float = CAPACITY_SHARE
    """Share of each date's rows that is flagged."""


class SwapsDocument(Document):
    """The swap-sets of the two ways to flag."""

    at_thresholds: SwapDocument
    at_capacity: CapacitySwapDocument


class GuessDocument(Document):
    """The accuracy with which one group of a protected attribute can be guessed from B's features."""

    attribute: str
    group: str
    borrowers: int
    in_group: int
    auc: float
    """0.5 is chance."""
    low: float
    high: float
    proxies: tuple[Proxy, ...]
    is_significant: bool
    """Whether the interval lies above chance."""


class EconomicsDocument(Document):
    """The value and cost of both models' calls; null if the book has no amounts owed."""

    inputs: ValuationDocument = Field(validation_alias="valuation")
    roll_to_loss: RollToLossDocument = Field(validation_alias="valuation")
    at_capacity: Balances | None
    at_thresholds: Balances | None


class ComparisonDocument(Document):
    """A comparison of two models, A and B; the same models, book and dates give the same document."""

    verdict: str
    difference_is_significant: bool = Field(validation_alias=AliasPath("auc", "is_significant"))
    as_of_dates: tuple[date, ...] = Field(validation_alias="dates")
    rows: int
    borrowers: int
    bads: int
    only_a: int
    """Rows with an outcome that A scores and B does not; no figure includes them."""
    only_b: int
    outcome_unknown: int
    """Rows that both models score but whose outcome is unknown; no figure includes them."""
    auc: Difference
    """The difference behind the verdict."""
    measures: dict[str, Difference] = Field(validation_alias="differences")
    """Measure → difference by the paired bootstrap, on all rows."""
    draws: int = DRAWS
    """Draws of the bootstrap."""
    one_row_a_borrower: OneRowDocument = Field(validation_alias="one_row")
    a: ComparedModelDocument
    b: ComparedModelDocument
    migration: MigrationDocument
    swaps: SwapsDocument
    score_psi: float
    """PSI of B's scores against A's, on the same rows."""
    stability: Stability | None
    """Null if the book does not reach back to a date from which both models had learnt."""
    lead_time: WatchDocument | None = Field(validation_alias="watch")
    """Null if there are too few nights from which neither model learnt, or nobody fell behind in them."""
    protected_guessed_from_b: tuple[GuessDocument, ...] = Field(validation_alias="guesses")
    splits: tuple[GroupSplit, ...]
    """By month and by segment."""
    economics: EconomicsDocument


class TimedComparisonDocument(ComparisonDocument):
    """A comparison with the speeds of both models on this machine; no two runs measure the same."""

    speed: Speeds = Field(validation_alias="speeds")
