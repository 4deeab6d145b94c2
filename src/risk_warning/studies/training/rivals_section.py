"""The section of the training report on rivals: a plain scorecard and the untuned model, on the same rows."""

from __future__ import annotations

from risk_warning.model.evaluation import Gain
from risk_warning.model.provenance import Making
from risk_warning.model.risk_model import RiskModel
from risk_warning.reports import Section, Table
from risk_warning.reports.numbers import signed

_NAMES = {
    "scorecard": "the plain logistic scorecard",
    "trees": "trees of the same rows",
    "untuned": "the same without tuning",
}


def rivals_section(model: RiskModel) -> Section:
    """Return the section of the page."""
    rows = []
    for name, rival in model.provenance.evaluation.against.items():
        if rival is not None:
            measures = (rival.auc, rival.ks, rival.calibration_slope, rival.observed_over_expected)
            gains = (_gain(rival.one_row), _gain(rival.all_rows), _gain(rival.clustered))
            rows.append((_NAMES[name], *(f"{value:.4f}" for value in measures), *gains))
    measures = ("rival", "AUC", "KS", "calibration slope", "observed / expected")
    head = (*measures, "AUC, one row each", "AUC, all rows", "AUC, borrowers and months")
    return Section(
        "What it has to be better than",
        (Table(head, tuple(rows)),),
        "The last three columns say how much more AUC the model has, with its 95 % interval: by DeLong's test on one "
        "row a borrower, by a bootstrap over borrowers on all rows where dates are stacked, and with rows of one "
        "borrower and of one month taken together. " + _making(model.provenance.made),
    )


def _gain(gain: Gain | None) -> str:
    if gain is None:
        return "–"
    ends = " to ".join("?" if end is None else signed(end, 4) for end in (gain.low, gain.high))
    return f"{signed(gain.difference, 4)} ({ends})"


def _contacted(made: Making) -> str:
    """Return in words how many rows had been contacted and how training treated them; empty without such data."""
    contacts = made.contacts
    if contacts is None:
        return ""
    dealt = {
        "keep": "; their outcomes, changed by it, were learnt from as they are. ",
        "leave-out": "; they were neither learnt from nor judged by. ",
        "weigh": f"; in place of those contacted by lot ({contacts.helped_by_lot:,}) the hold-out "
        f"({contacts.withheld:,}) was learnt from, and nobody contacted judged the model. ",
    }
    was = f"{contacts.helped:,} rows had been contacted in their window before turning bad"
    return was + dealt[made.recipe.contacted]


def _making(made: Making) -> str:
    """Return in words how the model was made."""
    directions = made.directions
    parameters = ", ".join(f"{name} {value:.4g}" for name, value in made.recipe.parameters.items())
    tuned = f"Tuned by {made.tuned_by_trials} trials: {parameters}. " if made.tuned_by_trials else ""
    left_out = f"Left out since they moved: {', '.join(made.unstable_features)}. " if made.unstable_features else ""
    return (
        f"{tuned}{left_out}{_contacted(made)}The directions of {directions.features} features were seen to be "
        f"kept in {directions.steps:,} moves of {directions.rows} borrowers."
    )
