"""Calls: when a person with a warning is called: as it opens, and again while it stays open.

Worked example: called again after 14 days, a warning open on nights 0 to 20: called on nights 0 and 14. Seen on nights
0, 7, 14 and 31 only: called on 0, 14 and 31, for on each of the last two a call had fallen due since the night before.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]


def calls(active: Flags, nights: NDArray[np.int32], call_again_days: int) -> Flags:
    """Whether each borrower is called on each night; `active` has shape (nights, borrowers), `nights` are rising days.

    A new warning is called at once; one that stays open whenever `call_again_days`, or a multiple of them, have passed
    since it opened, on the first of the nights on or after that day.
    """
    opened = active.copy()
    opened[1:] &= ~active[:-1]
    opened_on = np.maximum.accumulate(np.where(opened, nights[:, None], nights[0]), axis=0)
    due = (nights[:, None] - opened_on) // call_again_days
    called = opened.copy()
    called[1:] |= active[1:] & (due[1:] > (nights[:-1, None] - opened_on[1:]) // call_again_days)
    return called
