"""Attributes: what distinguishes borrowers in a comparison, as known on the as-of date."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.economics.exposure import exposure
from risk_warning.core.panel.panel import Panel

Floats = NDArray[np.float64]
EXPOSURE, INCOME = "exposure_amount", "monthly_income"
"""Minor units, NaN where not known."""
PRODUCT = "loans.product"
"""The product of the loan opened last."""


def attributes(panel: Panel, credit_conversion_ratio: float, reported_twice: NDArray[np.bool_]) -> dict[str, Floats]:
    """Return name → value of each borrower, shape (n,), NaN where not known.

    The values are amounts, and categories `table.column` as codes. The exposure is that of `core.economics.exposure`.
    """
    values = {name: code.astype(np.float64) for name, code in panel.codes.items()}
    if INCOME in panel.signals:
        values[INCOME] = panel[INCOME].astype(np.float64)
    if not {"outstanding_amount", "balance"}.isdisjoint(panel.signals):
        values[EXPOSURE] = exposure(panel, credit_conversion_ratio, reported_twice)
    return values
