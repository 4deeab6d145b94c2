"""Fairness: whether a model's warnings and PDs treat groups of protected attributes alike, using `fairlearn`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas
from fairlearn.metrics import MetricFrame, selection_rate, true_positive_rate
from numpy.typing import NDArray

from risk_warning.stats.rates import wilson

Floats = NDArray[np.float64]
MIN_BORROWERS, MIN_BADS = 100, 30
"""Borrowers, and bad borrowers, that a group needs to count in a gap: a share of fewer says nothing."""


@dataclass(frozen=True)
class FairnessGroup:
    """One group of a protected attribute under one model."""

    name: str
    n: int
    """Rows."""
    bads: int
    borrowers: int
    bad_borrowers: int
    """Borrowers with at least one row that goes bad."""
    selection_rate: float
    """Share warned about."""
    selection_interval: tuple[float, float]
    """95 % (Wilson), like the other interval; it counts borrowers, because a borrower's rows are much alike."""
    true_positive_rate: float | None
    """Share of those who go bad that are warned about; None if there are none."""
    true_positive_interval: tuple[float, float] | None
    observed_over_expected: float

    @property
    def is_judged(self) -> bool:
        """Whether the group is large enough to count in the gaps."""
        return self.borrowers >= MIN_BORROWERS and self.bad_borrowers >= MIN_BADS


@dataclass(frozen=True)
class Fairness:
    """One attribute's groups under one model."""

    attribute: str
    groups: tuple[FairnessGroup, ...]
    unknown: int
    """Rows whose group is not known."""

    @property
    def selection_ratio(self) -> float | None:
        """Smallest selection rate over the largest, among the judged groups; None for fewer than two."""
        rates = [group.selection_rate for group in self.groups if group.is_judged]
        return min(rates) / max(rates) if len(rates) > 1 and max(rates) else None

    @property
    def true_positive_gap(self) -> float | None:
        """Largest difference in true positive rate among the judged groups; None for fewer than two."""
        rates = [g.true_positive_rate for g in self.groups if g.is_judged and g.true_positive_rate is not None]
        return max(rates) - min(rates) if len(rates) > 1 else None

    @property
    def calibration_gap(self) -> float | None:
        """Largest difference in bads observed over expected among the judged groups; None for fewer than two."""
        ratios = [group.observed_over_expected for group in self.groups if group.is_judged]
        return max(ratios) - min(ratios) if len(ratios) > 1 else None


def fairness(
    bad: NDArray[np.bool_],
    warned: NDArray[np.bool_],
    pd: Floats,
    borrower: NDArray[np.integer],
    labels: Mapping[str, NDArray[np.object_]],
) -> tuple[Fairness, ...]:
    """Return one entry per attribute of `labels` (each row's group, None if not known); all arrays of shape (n,)."""
    results = []
    for attribute, label in labels.items():
        known = ~pandas.isna(label)
        if known.any():
            groups = _groups(bad[known], warned[known], pd[known], borrower[known], label[known].astype(str))
            results.append(Fairness(attribute, groups, int((~known).sum())))
    return tuple(results)


def _groups(
    bad: NDArray[np.bool_],
    warned: NDArray[np.bool_],
    pd: Floats,
    borrower: NDArray[np.integer],
    label: NDArray[np.str_],
) -> tuple[FairnessGroup, ...]:
    rates = MetricFrame(
        metrics={"selection": selection_rate, "true_positive": true_positive_rate},
        y_true=bad.astype(int),
        y_pred=warned.astype(int),
        sensitive_features=pandas.Series(label, name="group"),
    )
    rows = pandas.DataFrame({"group": label, "bad": bad, "pd": pd, "borrower": borrower})
    counts = rows.groupby("group").agg(
        n=("bad", "size"), bads=("bad", "sum"), borrowers=("borrower", "nunique"), expected=("pd", "sum")
    )
    counts["bad_borrowers"] = rows[rows["bad"]].groupby("group")["borrower"].nunique().reindex(counts.index).fillna(0)
    groups = []
    for name, row in counts.join(rates.by_group).iterrows():
        n, bads, borrowers, bad_borrowers = (int(row[key]) for key in ("n", "bads", "borrowers", "bad_borrowers"))
        selected, hit = float(row["selection"]), float(row["true_positive"])
        groups.append(
            FairnessGroup(
                name=str(name),
                n=n,
                bads=bads,
                borrowers=borrowers,
                bad_borrowers=bad_borrowers,
                selection_rate=selected,
                selection_interval=wilson(round(selected * borrowers), borrowers),
                true_positive_rate=hit if bads else None,
                true_positive_interval=wilson(round(hit * bad_borrowers), bad_borrowers) if bads else None,
                observed_over_expected=bads / float(row["expected"]),
            )
        )
    return tuple(groups)
