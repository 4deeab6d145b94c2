"""Target: what is predicted, and for whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.calendar import NEVER, add_months, to_day
from risk_warning.core.panel.panel import Panel

NotScored = Literal["no_open_loan", "past_due", "on_plan", "written_off", "too_little_history", "rows_set_aside"]
REASONS: tuple[NotScored, ...] = get_args(NotScored)
"""Reasons why a borrower is not scored; if several apply, the first one is given."""
NO_OPEN_LOAN, PAST_DUE, ON_PLAN, WRITTEN_OFF, TOO_LITTLE_HISTORY, ROWS_SET_ASIDE = REASONS


@dataclass(frozen=True)
class TargetSpec:
    """What is predicted, and for whom."""

    horizon_months: int = 3
    bad_dpd: int = 30
    eligible_max_dpd: int | None = 29
    """None ("any"): every borrower is eligible, however late."""
    min_history: int = 3
    """Number of periods with a record that a borrower needs."""
    dpd_tolerance_ratio: float = 0.01
    write_off_memory_months: int = 12
    """Months after a write-off during which its borrower is not scored."""

    def window_end(self, as_of_date: date) -> date:
        """Return the first day after the outcome window."""
        return add_months(as_of_date, self.horizon_months)

    def is_mature(self, as_of_date: date, data_through: date) -> bool:
        """Whether the whole window lies in the data, which are complete through the end of `data_through`."""
        return (self.window_end(as_of_date) - data_through).days <= 1


def not_scored(
    panel: Panel, spec: TargetSpec, set_aside: NDArray[np.bool_] | None, *, waive_open_loan: bool = False
) -> NDArray[np.int8]:
    """Return the index into `REASONS` for each borrower, -1 if eligible; shape (n,).

    `waive_open_loan` is for a loan under review: its borrower does not need another loan that is open.
    """
    reason = np.full(panel.n, -1, np.int8)

    def give(why: str, to: NDArray[np.bool_]) -> None:
        reason[to] = REASONS.index(why)

    # Later reasons override earlier ones.
    if set_aside is not None:
        give(ROWS_SET_ASIDE, set_aside)
    give(TOO_LITTLE_HISTORY, panel.record_periods < spec.min_history)
    remembered = to_day(add_months(panel.as_of_date, -spec.write_off_memory_months))
    give(WRITTEN_OFF, (panel.written_off_on != NEVER) & (panel.written_off_on >= remembered))
    if spec.eligible_max_dpd is not None and "dpd" in panel.signals:
        # An unknown DPD (NaN) compares False: the borrower is eligible, and is counted and shown.
        is_late = panel["dpd"][0] > spec.eligible_max_dpd
        give(PAST_DUE, is_late)
        give(ON_PLAN, is_late & (panel.dpd_current <= spec.eligible_max_dpd))
    if not waive_open_loan:
        give(NO_OPEN_LOAN, ~panel.has_open_loan)
    return reason
