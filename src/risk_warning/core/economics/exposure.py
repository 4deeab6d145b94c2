"""Exposure: the amount a lender can lose on a borrower, as known on the as-of date."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.panel.panel import Panel, Signal
from risk_warning.core.rows import Rows

EXPOSURE_PERIODS = 3
"""Months searched for the latest balance and limit; older ones say nothing about the present."""


def loans_reported_twice(rows: Rows) -> NDArray[np.bool_]:
    """Whether a borrower has a loan with both instalments and statements, which report the same debt; shape (n,)."""
    is_duplicated = np.zeros(rows.n, np.bool_)
    if rows.instalments is not None and rows.statements is not None:
        both = np.isin(rows.statements["loan"], rows.instalments["loan"])
        is_duplicated[rows.statements["borrower"][both]] = True
    return is_duplicated


def exposure(panel: Panel, credit_conversion_ratio: float, reported_twice: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return unpaid instalments + balance + `credit_conversion_ratio` × undrawn limit; shape (n,), minor units.

    If a debt is reported twice (`reported_twice`), the larger of unpaid instalments and balance replaces their sum. NaN
    where none of the three is known. Unpaid instalments are those scheduled by the as-of date, including future ones
    and their interest. The conversion ratio is Basel III's credit conversion factor (CRE20): the share of the undrawn
    limit that is drawn before default.
    """
    nothing = np.full(panel.n, np.nan)
    owed = panel.signals.get("outstanding_amount", nothing).astype(np.float64)
    balance = _latest(panel.signals.get("balance"), panel.n)
    undrawn = np.maximum(_latest(panel.signals.get("credit_limit"), panel.n) - np.maximum(balance, 0), 0)
    parts = np.stack((owed, np.maximum(balance, 0), credit_conversion_ratio * undrawn))
    known = ~np.isnan(parts)
    unpaid, drawn, still_drawn = np.where(known, parts, 0.0)
    debt = np.where(reported_twice, np.maximum(unpaid, drawn), unpaid + drawn)
    total: NDArray[np.float64] = np.where(known.any(axis=0), debt + still_drawn, np.nan)
    return total


def _latest(monthly: Signal | None, n: int) -> NDArray[np.float64]:
    latest = np.full(n, np.nan)
    if monthly is not None:
        for row in monthly[:EXPOSURE_PERIODS][::-1]:
            latest = np.where(np.isnan(row), latest, row.astype(np.float64))
    return latest
