"""Attributes: what tells borrowers apart in a comparison, as it was known on the as-of date."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.panel import Panel

Floats = NDArray[np.float64]
EXPOSURE, INCOME = "exposure_amount", "monthly_income"
"""Minor units, NaN where not known."""


def attributes(panel: Panel) -> dict[str, Floats]:
    """Name → value of each borrower, shape (n,), NaN where not known: amounts, and categories `table.column` as codes.

    The exposure is what is outstanding on instalments, due or not, and the latest balance of statements of the last two
    months; undrawn limits are left out.
    """
    found = {name: code.astype(np.float64) for name, code in panel.codes.items()}
    if INCOME in panel.signals:
        found[INCOME] = panel[INCOME].astype(np.float64)
    owed = []
    if "outstanding_amount" in panel.signals:
        owed.append(panel["outstanding_amount"].astype(np.float64))
    if "balance" in panel.signals:
        balance = panel["balance"].astype(np.float64)
        owed.append(np.where(np.isnan(balance[0]), balance[1], balance[0]))
    if owed:
        known = np.stack([~np.isnan(part) for part in owed]).any(axis=0)
        total = np.zeros(panel.n)
        for part in owed:
            total += np.where(np.isnan(part), 0.0, part)
        # A negative balance is credit, not exposure.
        found[EXPOSURE] = np.where(known, np.maximum(total, 0.0), np.nan)
    return found
