"""Leaks: single features that know more than could have been known.

A feature says less the further away the outcome is. One that alone ranks very well, and much better than the same
feature one horizon earlier, may have been written when the trouble was known. An undated attribute stands in the book
as it is now: if it was overwritten after trouble began, it ranks just as well a horizon earlier, when nobody could
have known. Neither is proof; both are questions for whoever knows the column.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from risk_warning.stats.delong import midranks

Floats = NDArray[np.float64]
STRONG_AUC = 0.85
"""A single feature that ranks so well is looked at."""
SUDDEN_LOSS = 0.15
"""AUC lost by looking a horizon earlier that is more than the passing of time explains."""
TELLING_AUC = 0.60
"""An undated attribute that ranks so well is looked at: what a lender asks at the door says less."""
STEADY_LOSS = 0.02
"""AUC lost by looking a horizon earlier that is less than the passing of time would cost."""
MIN_BADS = 30


@dataclass(frozen=True)
class Suspect:
    """A feature to be asked about."""

    feature: str
    auc: float
    """Of the feature alone, turned so that it lies above 0.5."""
    earlier_auc: float | None
    """Of the same feature one horizon earlier; None where too few rows have one."""
    why: str
    """`sudden`, or `undated`."""

    def in_words(self) -> str:
        """The suspicion in a sentence."""
        before = "" if self.earlier_auc is None else f", one horizon earlier {self.earlier_auc:.2f}"
        asked = {
            "sudden": "was it written when the trouble was known already?",
            "undated": "it has no date, and ranks as well before anybody could know: was it overwritten afterwards?",
        }[self.why]
        return f"{self.feature} alone has AUC {self.auc:.2f}{before}: {asked}"


def single_auc(bad: NDArray[np.bool_], values: NDArray[np.floating]) -> float | None:
    """AUC of one feature alone, empty values ranked with their own bad rate; None with fewer than 30 of a kind."""
    if min(int(bad.sum()), int((~bad).sum())) < MIN_BADS:
        return None
    known = ~np.isnan(values)
    found = values.astype(np.float64)
    if known.any() and not known.all():
        # Whatever an empty value says, it may say it: it stands where its own bad rate puts it.
        rate, order = bad[~known].mean(), np.sort(found[known])
        rising = _rank_auc(bad[known], found[known]) >= 0.5 if 0 < bad[known].sum() < known.sum() else True
        place = order[0] - 1 if (rate < bad[known].mean()) == rising else order[-1] + 1
        found = np.where(known, found, place)
    if not known.any():
        return 0.5
    auc = _rank_auc(bad, found)
    return max(auc, 1 - auc)


def suspects(
    names: tuple[str, ...],
    undated: frozenset[str],
    x: NDArray[np.float32],
    bad: NDArray[np.bool_],
    earlier: NDArray[np.int64],
) -> tuple[Suspect, ...]:
    """The features to be asked about, those that rank best first.

    `x` has shape (n, features), encoded by codes that have not seen the row's borrower; `earlier` is the row of the
    same borrower one horizon before each row, −1 where there is none; shape (n,).
    """
    paired = np.flatnonzero(earlier >= 0)
    found = []
    for column, name in enumerate(names):
        auc = single_auc(bad, x[:, column])
        if auc is None or auc < (TELLING_AUC if name in undated else STRONG_AUC):
            continue
        now, before = (single_auc(bad[paired], x[rows, column]) for rows in (paired, earlier[paired]))
        loss = None if now is None or before is None else now - before
        if name in undated and (loss is None or loss < STEADY_LOSS):
            found.append(Suspect(name, auc, before, "undated"))
        elif name not in undated and loss is not None and loss > SUDDEN_LOSS:
            found.append(Suspect(name, auc, before, "sudden"))
    return tuple(sorted(found, key=lambda suspect: -suspect.auc))


def _rank_auc(bad: NDArray[np.bool_], values: Floats) -> float:
    ranks = midranks(values)
    bads = int(bad.sum())
    return float((ranks[bad].sum() - bads * (bads + 1) / 2) / (bads * (len(bad) - bads)))
