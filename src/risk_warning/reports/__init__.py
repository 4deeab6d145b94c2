"""Reports: the shared design of all report pages; each page is one HTML file without external resources, fit to print.

`page` arranges blocks (`Cards`, `Table`, `Heat`, `Listing`, `Note`, `Figure`, `Gallery`, `Folded`) in sections; the
chart functions return SVG.
"""

from risk_warning.reports.bar_chart import Bar, BarGroup, bar_chart
from risk_warning.reports.histogram import Bin, histogram
from risk_warning.reports.interval_chart import ChartInterval, IntervalAxis, IntervalRow, interval_chart
from risk_warning.reports.line_chart import Line, line_chart
from risk_warning.reports.month_bars import MonthBar, month_bars
from risk_warning.reports.month_grid import MonthShares, month_grid
from risk_warning.reports.page import (
    Block,
    Cards,
    Chip,
    Figure,
    Folded,
    Gallery,
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
from risk_warning.reports.small_chart import SmallBar, level_bars, small_bars

__all__ = [
    "Bar",
    "BarGroup",
    "Bin",
    "Block",
    "Cards",
    "ChartInterval",
    "Chip",
    "Figure",
    "Folded",
    "Gallery",
    "Heat",
    "HeatCell",
    "IntervalAxis",
    "IntervalRow",
    "Line",
    "Lines",
    "Listing",
    "MonthBar",
    "MonthShares",
    "Note",
    "Scale",
    "Section",
    "SmallBar",
    "Table",
    "bar_chart",
    "check_writable",
    "histogram",
    "interval_chart",
    "level_bars",
    "line_chart",
    "month_bars",
    "month_grid",
    "page",
    "small_bars",
    "write_page",
]
