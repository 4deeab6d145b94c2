"""Money: amounts as whole minor units (cents), so that sums are exact in any order."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def minor_units(amounts: NDArray[np.float64], decimals: int) -> NDArray[np.float64]:
    """Return amounts in whole minor units, NaN where not observed; finer ones are rounded half-even. Any shape.

    Near a tie, an amount is first rounded to a millionth of a minor unit to remove binary noise: 1.015 is 101.5 cents.

    >>> minor_units(np.array([1.015, 1.025, 0.1 + 0.2]), 2)
    array([102., 102.,  30.])
    """
    scaled = amounts * 10.0**decimals
    whole = np.rint(scaled)
    near_tie = np.abs(scaled - whole) >= 0.499999
    if near_tie.any():
        whole[near_tie] = np.rint(np.round(scaled[near_tie], 6))
    return whole
