"""Leaks: single features that may hold information not yet known on the as-of date.

A feature predicts less the further away the outcome is. A feature that alone ranks very well, and much better than the
same feature one horizon earlier, may have been written when the trouble was already known. The book holds an undated
attribute with its current value: if it was overwritten after trouble began, it ranks just as well a horizon earlier,
when nobody could have known. Neither is proof; both are questions for somebody who knows the column.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from risk_warning.stats.delong import midranks

Floats = NDArray[np.float64]
STRONG_AUC = 0.85
"""A single feature with this AUC or more is checked."""
SUDDEN_LOSS = 0.15
"""If a feature loses more AUC than this one horizon earlier, the passing of time does not explain it."""
TELLING_AUC = 0.60
"""An undated attribute with this AUC or more is checked: the data of a loan application predict less."""
STEADY_LOSS = 0.02
"""If an attribute loses less AUC than this one horizon earlier, that is less than the passing of time costs."""
MIN_BADS = 30


@dataclass(frozen=True)
class Suspect:
    """A feature to be checked."""

    feature: str
    auc: float
    """AUC of the feature alone, reversed if needed so that it is above 0.5."""
    earlier_auc: float | None
    """AUC of the same feature one horizon earlier; None if too few rows have one."""
    why: str
    """`sudden`, or `undated`."""

    def in_words(self) -> str:
        """Return the suspicion as a sentence."""
        before = "" if self.earlier_auc is None else f", one horizon earlier {self.earlier_auc:.2f}"
        question = {
            "sudden": "was it written when the trouble was known already?",
            "undated": "it has no date, and ranks as well before anybody could know: was it overwritten afterwards?",
        }[self.why]
        return f"{self.feature} alone has AUC {self.auc:.2f}{before}: {question}"


def single_auc(bad: NDArray[np.bool_], values: NDArray[np.floating]) -> float | None:
    """Return the AUC of one feature alone, with empty values ranked by their own bad rate.

    None with fewer than 30 bad or fewer than 30 good rows.
    """
    if min(int(bad.sum()), int((~bad).sum())) < MIN_BADS:
        return None
    known = ~np.isnan(values)
    filled = values.astype(np.float64)
    if known.any() and not known.all():
        # An empty value may be informative: rank it first or last, according to its own bad rate.
        rate, order = bad[~known].mean(), np.sort(filled[known])
        rising = _rank_auc(bad[known], filled[known]) >= 0.5 if 0 < bad[known].sum() < known.sum() else True
        place = order[0] - 1 if (rate < bad[known].mean()) == rising else order[-1] + 1
        filled = np.where(known, filled, place)
    if not known.any():
        return 0.5
    auc = _rank_auc(bad, filled)
    return max(auc, 1 - auc)


def suspects(
    names: tuple[str, ...],
    undated: frozenset[str],
    x: NDArray[np.float32],
    bad: NDArray[np.bool_],
    earlier: NDArray[np.int64],
) -> tuple[Suspect, ...]:
    """Return the features to be checked, those that rank best first.

    `x` has shape (n, features); its codes are fitted without the row's borrower. `earlier` has shape (n,): the row of
    the same borrower one horizon before each row, −1 if missing.
    """
    paired = np.flatnonzero(earlier >= 0)
    flagged = []
    for column, name in enumerate(names):
        auc = single_auc(bad, x[:, column])
        if auc is None or auc < (TELLING_AUC if name in undated else STRONG_AUC):
            continue
        now, before = (single_auc(bad[paired], x[rows, column]) for rows in (paired, earlier[paired]))
        loss = None if now is None or before is None else now - before
        if name in undated and (loss is None or loss < STEADY_LOSS):
            flagged.append(Suspect(name, auc, before, "undated"))
        elif name not in undated and loss is not None and loss > SUDDEN_LOSS:
            flagged.append(Suspect(name, auc, before, "sudden"))
    return tuple(sorted(flagged, key=lambda suspect: -suspect.auc))


def _rank_auc(bad: NDArray[np.bool_], values: Floats) -> float:
    ranks = midranks(values)
    bads = int(bad.sum())
    return float((ranks[bad].sum() - bads * (bads + 1) / 2) / (bads * (len(bad) - bads)))
