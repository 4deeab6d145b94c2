"""`risk-warning models`: the versions in the registry."""

from __future__ import annotations

from rich.table import Table

from risk_warning.cli.options import Json
from risk_warning.cli.terminal import Terminal
from risk_warning.settings import load_settings


def models(as_json: Json = False) -> None:
    """List the registered versions: aliases, dates, target, and how well each ranked and was calibrated."""
    from risk_warning.document import json_text
    from risk_warning.registry.listing import registered_models

    entries = registered_models(load_settings())
    if as_json:
        print(json_text(entries))
        return
    if not entries:
        print("No model yet; next: risk-warning train BOOK")
        return
    table = Table("version", "aliases", "model", "trained", "target", "AUC", "O/E", "rows judged")
    table.columns[1].no_wrap = table.columns[3].no_wrap = True
    table.columns[2].overflow = "fold"
    for column in table.columns[5:]:
        column.justify = "right"
    for entry in entries:
        table.add_row(
            str(entry.version),
            ", ".join(entry.aliases) or "–",
            entry.model_version,
            entry.trained_on.isoformat(),
            entry.target,
            "–" if entry.auc is None else f"{entry.auc:.3f}",
            "–" if entry.observed_over_expected is None else f"{entry.observed_over_expected:.2f}",
            "–" if entry.judged_rows is None else f"{entry.judged_rows:,}",
        )
    Terminal().print(table)
