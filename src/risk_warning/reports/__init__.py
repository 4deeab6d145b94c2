"""Reports: the one design of every page a risk team shows; a file of HTML that fetches nothing and prints well.

`page` puts blocks (`Cards`, `Table`, `Heat`, `Note`, `Figure`) into sections; the charts are functions that give SVG.
"""

from risk_warning.reports.bar_chart import Bar, BarGroup, bar_chart
from risk_warning.reports.interval_chart import Interval, IntervalAxis, IntervalRow, interval_chart
from risk_warning.reports.line_chart import Line, line_chart
from risk_warning.reports.page import (
    Block,
    Cards,
    Figure,
    Heat,
    HeatCell,
    Note,
    Section,
    Table,
    check_writable,
    page,
    write_page,
)
from risk_warning.reports.scale import Scale

__all__ = [
    "Bar",
    "BarGroup",
    "Block",
    "Cards",
    "Figure",
    "Heat",
    "HeatCell",
    "Interval",
    "IntervalAxis",
    "IntervalRow",
    "Line",
    "Note",
    "Scale",
    "Section",
    "Table",
    "bar_chart",
    "check_writable",
    "interval_chart",
    "line_chart",
    "page",
    "write_page",
]
