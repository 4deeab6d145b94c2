"""Calls: the nights on which a borrower with a warning is called: when it opens, and again while it stays open.

Worked example: borrowers are called again after 14 days. A warning is open on nights 0 to 20: calls are made on nights
0 and 14. If there are runs on nights 0, 7, 14 and 31 only, and the warning is open on all of them, calls are made on 0,
14 and 31: on each of the last two, a call has fallen due since the previous run.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]


def calls(active: Flags, nights: NDArray[np.int32], call_again_days: int) -> Flags:
    """Whether each borrower is called on each night.

    `active` has shape (nights, borrowers); `nights` are days in rising order. A borrower with a new warning is called
    at once. While it stays open, another call falls due each time `call_again_days` have passed since it opened, or a
    multiple of them. It is made on the first of the nights on or after that day.
    """
    opened = active.copy()
    opened[1:] &= ~active[:-1]
    opened_on = np.maximum.accumulate(np.where(opened, nights[:, None], nights[0]), axis=0)
    due = (nights[:, None] - opened_on) // call_again_days
    called = opened.copy()
    called[1:] |= active[1:] & (due[1:] > (nights[:-1, None] - opened_on[1:]) // call_again_days)
    return called
