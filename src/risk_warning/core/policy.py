"""The policy: score → band → whether somebody should call.

Every comparison is strict: a borrower has a warning if their unrounded score is below the threshold.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from typing import Literal, get_args, overload

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.digest import canonical_json, sha256

Band = Literal["red", "orange", "yellow", "green"]
BANDS: tuple[Band, ...] = get_args(Band)
"""From the riskiest to the safest."""
BANDS_ZH = {"red": "红", "orange": "橙", "yellow": "黄", "green": "绿"}


@overload
def may_warn(days_past_due: float | None, bad_dpd: int) -> bool: ...
@overload
def may_warn(days_past_due: NDArray[np.floating], bad_dpd: int) -> NDArray[np.bool_]: ...
def may_warn(days_past_due: float | NDArray[np.floating] | None, bad_dpd: int) -> bool | NDArray[np.bool_]:
    """Whether a warning may be open: not for arrears of `bad_dpd` days or more, which are a case for collections.

    Unknown days past due (None or NaN) do not keep a warning from opening.

    >>> may_warn(29, 30), may_warn(30, 30), may_warn(None, 30)
    (True, False, True)
    """
    if days_past_due is None:
        return True
    if isinstance(days_past_due, np.ndarray):
        return ~(days_past_due >= bad_dpd)
    return not days_past_due >= bad_dpd


@dataclass(frozen=True, kw_only=True)
class Policy:
    """Cut-offs on the score, and the conditions for closing a warning.

    red < `red_below` ≤ orange < `threshold` ≤ yellow < `yellow_below` ≤ green.
    """

    threshold: float
    """The safety threshold, points."""
    red_below: float
    yellow_below: float
    margin: float = 10.0
    """A warning closes only at `threshold + margin` points or more."""
    close_after_days: int = 7
    """The score must be that high on two successive as-of dates at least this many days apart."""

    def __post_init__(self) -> None:
        values = [float(getattr(self, field.name)) for field in fields(self)]
        if not all(math.isfinite(value) for value in values):
            raise ValueError("every cut-off of a policy must be a finite number")
        if not self.red_below <= self.threshold <= self.yellow_below:
            raise ValueError("a policy needs red_below <= threshold <= yellow_below")
        if self.margin < 0 or self.close_after_days < 0:
            raise ValueError("margin and close_after_days of a policy must not be negative")

    @cached_property
    def version(self) -> str:
        """First 12 hex digits of the sha256 of the cut-offs: the content of a policy identifies it."""
        return sha256(canonical_json(asdict(self)))[:12]

    def bands(self, scores: NDArray[np.float64]) -> NDArray[np.int8]:
        """Return the index into `BANDS` for each score."""
        cuts = np.array([self.red_below, self.threshold, self.yellow_below])
        return np.searchsorted(cuts, scores, side="right").astype(np.int8)

    def below_threshold(self, scores: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Whether each borrower should be called."""
        below: NDArray[np.bool_] = scores < self.threshold
        return below

    @classmethod
    def from_training_scores(cls, scores: NDArray[np.float64]) -> Policy:
        """Return the policy that a model proposes: the riskiest 1 % are red, 5 % have a warning, 20 % are not green."""
        red, threshold, yellow = (float(cut) for cut in np.percentile(scores, [1, 5, 20]))
        return cls(threshold=threshold, red_below=red, yellow_below=yellow)

    def to_toml(self) -> str:
        """Return the policy as the text of a `policy.toml`."""
        return "".join(f"{name} = {value!r}\n" for name, value in asdict(self).items())
