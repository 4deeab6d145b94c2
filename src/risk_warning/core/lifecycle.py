"""The life cycle of a warning: a pure function from the open warning and a night's data to the next step.

A warning opens below the threshold, unless arrears have already reached `bad_dpd`. It closes once the score has been at
threshold + margin or more since an as-of date `close_after_days` or more ago. At `bad_dpd` it is handed over, because
such arrears are for collections, not for early help. Until then it is kept. A borrower who is no longer scored keeps
their warning, but their streak of safe scores ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from risk_warning.core.policy import Policy, may_warn

Event = Literal["opened", "kept", "closed", "handed_over"]
EVENTS: tuple[Event, ...] = ("opened", "kept", "closed", "handed_over")


@dataclass(frozen=True)
class Seen:
    """What a night's run saw of one borrower."""

    borrower_id: str
    score: float | None
    """None if not scored."""
    not_scored: str | None
    days_past_due: float | None


@dataclass(frozen=True)
class WarningStep:
    """What happens to a borrower's warning tonight."""

    event: Event
    safe_since: date | None


def step(
    seen: Seen, *, is_open: bool, safe_since: date | None, as_of_date: date, policy: Policy, bad_dpd: int
) -> WarningStep | None:
    """Return tonight's step; None if no warning was open and none opens.

    `safe_since` is the first as-of date of the streak of safe scores as of the last run; None without a streak.
    """
    for_collections = not may_warn(seen.days_past_due, bad_dpd)
    if not is_open:
        below = seen.score is not None and seen.score < policy.threshold
        return WarningStep("opened", None) if below and not for_collections else None
    if for_collections:
        return WarningStep("handed_over", None)
    if seen.score is None or seen.score < policy.threshold + policy.margin:
        return WarningStep("kept", None)
    if safe_since is not None and (as_of_date - safe_since).days >= policy.close_after_days:
        return WarningStep("closed", safe_since)
    return WarningStep("kept", safe_since or as_of_date)
