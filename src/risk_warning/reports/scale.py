"""The scale of a chart's axis: round ticks, their text with its unit, and where a value stands."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

INK, GRID = "#1c2733", "#dfe5eb"
WIDTH, LEFT, RIGHT, BOTTOM = 1000, 70, 40, 52
"""Of every chart, pixels: the whole, and the margins the axes' texts stand in."""
ROW = 24
"""Height of one row of a legend, pixels."""
_MOST_TEXTS = 13


@dataclass(frozen=True)
class Scale:
    """An axis from its first tick to its last."""

    label: str
    """What is shown, with its unit."""
    ticks: tuple[float, ...]
    """Rising."""
    texts: tuple[str, ...]
    """One a tick; empty where the tick has none."""

    @classmethod
    def of_numbers(cls, label: str, largest: float) -> Scale:
        """Round numbers from 0 to `largest` or a little above.

        >>> Scale.of_numbers("months", 18).texts
        ('0', '5', '10', '15', '20')
        """
        ticks = _round_ticks(largest)
        decimals = max(len(f"{tick:g}".partition(".")[2]) for tick in ticks)
        return cls(label, ticks, tuple(f"{tick:,.{decimals}f}" for tick in ticks))

    @classmethod
    def of_range(cls, label: str, low: float, high: float) -> Scale:
        """Round numbers from `low` or a little below to `high` or a little above, negative ones too.

        >>> Scale.of_range("points", 538, 612).texts
        ('520', '540', '560', '580', '600', '620')
        """
        step = _round_step(high - low if high > low else 1.0)
        first, last = math.floor(round(low / step, 9)), math.ceil(round(high / step, 9))
        ticks = tuple(round(k * step, 10) for k in range(first, last + 1))
        decimals = max(len(f"{tick:g}".partition(".")[2]) for tick in ticks)
        return cls(label, ticks, tuple(f"{tick:,.{decimals}f}".replace("-", "−") for tick in ticks))

    @classmethod
    def of_shares(cls, label: str, largest: float) -> Scale:
        """Round shares from 0 to `largest` or a little above, written in per cent.

        >>> Scale.of_shares("share of loans", 0.037).texts
        ('0%', '1%', '2%', '3%', '4%')
        """
        ticks = _round_ticks(100 * largest)
        decimals = max(len(f"{tick:g}".partition(".")[2]) for tick in ticks)
        return cls(label, tuple(tick / 100 for tick in ticks), tuple(f"{tick:.{decimals}f}%" for tick in ticks))

    @classmethod
    def of_names(cls, label: str, names: Sequence[str]) -> Scale:
        """The positions 0, 1, 2 … with a name each; of many names every second, third … is written."""
        every = -(-len(names) // _MOST_TEXTS)
        texts = tuple(name if index % every == 0 else "" for index, name in enumerate(names))
        return cls(label, tuple(float(index) for index in range(len(names))), texts)

    def part(self, value: float) -> float:
        """How far along the axis a value stands, from 0 to 1; values outside stand at its ends."""
        first, last = self.ticks[0], self.ticks[-1]
        return 0.5 if first == last else (min(max(value, first), last) - first) / (last - first)


def across(scale: Scale, value: float) -> float:
    """Where a value of the axis across stands, pixels from the left."""
    return round(LEFT + scale.part(value) * (WIDTH - LEFT - RIGHT), 1)


def _round_ticks(largest: float) -> tuple[float, ...]:
    largest = largest if largest > 0 else 1.0
    step = _round_step(largest)
    # The last tick holds the largest value; rounding keeps 0.30000000000000004 off the page.
    return tuple(round(k * step, 10) for k in range(math.ceil(round(largest / step, 9)) + 1))


def _round_step(width: float) -> float:
    """1, 2 or 5 times a power of ten, of which `width` holds at most five."""
    step: float = 10.0 ** math.floor(math.log10(width / 4))
    return step * next(k for k in (1, 2, 5, 10) if width / (k * step) <= 5)
