"""Proxies: how well a protected attribute can be guessed from a model's features, and by which of them.

A model that does not read a protected attribute may still read features that are proxies for it. To measure this, a
small classifier guesses the attribute from the same features, on borrowers it was not trained on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import lightgbm
import numpy as np
import pandas
from numpy.typing import NDArray

from risk_warning.core.splits import borrower_fold
from risk_warning.learning.recipe import SEED
from risk_warning.stats.delong import delong

MIN_BORROWERS = 200
"""A group, and all other groups together, each need this many known borrowers: an AUC on fewer says little."""
MAX_BORROWERS = 20_000
"""An AUC on this many is known to less than 0.01; more would only take longer."""
MAX_PROXIES = 3
NOT_GUESSED = (
    "Whether the features are proxies for a protected attribute was not measured: no attribute has two groups of at "
    f"least {MIN_BORROWERS} borrowers."
)
_HARDLY_ABOVE = 0.55
"""An AUC below this may exclude chance if there are many borrowers, but says little about any one of them."""
_NAMED_SHARE = 0.05
"""Share of the classifier's gain below which the sentence does not name a feature."""
_FOLDS, _TREES = 3, 50
_PARAMETERS: Mapping[str, str | float] = {
    "objective": "binary",
    "max_depth": 4,
    "num_leaves": 12,
    "learning_rate": 0.1,
    "min_data_in_leaf": 50,
    "feature_fraction": 0.5,
    "max_bin": 63,
    "num_threads": 1,
    "deterministic": True,
    "force_col_wise": True,
    "seed": SEED,
    "verbosity": -1,
}
Values = NDArray[np.float32]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Proxy:
    """A feature from which a group can be guessed."""

    feature: str
    gain_share: float
    """Share of the classifier's total gain from splits."""
    auc: float
    """AUC of the feature alone, in the better direction; 0.5 if the feature by itself carries no information."""


@dataclass(frozen=True)
class Guess:
    """The accuracy with which one group of a protected attribute can be guessed."""

    attribute: str
    group: str
    borrowers: int
    """Borrowers in the measurement, all with a known group."""
    in_group: int
    auc: float
    """On borrowers the classifier was not trained on; 0.5 is chance."""
    low: float
    """Lower end of the 95 % interval (DeLong); `high` is the upper end."""
    high: float
    proxies: tuple[Proxy, ...]
    """The features with the largest gain, the largest first."""

    @property
    def is_significant(self) -> bool:
        """Whether the interval lies above chance."""
        return self.low > 0.5


def guesses(
    x: Values, names: Sequence[str], borrower_id: NDArray[np.generic], labels: Mapping[str, NDArray[np.object_]]
) -> tuple[Guess, ...]:
    """Return how well each large group of each attribute can be guessed.

    An attribute with fewer than two large groups is left out. `x` has shape (n, features), one row per borrower, as a
    model reads it. `labels` holds each row's group by attribute, None if not known. If there are more than 20,000
    borrowers, that many are drawn at random.
    """
    measured: list[Guess] = []
    for attribute, label in labels.items():
        known = np.flatnonzero(~pandas.isna(label))
        if len(known) > MAX_BORROWERS:
            known = np.sort(np.random.default_rng(SEED).choice(known, MAX_BORROWERS, replace=False))
        group = label[known].astype(str)
        kinds, count = np.unique(group, return_counts=True)
        large = kinds[count >= MIN_BORROWERS]
        if len(large) < 2:
            continue
        # If there are two groups, the guess of one is also the guess of the other.
        chosen = large[:1] if len(kinds) == 2 else large
        guesser = _Guesser(x[known], names, borrower_fold(borrower_id[known], _FOLDS, seed=SEED))
        measured += [guesser.guess(attribute, str(kind), group == kind) for kind in chosen]
    return tuple(measured)


def sentences(measured: Sequence[Guess]) -> list[str]:
    """Return one sentence per attribute, about its group that is guessed best."""
    lines = []
    for attribute in dict.fromkeys(guess.attribute for guess in measured):
        best = max((guess for guess in measured if guess.attribute == attribute), key=lambda guess: guess.auc)
        what, interval = f"Whether {attribute} is {best.group}", f"{best.low:.2f}–{best.high:.2f}"
        by = ", ".join(p.feature for i, p in enumerate(best.proxies) if not i or p.gain_share >= _NAMED_SHARE)
        if not best.is_significant:
            lines.append(
                f"{what} cannot be guessed from the features: AUC {best.auc:.2f} ({interval}); 0.50 is chance."
            )
        else:
            hardly = "can hardly" if best.auc < _HARDLY_ABOVE else "can"
            lines.append(f"{what} {hardly} be guessed: AUC {best.auc:.2f} ({interval}), mainly from {by}.")
    return lines


class _Guesser:
    """The borrowers' features, binned once and used for every group."""

    def __init__(self, x: Values, names: Sequence[str], fold: NDArray[np.int16]) -> None:
        self.x, self.names, self.fold = x, names, fold
        self.binned = lightgbm.Dataset(x, params=dict(_PARAMETERS), free_raw_data=False).construct()

    def guess(self, attribute: str, group: str, inside: Flags) -> Guess:
        """Measure how well the group can be guessed, by cross-validation over folds of borrowers."""
        chance, gain = np.empty(len(inside)), np.zeros(self.x.shape[1])
        for k in range(_FOLDS):
            outside, seen = self.fold == k, np.flatnonzero(self.fold != k)
            train = self.binned.subset(seen.tolist()).construct().set_label(inside[seen].astype(np.float32))
            booster = lightgbm.train(dict(_PARAMETERS), train, _TREES)
            chance[outside] = np.asarray(booster.predict(self.x[outside], num_threads=1))
            gain += booster.feature_importance("gain")
        auc, low, high = _auc(inside, chance)
        top = [i for i in np.argsort(-gain, kind="stable")[:MAX_PROXIES].tolist() if gain[i] > 0]
        proxies = (Proxy(self.names[i], float(gain[i] / gain.sum()), _alone(inside, self.x[:, i])) for i in top)
        return Guess(attribute, group, len(inside), int(inside.sum()), auc, low, high, tuple(proxies))


def _auc(inside: Flags, chance: Floats) -> tuple[float, float, float]:
    """Return (AUC, low, high), with the 95 % interval from DeLong's test against a constant guess."""
    difference = delong(inside, np.zeros(len(inside)), chance)
    return difference.b, max(0.0, difference.low + difference.a), min(1.0, difference.high + difference.a)


def _alone(inside: Flags, values: Values) -> float:
    """Return the AUC of one feature in the better direction; missing values count as the lowest."""
    auc = _auc(inside, np.nan_to_num(values.astype(np.float64), nan=-np.inf, posinf=np.inf, neginf=-np.inf))[0]
    return max(auc, 1 - auc)
