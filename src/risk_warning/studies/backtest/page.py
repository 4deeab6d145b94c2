"""The HTML page and the terminal table of a backtest: which recipe does best over time."""

from __future__ import annotations

from rich.table import Table as TerminalTable

from risk_warning.reports import Cards, Figure, Heat, HeatCell, Line, Scale, Section, Table, line_chart, page
from risk_warning.studies.backtest.result import Backtest, BacktestCell


def backtest_page(result: Backtest) -> str:
    """Return the page as HTML."""
    lost = result.regret
    names = [one.name for one in result.recipes]
    days = [day.isoformat() for day in result.dates]
    most = max(float(lost.regret.max()), 1e-9)
    heat = tuple(
        (
            day,
            tuple(
                HeatCell(f"{lost.regret[i, k]:.4f}", float(lost.regret[i, k]) / most, f"AUC {lost.auc[i, k]:.4f}")
                for i in range(len(names))
            ),
        )
        for k, day in enumerate(days)
    )
    lines = [
        Line(name, tuple((float(k), float(value)) for k, value in enumerate(lost.auc[i])))
        for i, name in enumerate(names)
    ]
    low, high = float(lost.auc.min()), float(lost.auc.max())
    chart = line_chart("AUC on later outcomes", lines, Scale.of_names("date", days), Scale.of_range("AUC", low, high))
    rows = tuple(
        (
            name,
            f"{lost.mean[i]:.4f}",
            f"{lost.mean_low[i]:.4f} to {lost.mean_high[i]:.4f}",
            f"{lost.largest[i]:.4f}",
            f"{lost.best_share[i]:.0%}",
            f"{lost.auc[i].mean():.4f}",
        )
        for i, name in enumerate(names)
    )
    head = ("recipe", "mean regret", "95 % interval", "largest", "best in draws", "mean AUC")
    learnt = tuple(
        (
            day,
            *(_learnt(cells[k]) for cells in result.cells),
        )
        for k, day in enumerate(days)
    )
    sections = [
        Section(
            "Regret",
            (Table(head, rows), Heat("date", tuple(names), heat)),
            "AUC that each recipe lost, compared with the best recipe of the same date. Intervals: bootstrap over "
            "borrowers, with the same draws for all dates and recipes.",
        ),
        Section(
            "Date by date",
            (Figure(chart),),
            "Each model is trained as of the date and tested on the outcomes after it.",
        ),
        Section(
            "What each recipe learnt from",
            (Table(("date", *names), learnt),),
            "All outcome windows had ended by the date, and labels use only what had been recorded before it.",
        ),
    ]
    spec = result.spec
    top = Cards((("advised", names[lost.advised]), ("recipes", str(len(names))), ("dates", str(len(days)))))
    basis = f"{spec.bad_dpd} days past due within {spec.horizon_months} months; {days[0]} to {days[-1]}."
    return page("Backtest: which recipe does best over time", result.verdict, sections, basis=basis, top=[top])


def _learnt(cell: BacktestCell) -> str:
    return f"{cell.rows:,} rows, {cell.bads:,} bad, to {cell.outcomes_end}"


def table(result: Backtest) -> TerminalTable:
    """Return the regrets as a table for a terminal."""
    lost = result.regret
    terminal_table = TerminalTable("date", *(one.name for one in result.recipes), title=result.verdict)
    for k, day in enumerate(result.dates):
        terminal_table.add_row(
            str(day), *(f"{lost.regret[i, k]:.4f} ({lost.auc[i, k]:.4f})" for i in range(len(result.recipes)))
        )
    terminal_table.add_section()
    terminal_table.add_row("mean", *(f"{value:.4f}" for value in lost.mean))
    terminal_table.add_row("largest", *(f"{value:.4f}" for value in lost.largest))
    terminal_table.caption = "regret (AUC); regret is the AUC lost compared with the best recipe of the date"
    return terminal_table
