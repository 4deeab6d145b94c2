"""Standings: several models on the same rows, each compared with the first.

The best of many models is partly the luckiest, so the intervals of the gains hold jointly for all models, by the
largest studentised deviation among them in each draw (Romano & Wolf 2005, Econometrica 73, 1237–1282).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from risk_warning.stats.delong import CONFIDENCE, Difference
from risk_warning.stats.paired_bootstrap import DRAWS, PAIRED, measured_again

Floats = NDArray[np.float64]
STILL_POSSIBLE = 0.05
"""A model that comes first in more than this share of the draws of borrowers might be the best."""


@dataclass(frozen=True)
class Standing:
    """One model's measures, and its comparison with the others."""

    measures: dict[str, float]
    """By the names in `PAIRED`."""
    gain: Difference
    """Its AUC minus the first model's; the intervals hold jointly for all models."""
    first_share: float
    """Share of the draws of borrowers in which its AUC is the largest; tied models share a draw."""


def standings(
    bad: NDArray[np.bool_],
    pds: Sequence[Floats],
    borrower: NDArray[np.integer],
    *,
    draws: int = DRAWS,
    seed: int = 0,
    advance: Callable[[int], None] | None = None,
) -> tuple[Standing, ...]:
    """Return the standing of each model in `pds`; rows as for `paired_bootstrap`.

    The gain of the first model on itself is exactly zero.
    """
    here, drawn = measured_again(bad, pds, borrower, draws=draws, seed=seed, advance=advance)
    auc, of_draws = here[:, PAIRED.index("auc")], drawn[:, :, PAIRED.index("auc")]
    gain, deviation = auc - auc[0], (of_draws - of_draws[:, :1]) - (auc - auc[0])
    error = deviation.std(axis=0)
    moves = error > 0
    largest = np.abs(deviation[:, moves] / error[moves]).max(axis=1, initial=0.0)
    reach = np.quantile(largest, CONFIDENCE) * error
    is_first = of_draws == of_draws.max(axis=1, keepdims=True)
    first_share = (is_first / is_first.sum(axis=1, keepdims=True)).mean(axis=0)
    return tuple(
        Standing(
            dict(zip(PAIRED, here[k].tolist(), strict=True)),
            Difference(*map(float, (auc[0], auc[k], gain[k], gain[k] - reach[k], gain[k] + reach[k]))),
            float(first_share[k]),
        )
        for k in range(len(pds))
    )
