"""Columns of a simulated table: arrays of days and numbers by name, and their conversion to Arrow columns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow
from numpy.typing import NDArray

Columns = dict[str, NDArray[Any]]
EMPTY_DAY = np.iinfo(np.int32).min
"""An empty date. It is earlier than any day, so the maximum of several dates ignores it."""


def joined(parts: list[Columns]) -> Columns:
    """Concatenate the rows of all parts, which have the same columns."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def numbers(values: NDArray[Any]) -> pyarrow.Array:
    """Return an Arrow column that is empty where the value is NaN."""
    return pyarrow.array(values, from_pandas=True)


def dates(days: NDArray[Any]) -> pyarrow.Array:
    """Return days since 1970-01-01 as an Arrow column that is empty where the value is `EMPTY_DAY`."""
    is_empty = days == EMPTY_DAY
    return pyarrow.array(np.where(is_empty, 0, days).astype(np.int32), pyarrow.date32(), mask=is_empty)


def table(columns: Columns) -> pyarrow.Table:
    """Return an Arrow table: columns named `…_on` hold dates, the others numbers."""
    return pyarrow.table({name: dates(v) if name.endswith("_on") else numbers(v) for name, v in columns.items()})
