"""The life of a warning, pure: what a night makes of what was open and what was seen.

Opened below the threshold, unless arrears have reached `bad_dpd` already; kept while it is open; closed once the score
has stood at threshold + margin or more since an as-of date `close_after_days` or more ago; handed over at `bad_dpd`,
when arrears are for collections, not for help before them. A borrower who is no longer scored keeps theirs, but their
streak of safe scores ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from risk_warning.core.policy import Policy

Event = Literal["opened", "kept", "closed", "handed_over"]


@dataclass(frozen=True)
class Seen:
    """What a night's run saw of one borrower."""

    borrower_id: str
    score: float | None
    """None where not scored."""
    not_scored: str | None
    days_past_due: float | None


@dataclass(frozen=True)
class Step:
    """What becomes of a borrower's warning tonight."""

    event: Event
    safe_since: date | None


def step(
    seen: Seen, *, is_open: bool, safe_since: date | None, as_of_date: date, policy: Policy, bad_dpd: int
) -> Step | None:
    """Tonight's step; None where there was no warning and there is none.

    `safe_since` is the first as-of date of the streak of safe scores that the last run left, None where there is none.
    """
    for_collections = seen.days_past_due is not None and seen.days_past_due >= bad_dpd
    if not is_open:
        below = seen.score is not None and seen.score < policy.threshold
        return Step("opened", None) if below and not for_collections else None
    if for_collections:
        return Step("handed_over", None)
    if seen.score is None or seen.score < policy.threshold + policy.margin:
        return Step("kept", None)
    if safe_since is not None and (as_of_date - safe_since).days >= policy.close_after_days:
        return Step("closed", safe_since)
    return Step("kept", safe_since or as_of_date)
