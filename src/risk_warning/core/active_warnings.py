"""Active warnings: on which nights whom a model would have had on the watch list.

Scores and days past due have shape (nights, borrowers), NaN where a borrower is not scored or nothing is known.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.calendar import NEVER
from risk_warning.core.policy import Policy

Flags = NDArray[np.bool_]


def at_capacity(score: NDArray[np.float64], share: float) -> Flags:
    """Whether each borrower is among the `share` of a night's scored with the lowest scores, rounded down.

    No night has more; nobody is carried over. Of equal scores at the border those that stand first are taken.
    """
    active = np.zeros(score.shape, np.bool_)
    for flagged, tonight in zip(active, score, strict=True):
        # NaN sorts last, behind everyone scored.
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
    """Whether each borrower's warning is open after each night, as the watch list opens, keeps and closes them.

    Opened below the threshold, unless arrears have reached `bad_dpd` already; closed once the score has stood at
    threshold + margin since a night `close_after_days` or more ago; over at `bad_dpd`. The first night starts with an
    empty list.
    """
    active = np.zeros(score.shape, np.bool_)
    is_open = np.zeros(score.shape[1], np.bool_)
    safe_since = np.full(score.shape[1], NEVER, np.int64)
    for row, night in enumerate(nights.tolist()):
        # NaN compares False: who is not scored is neither below the threshold nor safe.
        is_safe = score[row] >= policy.threshold + policy.margin
        for_collections = days_past_due[row] >= bad_dpd
        is_over = for_collections | (is_safe & (safe_since <= night - policy.close_after_days))
        opened = ~is_open & ~for_collections & policy.below_threshold(score[row])
        is_kept = is_open & ~is_over
        safe_since = np.where(is_kept & is_safe, np.minimum(safe_since, night), NEVER)
        is_open = is_kept | opened
        active[row] = is_open
    return active
