"""Whether borrowers turned bad in a target's window, as a model learns it."""

from __future__ import annotations

from datetime import date

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.calendar import to_day
from risk_warning.core.history.history import History
from risk_warning.core.outcomes.labels import outcomes
from risk_warning.core.outcomes.target import TargetSpec


def is_bad(history: History, as_of_date: date, spec: TargetSpec) -> NDArray[np.bool_]:
    return outcomes(history, as_of_date, spec).bad(to_day(spec.window_end(as_of_date)))
