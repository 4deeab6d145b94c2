"""The labels that a model learns: whether borrowers turn bad in a target's window."""

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
