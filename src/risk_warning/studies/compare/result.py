"""The result of comparing two models: the figures, ready for JSON, and the verdict in one sentence."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.outcomes.target import TargetSpec
from risk_warning.core.policy import BANDS
from risk_warning.core.swap_sets import SwapSet
from risk_warning.economics.valuation import Valuation
from risk_warning.model.risk_model import RiskModel
from risk_warning.scoring.side_by_side import untrained_from
from risk_warning.stats.calibration import Calibration
from risk_warning.stats.delong import Difference
from risk_warning.stats.paired_bootstrap import CAPACITY_SHARE, DRAWS
from risk_warning.studies.compare.balance import Balances
from risk_warning.studies.compare.by_group import GroupSplit
from risk_warning.studies.compare.capacity import Reached
from risk_warning.studies.compare.fairness import Fairness
from risk_warning.studies.compare.proxies import Guess
from risk_warning.studies.compare.score_changes import ReasonShift, interval_gap, verdict
from risk_warning.studies.compare.speed import Speed
from risk_warning.studies.compare.warnings import WatchComparison


@dataclass(frozen=True)
class Swap:
    """The swap-set of one way to flag, and the reasons that differ most for those who gain or lose a flag."""

    sets: SwapSet
    gained_reasons: tuple[ReasonShift, ...]
    lost_reasons: tuple[ReasonShift, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the swap ready for JSON."""
        return asdict(self.sets) | {
            name: [asdict(reason) | {"shift": reason.shift} for reason in reasons]
            for name, reasons in (("gained_reasons", self.gained_reasons), ("lost_reasons", self.lost_reasons))
        }


@dataclass(frozen=True)
class Stability:
    """The PSIs against the last date from which both models had learnt."""

    reference_date: date
    score_a: float
    score_b: float
    features: dict[str, float]
    """PSI of each feature that both models use, the largest first."""

    def to_dict(self) -> dict[str, Any]:
        """Return the PSIs ready for JSON."""
        return asdict(self) | {"reference_date": self.reference_date.isoformat()}


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
    """Measured on this machine; it differs from run to run, so `to_dict` does not include it."""

    @property
    def size_bytes(self) -> int:
        """Size of the trees as text, the largest part of the model's folder."""
        return len(self.model.fitted.booster.model_to_string())

    def to_dict(self) -> dict[str, Any]:
        """Return the model ready for JSON."""
        return {
            "name": self.name,
            "model_version": self.version,
            "judged_version": self.model.version,
            "policy_version": self.model.policy.version,
            "threshold": self.model.policy.threshold,
            "features": len(self.model.features),
            "trees": self.model.fitted.booster.num_trees(),
            "size_bytes": self.size_bytes,
            "ece": self.ece,
            "untrained_from": untrained_from(self.model).isoformat(),
            "learnt_from": [day.isoformat() for day in self.learnt_from],
            "calibration_by_band": [asdict(part) for part in self.by_band],
            "calibration_by_month": [asdict(part) for part in self.by_month],
            "at_capacities": [asdict(r) | {"capture": r.capture, "precision": r.precision} for r in self.reached],
            "fairness": [
                asdict(one)
                | {name: getattr(one, name) for name in ("selection_ratio", "true_positive_gap", "calibration_gap")}
                for one in self.fairness
            ],
        }


@dataclass(frozen=True)
class Comparison:
    """The result of a comparison; A and B are the models, in the order in which they were given."""

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
    delong: Difference
    """Difference in AUC on one row per borrower."""
    bootstrap_one_row: Difference
    """The bootstrap of the AUC on the same rows as DeLong's test."""
    migration: NDArray[np.int64]
    """Number of rows by A's band (down) and B's (across)."""
    migration_bads: NDArray[np.int64]
    at_thresholds: Swap
    """Each model flags the borrowers below its own threshold."""
    at_capacity: Swap
    """Both models flag the same number of rows on each date, each model its riskiest."""
    score_psi: float
    """PSI of B's scores against A's, on the same rows."""
    stability: Stability | None
    """None if the book does not reach back to a date from which both models had learnt."""
    valuation: Valuation
    """The inputs from which amounts of money are computed."""
    watch: WatchComparison | None = None
    """None if there are too few nights from which neither model learnt, or nobody fell behind in them."""
    splits: tuple[GroupSplit, ...] = ()
    """By month and by segment."""
    balances_at_capacity: Balances | None = None
    """None if the book has no amounts owed."""
    balances_at_thresholds: Balances | None = None
    guesses: tuple[Guess, ...] = ()
    """How well protected attributes can be guessed from B's features; empty if too few are known."""

    @property
    def target(self) -> TargetSpec:
        """The target that both models predict."""
        return self.a.model.target

    @property
    def auc(self) -> Difference:
        """The difference behind the verdict: by DeLong's test on a single date, by the bootstrap on several dates."""
        return self.delong if len(self.dates) == 1 else self.differences["auc"]

    @property
    def verdict(self) -> str:
        """One plain sentence: which model finds more of those who go bad."""
        return verdict(self.auc, self.differences["brier"])

    @property
    def agreement(self) -> float:
        """Largest distance between the ends of DeLong's interval and the bootstrap's, as a share of the wider one."""
        return interval_gap(self.delong, self.bootstrap_one_row)

    def speed(self) -> dict[str, dict[str, float | None] | None]:
        """Return borrowers per second of A and B, measured on this machine.

        `to_dict` does not include them, because no two runs measure the same.
        """
        return {key: asdict(model.speed) if model.speed else None for key, model in (("a", self.a), ("b", self.b))}

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison ready for JSON; the same models, book and dates give the same result."""
        return {
            "verdict": self.verdict,
            "difference_is_shown": self.auc.is_shown,
            "as_of_dates": [day.isoformat() for day in self.dates],
            "rows": self.rows,
            "borrowers": self.borrowers,
            "bads": self.bads,
            "only_a": self.only_a,
            "only_b": self.only_b,
            "outcome_unknown": self.outcome_unknown,
            "auc": asdict(self.auc),
            "measures": {name: asdict(difference) for name, difference in self.differences.items()},
            "draws": DRAWS,
            "one_row_a_borrower": {
                "delong": asdict(self.delong),
                "bootstrap": asdict(self.bootstrap_one_row),
                "gap_as_share_of_width": self.agreement,
            },
            "a": self.a.to_dict(),
            "b": self.b.to_dict(),
            "migration": {
                "bands": list(BANDS),
                "rows": self.migration.tolist(),
                "bads": self.migration_bads.tolist(),
            },
            "swaps": {
                "at_thresholds": self.at_thresholds.to_dict(),
                "at_capacity": self.at_capacity.to_dict() | {"capacity_share": CAPACITY_SHARE},
            },
            "score_psi": self.score_psi,
            "stability": self.stability.to_dict() if self.stability else None,
            "lead_time": self.watch.to_dict() if self.watch else None,
            "protected_guessed_from_b": [guess.to_dict() for guess in self.guesses],
            "splits": [asdict(one) for one in self.splits],
            "economics": {
                "inputs": self.valuation.to_dict(),
                "roll_to_loss": self.valuation.roll_to_loss(),
                "at_capacity": asdict(self.balances_at_capacity) if self.balances_at_capacity else None,
                "at_thresholds": asdict(self.balances_at_thresholds) if self.balances_at_thresholds else None,
            },
        }
