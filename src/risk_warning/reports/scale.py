"""The scale of a chart's axis: round ticks, their texts with the unit, and the position of a value."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

INK, GRID = "#1c2733", "#dfe5eb"
WIDTH, LEFT, RIGHT, BOTTOM = 1000, 70, 40, 52
"""Of every chart, pixels: the full width, and the margins that hold the axes' texts."""
ROW = 24
"""Height of one legend row, pixels."""
_MOST_TEXTS = 13


@dataclass(frozen=True)
class Scale:
    """An axis from its first tick to its last."""

    label: str
    """The plotted quantity, with its unit."""
    ticks: tuple[float, ...]
    """Ascending."""
    texts: tuple[str, ...]
    """One per tick; empty if the tick has no text."""

    @classmethod
    def of_numbers(cls, label: str, largest: float) -> Scale:
        """Return a scale of round numbers from 0 to `largest` or slightly above.

        >>> Scale.of_numbers("months", 18).texts
        ('0', '5', '10', '15', '20')
        """
        ticks = _round_ticks(largest)
        decimals = max(len(f"{tick:g}".partition(".")[2]) for tick in ticks)
        return cls(label, ticks, tuple(f"{tick:,.{decimals}f}" for tick in ticks))

    @classmethod
    def of_range(cls, label: str, low: float, high: float) -> Scale:
        """Return a scale of round numbers, negative ones too, from `low` or slightly below to `high` or slightly above.

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
        """Return a scale of round shares from 0 to `largest` or slightly above, written in per cent.

        >>> Scale.of_shares("share of loans", 0.037).texts
        ('0%', '1%', '2%', '3%', '4%')
        """
        ticks = _round_ticks(100 * largest)
        decimals = max(len(f"{tick:g}".partition(".")[2]) for tick in ticks)
        return cls(label, tuple(tick / 100 for tick in ticks), tuple(f"{tick:.{decimals}f}%" for tick in ticks))

    @classmethod
    def of_names(cls, label: str, names: Sequence[str]) -> Scale:
        """Return a scale of positions 0, 1, 2 …, one per name; of many names, only every second, third … is written."""
        every = -(-len(names) // _MOST_TEXTS)
        texts = tuple(name if index % every == 0 else "" for index, name in enumerate(names))
        return cls(label, tuple(float(index) for index in range(len(names))), texts)

    def part(self, value: float) -> float:
        """Return the position of a value along the axis, from 0 to 1; values outside are placed at its ends."""
        first, last = self.ticks[0], self.ticks[-1]
        return 0.5 if first == last else (min(max(value, first), last) - first) / (last - first)


def across(scale: Scale, value: float) -> float:
    """Return the x coordinate of a value on the x axis, pixels from the left."""
    return round(LEFT + scale.part(value) * (WIDTH - LEFT - RIGHT), 1)


def _round_ticks(largest: float) -> tuple[float, ...]:
    largest = largest if largest > 0 else 1.0
    step = _round_step(largest)
    # The last tick is not below the largest value; rounding keeps 0.30000000000000004 off the page.
    return tuple(round(k * step, 10) for k in range(math.ceil(round(largest / step, 9)) + 1))


def _round_step(width: float) -> float:
    """Return 1, 2 or 5 times a power of ten, such that at most five steps fit into `width`."""
    step: float = 10.0 ** math.floor(math.log10(width / 4))
    return step * next(k for k in (1, 2, 5, 10) if width / (k * step) <= 5)
