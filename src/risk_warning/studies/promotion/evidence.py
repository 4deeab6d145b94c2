"""The figures of a comparison that a gate judges, each where it was measured and None where it was not."""

from __future__ import annotations

from dataclasses import dataclass

from risk_warning.stats.delong import Difference
from risk_warning.studies.compare.fairness import Fairness
from risk_warning.studies.compare.result import Comparison


@dataclass(frozen=True)
class GateFigures:
    """What is held against the thresholds before B takes A's place."""

    auc: Difference
    """What the verdict rests on; non-inferior where `low` is above minus the loss allowed."""
    brier: Difference
    agreement: float
    """Distance of DeLong's interval and the bootstrap's, as a share of the wider."""
    ece_a: float
    ece_b: float
    score_psi_b: float | None
    """Of B's scores since the last date from which both learnt."""
    largest_feature_psi: tuple[str, float] | None
    in_time: Difference | None
    """Share warned about 30 days or more before the target's days past due, at equal capacity."""
    smallest_selection_ratio_b: tuple[str, float] | None
    """(attribute, smallest selection rate over the largest) where it is smallest."""
    largest_true_positive_gap_b: tuple[str, float] | None
    net_per_1000: Difference | None
    contradicting_splits: tuple[str, ...]
    """Attributes of which some groups show B better and some worse."""
    b_may_have_learnt: bool
    """Whether some of the dates are ones B may have learnt from."""


def gate_figures(found: Comparison) -> GateFigures:
    """The figures of this comparison."""
    stability = found.stability
    features = tuple(stability.features.items()) if stability else ()
    return GateFigures(
        auc=found.auc,
        brier=found.differences["brier"],
        agreement=found.agreement,
        ece_a=found.a.ece,
        ece_b=found.b.ece,
        score_psi_b=stability.score_b if stability else None,
        largest_feature_psi=features[0] if features else None,
        in_time=found.watch.at_capacity.in_time if found.watch else None,
        smallest_selection_ratio_b=min(_measured(found.b.fairness, "selection_ratio"), key=_value, default=None),
        largest_true_positive_gap_b=max(_measured(found.b.fairness, "true_positive_gap"), key=_value, default=None),
        net_per_1000=found.balances_at_capacity.net_per_1000 if found.balances_at_capacity else None,
        contradicting_splits=tuple(one.attribute for one in found.splits if one.contradicting),
        b_may_have_learnt=bool(found.b.learnt_from),
    )


def _measured(fairness: tuple[Fairness, ...], name: str) -> list[tuple[str, float]]:
    return [(one.attribute, value) for one in fairness if (value := getattr(one, name)) is not None]


def _value(found: tuple[str, float]) -> float:
    return found[1]
