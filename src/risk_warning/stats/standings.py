"""Standings: several models on the same rows, each held against the first.

Whoever takes the best of many models takes luck along: intervals of the gains hold for all of them at once, by the
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
"""Share of the draws of borrowers in which one comes out first, above which it might be the best."""


@dataclass(frozen=True)
class Standing:
    """One model among the others."""

    measures: dict[str, float]
    """Of `PAIRED`."""
    gain: Difference
    """Its AUC less the first model's; the intervals of all models hold together."""
    first_share: float
    """Share of the draws of borrowers in which its AUC is the largest; models that tie share it."""


def standings(
    bad: NDArray[np.bool_],
    pds: Sequence[Floats],
    borrower: NDArray[np.integer],
    *,
    draws: int = DRAWS,
    seed: int = 0,
    advance: Callable[[int], None] | None = None,
) -> tuple[Standing, ...]:
    """Each model of `pds` as it stands; rows as for `paired_bootstrap`. The first gains exactly nothing on itself."""
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
