"""Reports: the shared design of all report pages; each page is one HTML file without external resources, fit to print.

`page` arranges blocks (`Cards`, `Table`, `Heat`, `Listing`, `Note`, `Figure`) in sections; the chart functions return
SVG.
"""

from risk_warning.reports.bar_chart import Bar, BarGroup, bar_chart
from risk_warning.reports.histogram import Bin, histogram
from risk_warning.reports.interval_chart import ChartInterval, IntervalAxis, IntervalRow, interval_chart
from risk_warning.reports.line_chart import Line, line_chart
from risk_warning.reports.page import (
    Block,
    Cards,
    Chip,
    Figure,
    Heat,
    HeatCell,
    Lines,
    Listing,
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
    "Bin",
    "Block",
    "Cards",
    "ChartInterval",
    "Chip",
    "Figure",
    "Heat",
    "HeatCell",
    "IntervalAxis",
    "IntervalRow",
    "Line",
    "Lines",
    "Listing",
    "Note",
    "Scale",
    "Section",
    "Table",
    "bar_chart",
    "check_writable",
    "histogram",
    "interval_chart",
    "line_chart",
    "page",
    "write_page",
]
