"""Window operators: monthly signals (periods, n) → one value a borrower (n,).

Each reduces over periods row by row, and sums in float64, because numpy's own reductions add in an order that
depends on the array's shape: one borrower and a million would differ in the last bit. Values that are not
observed (NaN) are skipped; where none is observed the result is NaN.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float32]
Monthly = NDArray[np.float32]


def _or_zero(values: NDArray[Any]) -> NDArray[Any]:
    """The values, 0 where they are NaN; twice as fast as `where`, whose branch the processor guesses wrong."""
    return np.asarray(np.fmax(values, 0) + np.fmin(values, 0))


def _sum_and_count(signal: Monthly, start: int, stop: int) -> tuple[NDArray[np.float64], NDArray[np.int8]]:
    part = signal[start:stop]
    total = np.zeros(signal.shape[1])
    for row in _or_zero(part):
        total += row
    return total, _count(~np.isnan(part))


def _count(conditions: NDArray[np.bool_]) -> NDArray[np.int8]:
    """Number of periods in which the condition holds: whole numbers, so any order of adding gives the same."""
    return np.asarray(conditions.view(np.int8).sum(axis=0, dtype=np.int8))


def _ever_seen(signal: Monthly) -> NDArray[np.bool_]:
    return np.asarray((~np.isnan(signal)).any(axis=0))


def _where(condition: NDArray[np.bool_], values: NDArray[np.floating]) -> Values:
    with np.errstate(invalid="ignore"):
        # 0 / True is 0, 0 / False is NaN.
        return (values + np.divide(0, condition, dtype=np.float32)).astype(np.float32)


def total(signal: Monthly, months: int, start: int = 0) -> Values:
    """Sum over periods [start, start + months)."""
    summed, count = _sum_and_count(signal, start, start + months)
    return _where(count > 0, summed)


def mean(signal: Monthly, months: int, start: int = 0) -> Values:
    """Mean over the observed periods of [start, start + months)."""
    summed, count = _sum_and_count(signal, start, start + months)
    return _where(count > 0, summed / np.maximum(count, 1))


def largest(signal: Monthly, months: int) -> Values:
    """Largest value in the last `months` periods."""
    found: Values = signal[0].copy()
    for row in signal[1:months]:
        np.fmax(found, row, out=found)
    return found


def smallest(signal: Monthly, months: int) -> Values:
    """Smallest value in the last `months` periods."""
    found: Values = signal[0].copy()
    for row in signal[1:months]:
        np.fmin(found, row, out=found)
    return found


def latest(signal: Monthly, months: int) -> Values:
    """The most recent observed value in the last `months` periods."""
    found: Values = signal[0].copy()
    for row in signal[1:months]:
        empty = np.isnan(found)
        found[empty] = row[empty]
    return found


def change(signal: Monthly, recent: int, past: int) -> Values:
    """Mean of the last `recent` periods minus the mean of the `past` periods before them."""
    return (mean(signal, recent) - mean(signal, past, start=recent)).astype(np.float32)


def spread(signal: Monthly, months: int) -> Values:
    """Standard deviation (population) over the observed periods; NaN with fewer than two."""
    summed, count = _sum_and_count(signal, 0, months)
    centre = summed / np.maximum(count, 1)
    squares = np.zeros(signal.shape[1])
    for row in signal[:months]:
        away = _or_zero(row - centre)
        squares += away * away
    return _where(count > 1, np.sqrt(squares / np.maximum(count, 1)))


def slope(signal: Monthly, months: int) -> Values:
    """Least-squares change a month over the observed periods; NaN with fewer than three.

    Source: the usual formula, Σ(t − t̄)(y − ȳ) / Σ(t − t̄)², with t = −k for period k.
    """
    width = signal.shape[1]
    n, st, sy, stt, sty = (np.zeros(width) for _ in range(5))
    for k, row in enumerate(signal[:months]):
        seen = ~np.isnan(row)
        y = _or_zero(row).astype(np.float64)
        n += seen
        st -= k * seen
        sy += y
        stt += k * k * seen
        sty -= k * y
    spread_of_time = n * stt - st * st
    return _where(n > 2, (n * sty - st * sy) / np.where(spread_of_time > 0, spread_of_time, 1.0))


def count_of(condition: NDArray[np.bool_], signal: Monthly, months: int) -> Values:
    """Number of the last `months` periods in which the condition holds; NaN where `signal` is never observed."""
    return _where(_ever_seen(signal[:months]), _count(condition[:months]).astype(np.float32))


def months_since(condition: NDArray[np.bool_]) -> Values:
    """Periods since the condition last held (0 = the most recent one); NaN where it never did."""
    found = np.full(condition.shape[1], np.nan, np.float32)
    for k in range(len(condition) - 1, -1, -1):
        found[condition[k]] = k
    return found


def streak(condition: NDArray[np.bool_], signal: Monthly) -> Values:
    """Number of periods in a row, up to now, in which the condition holds; NaN where `signal` is never observed."""
    length = np.zeros(condition.shape[1], np.float32)
    going = np.ones(condition.shape[1], np.bool_)
    for row in condition:
        going &= row
        length += going
    return _where(_ever_seen(signal), length)
