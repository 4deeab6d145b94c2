"""The figures of a comparison that the gate judges; a figure that was not measured is None."""

from __future__ import annotations

from dataclasses import dataclass

from risk_warning.stats.delong import Difference
from risk_warning.studies.compare.result import Comparison


@dataclass(frozen=True)
class GateFigures:
    """The figures compared with the gate's limits before B replaces A."""

    auc: Difference
    """The basis of the verdict; B is non-inferior if `low` is above minus the allowed loss."""
    brier: Difference
    agreement: float
    """Distance between DeLong's interval and the bootstrap interval, as a share of the wider one."""
    ece_a: float
    ece_b: float
    score_psi_b: float | None
    """PSI of B's scores since the last date from which both models learnt."""
    largest_feature_psi: tuple[str, float] | None
    in_time: Difference | None
    """Share warned about 30 days or more before reaching the target's days past due, at equal capacity."""
    smallest_selection_ratio_b: tuple[str, float] | None
    """(attribute, smallest selection rate over the largest) of the attribute with the smallest ratio."""
    largest_true_positive_gap_b: tuple[str, float] | None
    net_per_1000: Difference | None
    contradicting_splits: tuple[str, ...]
    """Attributes for which B is better in some groups and worse in others."""
    b_may_have_learnt: bool
    """Whether B may have learnt from some of the dates."""


def gate_figures(comparison: Comparison) -> GateFigures:
    """Return the figures of the comparison."""
    stability, money = comparison.stability, comparison.economics.at_capacity
    fairness = comparison.b.fairness
    ratios = [(one.attribute, one.selection_ratio) for one in fairness if one.selection_ratio is not None]
    gaps = [(one.attribute, one.true_positive_gap) for one in fairness if one.true_positive_gap is not None]
    features = tuple(stability.features.items()) if stability else ()
    return GateFigures(
        auc=comparison.auc,
        brier=comparison.differences["brier"],
        agreement=comparison.one_row.gap,
        ece_a=comparison.a.ece,
        ece_b=comparison.b.ece,
        score_psi_b=stability.score_b if stability else None,
        largest_feature_psi=features[0] if features else None,
        in_time=comparison.watch.at_capacity.in_time if comparison.watch else None,
        smallest_selection_ratio_b=min(ratios, key=_value, default=None),
        largest_true_positive_gap_b=max(gaps, key=_value, default=None),
        net_per_1000=money.net_per_1000 if money else None,
        contradicting_splits=tuple(one.attribute for one in comparison.splits if one.contradicting),
        b_may_have_learnt=bool(comparison.b.learnt_from),
    )


def _value(measurement: tuple[str, float]) -> float:
    return measurement[1]
