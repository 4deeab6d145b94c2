"""The section of the training report on windows: calibration, and whether bads came in the expected order."""

from __future__ import annotations

from risk_warning.learning.horizons import SHOWN
from risk_warning.model.risk_model import RiskModel
from risk_warning.reports import Note, Section, Table


def windows_section(model: RiskModel) -> Section:
    """Return the section of the page; the model must have been evaluated by window."""
    judged = model.about["evaluation"]["horizons"]
    rows = tuple(
        (f"{months} months", f"{measures['n']:,}", *(_shown(measures[name]) for name in SHOWN[1:]))
        for months, measures in judged["windows"].items()
    )
    notes = [f"{months} months left out: {why}." for months, why in model.about["horizons_left_out"].items()]
    if (order := judged["order"]) is not None:
        notes.append(
            f"Expected time to overdue against the true one, of {order['n']:,} rows that turned bad within "
            f"{model.horizons.months[-1]} months: rank correlation {order['correlation']:.2f}, 95 % interval "
            f"{order['low']:.2f} to {order['high']:.2f} (bootstrap over borrowers)."
        )
    return Section(
        "Within other windows",
        (Table(("within", "rows", *SHOWN[1:]), rows), *(Note(note) for note in notes)),
        f"The policy acts on {model.target.horizon_months} months. PDs of a longer window are never lower. Rows are "
        "those whose window had ended.",
    )


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"
