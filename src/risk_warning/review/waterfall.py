"""The waterfall: an SVG chart of one score, from the base through the largest contributions."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

import numpy as np

from risk_warning.core.policy import BANDS, BANDS_ZH, Policy
from risk_warning.core.wording import Language, span_in_words
from risk_warning.model.typical import TypicalNumber
from risk_warning.review.explanation import Contribution, Explanation

TOP = 10
WORDS = {
    "title": {"en": "How the score of {score} came about", "zh": "{score} 分是怎样得出的"},
    "gives": {"en": "gives points", "zh": "加分"},
    "costs": {"en": "costs points", "zh": "扣分"},
    "note": {
        "en": "Each line is something measured, with its value; the blue ones speak for the borrower.",
        "zh": "每行是一项指标及其取值；蓝色的对借款人有利。",
    },
    "base": {"en": "Where everybody starts", "zh": "起点（对所有人相同）"},
    "others": {"en": "All other features ({count})", "zh": "其余{count}项特征合计"},
    "score": {"en": "Score: band {band}", "zh": "评分：{band}色等级"},
    "cut": {"en": "Score: band {band} (the scale ends here)", "zh": "评分：{band}色等级（已达量表端点）"},
    "threshold": {"en": "safety threshold {threshold}", "zh": "安全线 {threshold}"},
    "axis": {"en": "score, points", "zh": "评分"},
    "usual": {"en": "usual: {span}", "zh": "常见：{span}"},
}
_INK, _QUIET, _GRID, _BLUE, _RED, _LINE = "#1f2933", "#66727f", "#e6eaee", "#1f5a99", "#b3261e", "#8a5a00"
_FONTS = "'Noto Sans', 'Segoe UI', Helvetica, Arial, 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', sans-serif"
_WIDTH, _LABELS, _TOP, _ROW, _FOOT = 1000, 448, 118, 42, 52
_LEFT, _RIGHT = _LABELS + 24, _WIDTH - 28
_LONGEST = 70
"""Maximum number of characters in a label."""


@dataclass(frozen=True)
class _Bar:
    """One line: from one running total to the next; a marker if both are equal and `points` is None."""

    label: str
    detail: str
    start: float
    end: float
    points: float | None


def waterfall(
    explanation: Explanation, policy: Policy, *, language: Language = "en", minor_unit_decimals: int = 2
) -> str:
    """Return a standalone SVG (no script, nothing fetched) of the base, the features and the score.

    It shows the ten features with the largest points, positive or negative, and the sum of all others. A line through
    the whole chart marks the safety threshold.
    """
    bars = tuple(_bars(explanation, policy, language, minor_unit_decimals))
    axis = _Axis.over([*(b.start for b in bars), *(b.end for b in bars), policy.threshold])
    bottom = _TOP + _ROW * len(bars)
    height = bottom + _FOOT
    title = _said("title", language, score=_whole(explanation.score))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" '
        f'role="img" font-family="{_FONTS}" font-size="13" fill="{_INK}">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{_WIDTH}" height="{height}" rx="8" fill="#ffffff"/>',
        _text(28, 38, title, size=19, weight=600),
        *_legend(language),
        *_grid(axis, bottom, language),
    ]
    # Drawn before the numbers, so that their white outline stays visible.
    words = _said("threshold", language, threshold=_whole(policy.threshold))
    parts += _threshold(axis.x(policy.threshold), bottom, words)
    for line, bar in enumerate(bars):
        parts += _line(bar, _TOP + _ROW * line, axis, is_last=line == len(bars) - 1)
    return "\n".join((*parts, "</svg>\n"))


def _bars(explanation: Explanation, policy: Policy, language: Language, decimals: int) -> Iterator[_Bar]:
    total = explanation.base_points
    yield _Bar(_said("base", language), "", total, total, None)
    top = [c for c in explanation.contributions if c.points][:TOP]
    for contribution in top:
        label = contribution.label[language]
        detail = _detail(contribution, language, decimals)
        yield _Bar(label, detail, total, total + contribution.points, contribution.points)
        total += contribution.points
    rest = math.fsum(c.points for c in explanation.contributions) - math.fsum(c.points for c in top)
    others = _said("others", language, count=str(len(explanation.contributions) - len(top)))
    yield _Bar(others, "", total, explanation.sum_of_points, rest)
    is_cut = abs(explanation.score - explanation.sum_of_points) > 0.005
    band = BANDS[policy.bands(np.array([explanation.score]))[0]]
    named = _said("cut" if is_cut else "score", language, band=band if language == "en" else BANDS_ZH[band])
    yield _Bar(named, "", explanation.score, explanation.score, None)


def _detail(contribution: Contribution, language: Language, decimals: int) -> str:
    """Return the borrower's value and the interquartile range of the others."""
    own, typical = contribution.value_text[language], contribution.typical
    if not isinstance(typical, TypicalNumber) or typical.p25 is None or typical.p75 is None:
        return own
    span = span_in_words(typical.p25, typical.p75, contribution.unit, language, decimals)
    return f"{own}  ·  {_said('usual', language, span=span)}"


@dataclass(frozen=True)
class _Axis:
    """A scale from points to pixels."""

    low: float
    high: float

    @classmethod
    def over(cls, values: Sequence[float]) -> _Axis:
        """Return an axis with room for a label at either end."""
        room = max((max(values) - min(values)) * 0.14, 4.0)
        return cls(min(values) - room, max(values) + room)

    def x(self, points: float) -> float:
        return _LEFT + (points - self.low) / (self.high - self.low) * (_RIGHT - _LEFT)

    def ticks(self) -> list[float]:
        """Return round numbers of points, at most eight."""
        rough = (self.high - self.low) / 8
        size = 10.0 ** math.floor(math.log10(rough))
        step = next(size * k for k in (1, 2, 5, 10) if size * k >= rough)
        first, last = math.ceil(self.low / step), math.floor(self.high / step)
        return [k * step for k in range(first, last + 1)]


def _legend(language: Language) -> Iterator[str]:
    x = 28.0
    for key, colour in (("gives", _BLUE), ("costs", _RED)):
        yield f'<rect x="{x}" y="54" width="12" height="12" rx="2" fill="{colour}"/>'
        yield _text(x + 18, 65, _said(key, language), colour=_QUIET)
        x += 118 if language == "en" else 68
    yield _text(x, 65, _said("note", language), colour=_QUIET)


def _grid(axis: _Axis, bottom: float, language: Language) -> Iterator[str]:
    for tick in axis.ticks():
        x = axis.x(tick)
        yield f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{bottom}" stroke="{_GRID}"/>'
        yield _text(x, bottom + 20, _whole(tick), colour=_QUIET, anchor="middle", size=12)
    yield _text(_RIGHT, bottom + 40, _said("axis", language), colour=_QUIET, anchor="end", size=12)


def _line(bar: _Bar, y: float, axis: _Axis, *, is_last: bool) -> Iterator[str]:
    middle, start, end = y + _ROW / 2, axis.x(bar.start), axis.x(bar.end)
    is_marker = bar.points is None
    weight = 600 if is_marker else 400
    if bar.detail:
        yield _text(_LABELS, middle - 3, _short(bar.label), anchor="end")
        yield _text(_LABELS, middle + 13, _short(bar.detail), colour=_QUIET, anchor="end", size=11.5)
    else:
        yield _text(_LABELS, middle + 5, _short(bar.label), anchor="end", weight=weight)
    if is_marker:
        yield f'<circle cx="{end:.1f}" cy="{middle:.1f}" r="6.5" fill="{_INK}"/>'
        yield _text(end + 13, middle + 5, f"{bar.end:.1f}", weight=600, halo=True)
    else:
        costs = end < start
        left, width = min(start, end), max(abs(end - start), 1.0)
        colour = _RED if costs else _BLUE
        yield (
            f'<rect x="{left:.1f}" y="{middle - 10:.1f}" width="{width:.1f}" height="20" rx="2" fill="{colour}" '
            f'fill-opacity="0.88"/>'
        )
        at, anchor = (left - 6, "end") if costs else (left + width + 6, "start")
        yield _text(at, middle + 5, _signed(bar.points or 0.0), colour=colour, anchor=anchor, weight=600, halo=True)
    if not is_last:
        yield (
            f'<line x1="{end:.1f}" x2="{end:.1f}" y1="{middle + 10:.1f}" y2="{middle + _ROW - 10:.1f}" '
            f'stroke="{_QUIET}" stroke-width="1"/>'
        )


def _threshold(x: float, bottom: float, words: str) -> Iterator[str]:
    yield (
        f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP - 8}" y2="{bottom}" stroke="{_LINE}" stroke-width="1.5" '
        'stroke-dasharray="5 4"/>'
    )
    # Near the right edge the text would run out of the chart.
    anchor: Literal["end", "start"] = "end" if x > (_LEFT + _RIGHT) / 2 else "start"
    yield _text(x, _TOP - 14, words, colour=_LINE, anchor=anchor, weight=600, size=12.5)


def _text(
    x: float,
    y: float,
    words: str,
    *,
    colour: str = _INK,
    anchor: str = "start",
    size: float = 13,
    weight: int = 400,
    halo: bool = False,
) -> str:
    # A white outline keeps a number readable where a line crosses it.
    rim = ' stroke="#ffffff" stroke-width="3.5" paint-order="stroke" stroke-linejoin="round"' if halo else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" font-weight="{weight}" '
        f'fill="{colour}"{rim}>{escape(words)}</text>'
    )


def _said(key: str, language: Language, **values: str) -> str:
    return WORDS[key][language].format(**values)


def _short(words: str) -> str:
    return words if len(words) <= _LONGEST else words[: _LONGEST - 1] + "…"


def _whole(points: float) -> str:
    return f"{points:.0f}"


def _signed(points: float) -> str:
    return f"{points:+.1f}".replace("-", "−")
