"""Exposure: what a lender stands to lose on a borrower, as it was known on the as-of date."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.panel import Panel, Signal

EXPOSURE_PERIODS = 3
"""Months in which the latest balance and limit are looked for; an older picture says nothing of now."""


def exposure(panel: Panel, credit_conversion_ratio: float) -> NDArray[np.float64]:
    """Unpaid instalments + balance + `credit_conversion_ratio` × undrawn limit; shape (n,), minor units.

    NaN where none of the three is known. Unpaid instalments are those scheduled by the as-of date, future ones and
    their interest included. The conversion of the undrawn limit is Basel III's credit conversion factor (CRE20): what
    is still drawn before default.
    """
    nothing = np.full(panel.n, np.nan)
    owed = panel.signals.get("outstanding_amount", nothing).astype(np.float64)
    balance = _latest(panel.signals.get("balance"), panel.n)
    undrawn = np.maximum(_latest(panel.signals.get("credit_limit"), panel.n) - np.maximum(balance, 0), 0)
    parts = np.stack((owed, np.maximum(balance, 0), credit_conversion_ratio * undrawn))
    known = ~np.isnan(parts)
    filled = np.where(known, parts, 0.0)
    total: NDArray[np.float64] = np.where(known.any(axis=0), filled[0] + filled[1] + filled[2], np.nan)
    return total


def _latest(monthly: Signal | None, n: int) -> NDArray[np.float64]:
    found = np.full(n, np.nan)
    if monthly is not None:
        for row in monthly[:EXPOSURE_PERIODS][::-1]:
            found = np.where(np.isnan(row), found, row.astype(np.float64))
    return found
