"""The plan: computes the values that features are made of, each value once and many values per step.

A numpy call costs about the same for one borrower as for a thousand. So there are few steps, and each computes all
values of a kind. Borrowers are processed in blocks that stay in the processor's cache.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from risk_warning.core.features import value as v
from risk_warning.core.features import windows as w
from risk_warning.core.features.declare import Feature
from risk_warning.core.panel.panel import Panel, ratio

_BLOCK = 1_000
"""Number of borrowers computed together."""
_OPERATORS: Mapping[type[v.Value], Callable[[Any, w.Place], w.Operator]] = {
    v.Total: w.sums,
    v.Mean: w.sums,
    v.Largest: w.largest,
    v.Smallest: w.smallest,
    v.Latest: w.latest,
    v.Spread: w.spreads,
    v.Slope: w.slopes,
    v.CountOf: w.counts,
    v.Streak: w.leads,
    v.MonthsSince: w.leads,
}
_PAIRS: Mapping[type[v.Value], Callable[[Any, Any], NDArray[np.float32]]] = {
    v.Ratio: ratio,
    v.ValueDifference: np.subtract,
}


@dataclass(frozen=True)
class _Pairs:
    """Values computed from two others, which are given by their rows."""

    combine: Callable[[Any, Any], NDArray[np.float32]]
    left: NDArray[np.intp]
    right: NDArray[np.intp]


@dataclass(frozen=True)
class Plan:
    """The steps that compute the values of some features as rows of one array: levels, then windows, then pairs."""

    levels: tuple[v.Value, ...]
    months: tuple[str, ...]
    """Monthly signals, in the order in which they are stacked."""
    windows: tuple[tuple[slice, w.Operator], ...]
    pairs: tuple[tuple[slice, _Pairs], ...]
    size: int
    needs: frozenset[str]
    """Signals of the panel that the features use."""
    chosen: NDArray[np.intp]
    """Row of each feature's value."""

    @classmethod
    def of(cls, features: Sequence[Feature]) -> Plan:
        """Return the plan of some features."""
        values = tuple(dict.fromkeys(part for feature in features for part in _with_parts(feature.value)))
        levels = tuple(value for value in values if isinstance(value, v.Now | v.Code))
        monthly = [value for value in values if isinstance(value, v.Window | v.Counted)]
        months = tuple(dict.fromkeys(value.signal for value in monthly))
        place = {signal: k for k, signal in enumerate(months)}
        row: dict[v.Value, int] = {value: k for k, value in enumerate(levels)}

        def rows(of: Sequence[v.Value]) -> slice:
            first = len(row)
            row.update({value: first + k for k, value in enumerate(of)})
            return slice(first, len(row))

        windows = []
        for group in _alike(monthly, _operator):
            windows.append((rows(group), _OPERATORS[type(group[0])](group, place)))
        pairs = []
        composed = sorted((value for value in values if value.parts), key=_depth)
        for group in _alike(composed, lambda value: (_depth(value), type(value))):
            left, right = np.array([[row[part] for part in value.parts] for value in group]).T
            pairs.append((rows(group), _Pairs(_PAIRS[type(group[0])], left, right)))
        chosen = np.array([row[feature.value] for feature in features], np.intp)
        needs = frozenset(need for feature in features for need in feature.needs)
        return cls(levels, months, tuple(windows), tuple(pairs), len(row), needs, chosen)

    def values(self, panel: Panel) -> NDArray[np.float32]:
        """Return the values of the features, shape (features, n)."""
        chosen = np.empty((len(self.chosen), panel.n), np.float32)
        with np.errstate(divide="ignore", invalid="ignore"):
            levels = [_level(panel, level) for level in self.levels]
            months = [panel[name] for name in self.months]
            for low in range(0, panel.n, _BLOCK):
                block = slice(low, min(low + _BLOCK, panel.n))
                stacked = _stacked(months, block, panel.periods + 1)
                chosen[:, block] = self._block([level[block] for level in levels], stacked)
        return chosen

    def _block(self, levels: Sequence[NDArray[np.float32]], months: w.Months) -> NDArray[np.float32]:
        values = np.empty((self.size, months.shape[-1]), np.float32)
        for row, level in zip(values, levels, strict=False):
            row[:] = level
        for rows, operator in self.windows:
            values[rows] = operator(months)
        for rows, pairs in self.pairs:
            values[rows] = pairs.combine(values.take(pairs.left, axis=0), values.take(pairs.right, axis=0))
        chosen = values.take(self.chosen, axis=0)
        # An infinite ratio would be read as a number, but no ratio is infinite by construction. -0 must equal 0 bit by
        # bit, and so must all NaN: processors give NaN either sign.
        chosen += np.float32(0)
        np.putmask(chosen, np.isnan(chosen), np.nan)
        return chosen


def _stacked(signals: Sequence[NDArray[np.float32]], block: slice, rows: int) -> w.Months:
    """Stack the signals of some borrowers, shape (rows, signals, n); NaN where a signal has fewer rows."""
    stacked = np.empty((rows, len(signals), block.stop - block.start), np.float32)
    stacked[min((len(signal) for signal in signals), default=rows) :] = np.nan
    for k, signal in enumerate(signals):
        stacked[: len(signal), k] = signal[:, block]
    return stacked


def _with_parts(value: v.Value) -> Iterator[v.Value]:
    for part in value.parts:
        yield from _with_parts(part)
    yield value


def _depth(value: v.Value) -> int:
    return 1 + max((_depth(part) for part in value.parts), default=-1)


def _operator(value: v.Value) -> Any:
    """Return the key of a value; values with equal keys are computed in one step."""
    length = value.months if isinstance(value, v.Spread | v.Slope) else 0
    return _OPERATORS[type(value)], length


def _alike(values: Sequence[Any], key: Callable[[Any], Any]) -> list[list[Any]]:
    """Group the values by key, in the order in which each key first occurs."""
    groups: dict[Any, list[Any]] = {}
    for value in values:
        groups.setdefault(key(value), []).append(value)
    return list(groups.values())


def _level(panel: Panel, value: v.Value) -> NDArray[np.float32]:
    if isinstance(value, v.Code):
        return panel.codes[value.source]
    assert isinstance(value, v.Now)
    signal = panel[value.signal]
    return signal if signal.ndim == 1 else np.asarray(signal[0])
