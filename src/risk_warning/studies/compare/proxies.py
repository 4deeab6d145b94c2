"""Proxies: how well a protected attribute can be guessed from what a model reads, and by which features.

A model that is not shown a protected attribute may still read features that stand in for it. How far they do is
measured by a small classifier that guesses the attribute from the same features, on borrowers it did not see.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import lightgbm
import numpy as np
import pandas
from numpy.typing import NDArray

from risk_warning.core.splits import borrower_fold
from risk_warning.stats.delong import delong

MIN_BORROWERS = 200
"""Known borrowers a group needs, and the others together: an AUC of fewer says little."""
MAX_BORROWERS = 20_000
"""Of so many an AUC is known to less than 0.01; more would only take longer."""
FEATURES_SHOWN = 3
NOT_GUESSED = (
    "Whether the features stand in for a protected attribute was not measured: none has two groups of "
    f"{MIN_BORROWERS} borrowers."
)
_HARDLY_ABOVE = 0.55
"""An AUC below is shown by many borrowers and tells little of one."""
_TOLD_SHARE = 0.05
"""Of what the classifier gains, below which a feature is not named in the sentence."""
_FOLDS, _TREES = 3, 50
_SEED = 20240101
_PARAMETERS: Mapping[str, Any] = {
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
    "seed": _SEED,
    "verbosity": -1,
}
Values = NDArray[np.float32]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Proxy:
    """A feature that gives a group away."""

    feature: str
    gain_share: float
    """Share of what the classifier gains by splits."""
    auc: float
    """Of the feature alone, in whichever direction; 0.5 where it tells nothing by itself."""


@dataclass(frozen=True)
class Guess:
    """How well one group of a protected attribute is told from the others."""

    attribute: str
    group: str
    borrowers: int
    """Whose group is known, of those looked at."""
    in_group: int
    auc: float
    """On borrowers the classifier did not see; 0.5 is chance."""
    low: float
    """95 % (DeLong), as is `high`."""
    high: float
    proxies: tuple[Proxy, ...]
    """The features it gains most by, the most telling first."""

    @property
    def is_shown(self) -> bool:
        """Whether the interval lies above chance."""
        return self.low > 0.5

    def to_dict(self) -> dict[str, Any]:
        """The guess for a program."""
        return asdict(self) | {"is_shown": self.is_shown}


def guesses(
    x: Values, names: Sequence[str], borrower_id: NDArray[Any], labels: Mapping[str, NDArray[Any]]
) -> tuple[Guess, ...]:
    """How well each large group of each attribute can be guessed; an attribute without two such groups has none.

    `x` has shape (n, features), one row a borrower, as a model reads it; `labels` holds each row's group by attribute,
    None where not known. Of more than 20,000 borrowers some are drawn.
    """
    found: list[Guess] = []
    for attribute, label in labels.items():
        known = np.flatnonzero(~pandas.isna(label))
        if len(known) > MAX_BORROWERS:
            known = np.sort(np.random.default_rng(_SEED).choice(known, MAX_BORROWERS, replace=False))
        group = label[known].astype(str)
        kinds, count = np.unique(group, return_counts=True)
        large = kinds[count >= MIN_BORROWERS]
        if len(large) < 2:
            continue
        # Of two groups, one against the other says it all.
        chosen = large[:1] if len(kinds) == 2 else large
        guesser = _Guesser(x[known], names, borrower_fold(borrower_id[known], _FOLDS, seed=_SEED))
        found += [guesser.guess(attribute, str(kind), group == kind) for kind in chosen]
    return tuple(found)


def sentences(measured: Sequence[Guess]) -> list[str]:
    """A sentence for each attribute, on the group of it that is guessed best."""
    found = []
    for attribute in dict.fromkeys(guess.attribute for guess in measured):
        best = max((guess for guess in measured if guess.attribute == attribute), key=lambda guess: guess.auc)
        what, interval = f"Whether {attribute} is {best.group}", f"{best.low:.2f}–{best.high:.2f}"
        by = ", ".join(p.feature for i, p in enumerate(best.proxies) if not i or p.gain_share >= _TOLD_SHARE)
        if not best.is_shown:
            found.append(f"{what} cannot be told from the features: AUC {best.auc:.2f} ({interval}), 0.50 is chance.")
        else:
            hardly = "can hardly" if best.auc < _HARDLY_ABOVE else "can"
            found.append(f"{what} {hardly} be guessed with AUC {best.auc:.2f} ({interval}), most by {by}.")
    return found


class _Guesser:
    """Borrowers and what a model reads of them, binned once for every group."""

    def __init__(self, x: Values, names: Sequence[str], fold: NDArray[np.int16]) -> None:
        self.x, self.names, self.fold = x, names, fold
        self.binned = lightgbm.Dataset(x, params=dict(_PARAMETERS), free_raw_data=False).construct()

    def guess(self, attribute: str, group: str, inside: Flags) -> Guess:
        """How well the group is told from the others, by folds of borrowers."""
        chance, gain = np.empty(len(inside)), np.zeros(self.x.shape[1])
        for k in range(_FOLDS):
            outside, seen = self.fold == k, np.flatnonzero(self.fold != k)
            train = self.binned.subset(seen.tolist()).construct().set_label(inside[seen].astype(np.float32))
            booster = lightgbm.train(dict(_PARAMETERS), train, _TREES)
            chance[outside] = np.asarray(booster.predict(self.x[outside], num_threads=1))
            gain += booster.feature_importance("gain")
        auc, low, high = _auc(inside, chance)
        top = [i for i in np.argsort(-gain, kind="stable")[:FEATURES_SHOWN].tolist() if gain[i] > 0]
        proxies = (Proxy(self.names[i], float(gain[i] / gain.sum()), _alone(inside, self.x[:, i])) for i in top)
        return Guess(attribute, group, len(inside), int(inside.sum()), auc, low, high, tuple(proxies))


def _auc(inside: Flags, chance: Floats) -> tuple[float, float, float]:
    """(AUC, ends of its 95 % interval): DeLong's test against a guess that is the same for everybody."""
    found = delong(inside, np.zeros(len(inside)), chance)
    return found.b, max(0.0, found.low + found.a), min(1.0, found.high + found.a)


def _alone(inside: Flags, values: Values) -> float:
    """AUC of one feature in the direction in which it tells more; what is not observed counts as lowest."""
    auc = _auc(inside, np.nan_to_num(values.astype(np.float64), nan=-np.inf, posinf=np.inf, neginf=-np.inf))[0]
    return max(auc, 1 - auc)
