"""The section of the training report on windows: calibration, and whether bads came in the expected order."""

from __future__ import annotations

from risk_warning.model.evaluation import HorizonEvaluation
from risk_warning.model.risk_model import RiskModel
from risk_warning.reports import Note, Section, Table
from risk_warning.reports.numbers import measure_text


def windows_section(model: RiskModel, judged: HorizonEvaluation) -> Section:
    """Return the section of the page."""
    rows = tuple(
        (
            f"{months} months",
            f"{measures.n:,}",
            measure_text(measures.bad_rate),
            measure_text(measures.auc),
            measure_text(measures.calibration_slope),
            measure_text(measures.observed_over_expected),
        )
        for months, measures in judged.windows.items()
    )
    head = ("within", "rows", "bad_rate", "auc", "calibration_slope", "observed_over_expected")
    notes = [f"{months} months left out: {why}." for months, why in model.provenance.horizons_left_out.items()]
    if (order := judged.order) is not None:
        notes.append(
            f"Expected time to overdue against the true one, of {order.n:,} rows that turned bad within "
            f"{model.horizons.months[-1]} months: rank correlation {order.correlation:.2f}, 95 % interval "
            f"{order.low:.2f} to {order.high:.2f} (bootstrap over borrowers)."
        )
    return Section(
        "Within other windows",
        (Table(head, rows), *(Note(note) for note in notes)),
        f"The policy acts on {model.target.horizon_months} months. PDs of a longer window are never lower. Only rows "
        "whose window has ended are included.",
    )
