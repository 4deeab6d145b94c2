"""Alert burden: the work that a model's warnings make for the people who call.

A warning opens on the first night it is active, and again on each night it becomes active after a pause. Each opened
warning needs a call. Worked example: a borrower's warning is active on nights 1, 2 and 4 of four. That is two warnings,
so this borrower is warned about again.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]
DAYS_A_WEEK = 7


@dataclass(frozen=True)
class AlertBurden:
    """The burden of one model's warnings over a series of nights."""

    nights: int
    active_per_1000: float
    """Active warnings per 1,000 borrowers scored, mean over the nights."""
    most_active_per_1000: float
    """Active warnings per 1,000 borrowers scored, on the night with the most."""
    opened_per_1000_a_week: float | None
    """New warnings per week and 1,000 borrowers scored on a night, without the first night's; None for one night."""
    calls: int
    """Warnings opened on nights whose outcome is known in full."""
    bads_called: int
    """Calls about somebody who went bad within the horizon of that night."""
    warned: int
    """Borrowers with a warning on at least one night."""
    warned_again: int
    """Warned borrowers who had a second warning after a pause."""
    openings: int
    """Warnings opened on all nights."""

    @property
    def calls_per_bad(self) -> float | None:
        """Number of calls per bad reached; None if none was reached."""
        return self.calls / self.bads_called if self.bads_called else None

    @property
    def warned_again_share(self) -> float | None:
        """Share of the warned borrowers who are warned about again."""
        return self.warned_again / self.warned if self.warned else None

    @classmethod
    def of(
        cls, active: Flags, is_scored: Flags, bad: Flags, is_mature: Flags, nights: NDArray[np.int32]
    ) -> AlertBurden:
        """Return the burden; arrays of shape (nights, borrowers), but `is_mature` and `nights` of shape (nights,).

        `bad` marks who goes bad within the horizon of a night, if that night is mature.
        """
        opened = active.copy()
        opened[1:] &= ~active[:-1]
        scored = np.maximum(is_scored.sum(axis=1), 1)
        per_1000 = 1000 * active.sum(axis=1) / scored
        times = opened.sum(axis=0)
        weeks = float(nights[-1] - nights[0]) / DAYS_A_WEEK
        new = float((1000 * opened[1:].sum(axis=1) / scored[1:]).sum())
        return cls(
            nights=len(nights),
            active_per_1000=float(per_1000.mean()),
            most_active_per_1000=float(per_1000.max()),
            opened_per_1000_a_week=new / weeks if weeks else None,
            calls=int(opened[is_mature].sum()),
            bads_called=int((opened & bad)[is_mature].sum()),
            warned=int((times > 0).sum()),
            warned_again=int((times > 1).sum()),
            openings=int(times.sum()),
        )
