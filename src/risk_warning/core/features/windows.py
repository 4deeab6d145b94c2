"""Window operators: reduce monthly signals to one value per borrower, for many windows of many signals at once.

An operator is built for some values of one kind. It maps the stacked signals, shape (periods + 1, signals, n), to
these values, shape (values, n). It reduces over periods row by row and sums in float64, because numpy's own reductions
add in an order that depends on the array's shape: results for one borrower and for a million would differ in the last
bit. Sums over 1, 3 and 12 periods are stages of one running sum. Values that are not observed (NaN) are skipped; if
none is observed, the result is NaN.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.declared import Relation
from risk_warning.core.features.value import Counted, CountOf, Mean, MonthsSince, Window

Months = NDArray[np.float32]
Place = Mapping[str, int]
"""Signal → its position among the stacked signals."""
Operator = Callable[[Months], NDArray[Any]]
_RELATIONS: Mapping[Relation, np.ufunc] = {
    ">": np.greater,
    ">=": np.greater_equal,
    "==": np.equal,
    "<=": np.less_equal,
}


def _or_zero(values: NDArray[np.floating], empty: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the values in double precision, 0 where empty; `putmask` is faster than `where`, `fmax` and `copyto`."""
    filled = values.astype(np.float64)
    np.putmask(filled, empty, 0.0)
    return filled


def _empty_unless(condition: NDArray[np.bool_] | np.bool_) -> NDArray[np.float32]:
    """Return what makes a value NaN if added, unless the condition holds: 0 / True is 0, 0 / False is NaN."""
    return np.asarray(np.divide(0, condition, dtype=np.float32))


def _running(step: Callable[..., Any], rows: NDArray[Any]) -> NDArray[Any]:
    """Replace each row by the result of `step` over it and all rows before; return `rows` itself.

    For many borrowers this is twenty times as fast as numpy's `accumulate`, which processes one column after the other.
    """
    for before, row in pairwise(rows):
        step(before, row, out=row)
    return rows


def _number(conditions: NDArray[np.bool_]) -> NDArray[np.int8]:
    """Return the number of periods in which the condition holds: integers, so summation order does not matter."""
    return np.asarray(conditions.view(np.int8).sum(axis=0, dtype=np.int8))


@dataclass(frozen=True)
class _Stretches:
    """The stretches of periods that windows read; windows of a signal with the same start share one."""

    cells: NDArray[np.intp]
    """Shape (periods, stretches): rows of the stacked signals."""
    last: NDArray[np.intp]
    """Shape (windows,): position of the end of each window in `cells`, flattened row by row."""

    @classmethod
    def of(cls, windows: Sequence[Window], place: Place) -> _Stretches:
        begins = list(dict.fromkeys((window.signal, window.start) for window in windows))
        signal = np.array([place[name] for name, _ in begins])
        period = np.array([start for _, start in begins]) + np.arange(max(w.months for w in windows))[:, None]
        last = [(w.months - 1) * len(begins) + begins.index((w.signal, w.start)) for w in windows]
        return cls(period * len(place) + signal, np.array(last))

    def of_months(self, months: Months) -> Months:
        """Return the values of the stretches, shape (periods, stretches, n)."""
        return months.reshape(-1, months.shape[-1]).take(self.cells, axis=0)

    def at_end(self, rows: NDArray[Any]) -> NDArray[Any]:
        """Return the rows at which the windows end, shape (windows, n); `rows` has the shape of `of_months`."""
        return rows.reshape(-1, rows.shape[-1]).take(self.last, axis=0)


def sums(windows: Sequence[Window], place: Place) -> Operator:
    """Return the operator for totals and means."""
    stretches = _Stretches.of(windows, place)
    # A total is a mean with a divisor of at most 1.
    most = np.array([[window.months if isinstance(window, Mean) else 1] for window in windows], np.int8)

    def values(months: Months) -> NDArray[np.float64]:
        part = stretches.of_months(months)
        empty = np.isnan(part)
        total = stretches.at_end(_running(np.add, _or_zero(part, empty)))
        count = stretches.at_end(_running(np.add, (~empty).view(np.int8)))
        return np.asarray(total / np.minimum(np.maximum(count, 1), most) + _empty_unless(count > 0))

    return values


def largest(windows: Sequence[Window], place: Place) -> Operator:
    """Return the operator for largest values."""
    return _chosen(np.fmax, windows, place)


def smallest(windows: Sequence[Window], place: Place) -> Operator:
    """Return the operator for smallest values."""
    return _chosen(np.fmin, windows, place)


def latest(windows: Sequence[Window], place: Place) -> Operator:
    """Return the operator for the most recent observed values."""

    def keep_seen(before: Months, row: Months, out: Months) -> None:
        np.copyto(out, before, where=~np.isnan(before))

    return _chosen(keep_seen, windows, place)


def _chosen(step: Callable[..., Any], windows: Sequence[Window], place: Place) -> Operator:
    stretches = _Stretches.of(windows, place)
    return lambda months: stretches.at_end(_running(step, stretches.of_months(months)))


def spreads(windows: Sequence[Window], place: Place) -> Operator:
    """Return the operator for standard deviations (population); NaN with fewer than two periods observed.

    All windows have the same length.
    """
    stretches = _Stretches.of(windows, place)

    def values(months: Months) -> NDArray[np.float64]:
        part = stretches.of_months(months)
        empty = np.isnan(part)
        count = _number(~empty)
        divisor = np.maximum(count, 1)
        away = _or_zero(part - _running(np.add, _or_zero(part, empty))[-1] / divisor, empty)
        squares = _running(np.add, away * away)[-1]
        return np.asarray(np.sqrt(squares / divisor) + _empty_unless(count > 1))

    return values


def slopes(windows: Sequence[Window], place: Place) -> Operator:
    """Return the operator for least-squares changes per month; NaN with fewer than three periods observed.

    All windows have the same length.
    Source: the usual formula, Σ(t − t̄)(y − ȳ) / Σ(t − t̄)², with t = −k for period k.
    """
    stretches = _Stretches.of(windows, place)
    t = -np.arange(windows[0].months, dtype=np.float64)[:, None, None]

    def values(months: Months) -> NDArray[np.float64]:
        part = stretches.of_months(months)
        empty = np.isnan(part)
        seen = ~empty
        y = _or_zero(part, empty)
        # Whole numbers: any order of summation gives the same.
        n, st, stt = _number(seen), (t * seen).sum(axis=0), (t * t * seen).sum(axis=0)
        sty, sy = _running(np.add, t * y)[-1], _running(np.add, y)[-1]
        spread_of_time = n * stt - st * st
        rise = (n * sty - st * sy) / np.where(spread_of_time > 0, spread_of_time, 1.0)
        return np.asarray(rise + _empty_unless(n > 2))

    return values


def counts(counted: Sequence[CountOf], place: Place) -> Operator:
    """Return the operator for numbers of periods in which a relation holds.

    NaN where the signal is never observed in them.
    """
    longest = max(one.months for one in counted)
    signals = np.array([place[one.signal] for one in counted])
    inside = np.arange(longest)[:, None, None] < np.array([[one.months] for one in counted])

    def values(months: Months) -> NDArray[np.float32]:
        part = months[:longest].take(signals, axis=1)
        seen = (~np.isnan(part) & inside).any(axis=0)
        return np.asarray(_number(_holds(counted, part) & inside) + _empty_unless(seen))

    return values


def leads(counted: Sequence[Counted], place: Place) -> Operator:
    """Return the operator for numbers of periods in a row, up to now.

    For a streak, these are the periods in which the relation holds; for `MonthsSince`, those in which it does not.
    """
    signals = np.array([place[one.signal] for one in counted])
    is_since = np.array([[isinstance(one, MonthsSince)] for one in counted])

    def values(months: Months) -> NDArray[np.float32]:
        part = months.take(signals, axis=1)
        going = _running(np.logical_and, _holds(counted, part) ^ is_since)
        seen = ~np.isnan(part).all(axis=0)
        return np.asarray(_number(going) + _empty_unless((~going[-1] & is_since) | (seen & ~is_since)))

    return values


def _holds(counted: Sequence[Counted], part: Months) -> NDArray[np.bool_]:
    """Whether each relation holds, shape (periods, relations, n)."""
    holds = np.empty(part.shape, np.bool_)
    for k, one in enumerate(counted):
        _RELATIONS[one.relation](part[:, k], np.float32(one.bound), out=holds[:, k])
    return holds
