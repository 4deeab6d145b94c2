"""Active warnings: the nights on which a model would have listed each borrower.

Scores and days past due have shape (nights, borrowers); NaN where a borrower is not scored or nothing is known.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.calendar import NEVER
from risk_warning.core.policy import Policy, may_warn

Flags = NDArray[np.bool_]


def at_capacity(score: NDArray[np.float64], share: float) -> Flags:
    """Whether each borrower is among the `share` of a night's scored borrowers with the lowest scores.

    The number of places is rounded down, and no night exceeds it. Nobody is carried over to the next night. If scores
    tie at the cut-off, the first borrowers in the array are taken.
    """
    active = np.zeros(score.shape, np.bool_)
    for flagged, tonight in zip(active, score, strict=True):
        # NaN sorts last, after every scored borrower.
        places = math.floor(share * np.count_nonzero(~np.isnan(tonight)))
        flagged[np.argsort(tonight, kind="stable")[:places]] = True
    return active


def by_policy(
    score: NDArray[np.float64],
    days_past_due: NDArray[np.float32],
    nights: NDArray[np.int32],
    policy: Policy,
    bad_dpd: int,
) -> Flags:
    """Whether each borrower's warning is open after each night, by the rules of the watch list.

    A warning opens below the threshold, unless arrears have already reached `bad_dpd`. It closes once the score has
    been at threshold + margin or more since a night `close_after_days` or more ago. It ends when arrears reach
    `bad_dpd`. The list is empty before the first night.
    """
    active = np.zeros(score.shape, np.bool_)
    is_open = np.zeros(score.shape[1], np.bool_)
    safe_since = np.full(score.shape[1], NEVER, np.int64)
    for row, night in enumerate(nights.tolist()):
        # NaN compares False: a borrower who is not scored is neither below the threshold nor safe.
        is_safe = score[row] >= policy.threshold + policy.margin
        for_collections = ~may_warn(days_past_due[row], bad_dpd)
        is_over = for_collections | (is_safe & (safe_since <= night - policy.close_after_days))
        opened = ~is_open & ~for_collections & policy.below_threshold(score[row])
        is_kept = is_open & ~is_over
        safe_since = np.where(is_kept & is_safe, np.minimum(safe_since, night), NEVER)
        is_open = is_kept | opened
        active[row] = is_open
    return active
