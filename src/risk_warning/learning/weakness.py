"""Weakness: the check for a model that is too bad to register without a warning."""

from __future__ import annotations

from risk_warning.model.evaluation import Performance

MIN_OE, MAX_OE = 0.5, 2.0
"""Observed over expected: a model whose whole interval is outside these limits is surely off by a factor of two."""


def weakness(judged: Performance) -> str | None:
    """Return the reason why a model with this evaluation must not be registered; None if nothing is surely wrong."""
    intervals = judged.intervals
    if intervals is None:
        return None
    low, high = intervals.auc
    if high is not None and high <= 0.5:
        return f"it ranks no better than chance: AUC {judged.auc:.3f} (95 % interval {low:.3f} to {high:.3f})"
    low, high = intervals.observed_over_expected
    if (high is not None and high < MIN_OE) or (low is not None and low > MAX_OE):
        ends = " to ".join("no bound" if end is None else f"{end:.2f}" for end in (low, high))
        return (
            f"its PDs are far off: {judged.observed_over_expected:.2f} bads for each expected bad (95 % interval "
            f"{ends})"
        )
    return None
