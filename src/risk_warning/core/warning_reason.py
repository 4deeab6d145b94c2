"""The reason of a warning: what the watch list keeps of a reason and shows to the person who calls."""

from __future__ import annotations

from dataclasses import dataclass

from risk_warning.core.wording import Text


@dataclass(frozen=True)
class WarningReason:
    """One reason in words, with its points; the words already contain the feature's value."""

    code: str
    feature: str
    """The leading feature: of those that add to the reason, the one that costs the most points."""
    points: float
    """Points of the score, negative: the sum over the features that add to the reason."""
    feature_points: float
    """The leading feature's own part of `points`."""
    text: Text
    """What the leading feature's value means, in words."""
