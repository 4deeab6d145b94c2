"""The interval chart: an arrow points to a value outside the axis, and text never becomes markup."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from risk_warning.reports import ChartInterval, IntervalAxis, IntervalRow, interval_chart


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([-0.012, -0.003], (-0.012, -0.01, -0.008, -0.006, -0.004, -0.002, 0.0)),
        ([0.1, 0.35], (0.0, 0.1, 0.2, 0.3, 0.4)),
        ([0.0, 0.0], (-0.2, 0.0, 0.2)),
    ],
)
def test_an_axis_of_differences_has_round_ticks_and_holds_zero(values: list[float], ticks: tuple[float, ...]) -> None:
    axis = IntervalAxis.around_zero("B minus A", values)
    assert axis.ticks == pytest.approx(ticks)
    assert axis.mark in axis.ticks
    assert all(axis.holds(value) for value in values)


def test_ticks_share_their_decimals() -> None:
    axis = IntervalAxis.around_zero("B minus A", [-0.12, 0.02])
    assert [axis.number(tick) for tick in axis.ticks] == ["−0.15", "−0.10", "−0.05", "0.00", "0.05"]


def test_equal_factors_are_equal_steps() -> None:
    axis = IntervalAxis.of_ratios("observed over expected")
    assert axis.x(2.0) - axis.x(1.0) == pytest.approx(axis.x(1.0) - axis.x(0.5), abs=0.2)
    assert axis.x(9.0) == axis.x(4.0)


def test_what_lies_outside_the_axis_is_pointed_to() -> None:
    lines = [
        IntervalRow("red", (ChartInterval(1.0, 0.9, 1.2), None)),
        IntervalRow("green", (None, ChartInterval(9.0, 5.0, 20.0))),
    ]
    drawn = ElementTree.fromstring(interval_chart("how PDs held", ("A", "B"), lines, IntervalAxis.of_ratios("ratio")))
    assert len(drawn.findall("circle")) == 2, "one in the legend, one for A in red"
    assert len(drawn.findall("rect")) == 1, "the legend's alone: B in green lies outside"
    assert all(" l8 5 l-8 5" in path.attrib["d"] for path in drawn.findall("path"))
    assert len(drawn.findall("path")) == 2


def test_names_are_text_and_never_markup() -> None:
    name = "<b>&\"'"
    chart = interval_chart(name, (name,), [IntervalRow(name, (None,))], IntervalAxis.of_ratios(name))
    drawn = ElementTree.fromstring(chart)
    assert drawn.attrib["aria-label"] == name
    assert [text.text for text in drawn.findall("text")].count(name) == 3
