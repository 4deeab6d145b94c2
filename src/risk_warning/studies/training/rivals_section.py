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
    columns = ("rival", "AUC", "KS", "calibration slope", "observed / expected")
    head = (*columns, "AUC, one row each", "AUC, all rows", "AUC, borrowers and months")
    return Section(
        "Comparison with simpler models",
        (Table(head, tuple(rows)),),
        "The last three columns give the model's gain in AUC with its 95 % interval: by DeLong's test on one row per "
        "borrower, by a bootstrap over borrowers on the rows of all dates, and clustered by borrower and by month. "
        + _making(model.provenance.made),
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
        "keep": "; their outcomes, which the contact may have changed, were used as they are. ",
        "leave-out": "; these rows were used neither for training nor for evaluation. ",
        "weigh": f"; in place of those contacted by lot ({contacts.helped_by_lot:,}) the hold-out "
        f"({contacts.withheld:,}) was learnt from, and no contacted borrower was used for evaluation. ",
    }
    was = f"{contacts.helped:,} rows had been contacted in their window before turning bad"
    return was + dealt[made.recipe.contacted]


def _making(made: Making) -> str:
    """Return in words how the model was made."""
    directions = made.directions
    parameters = ", ".join(f"{name} {value:.4g}" for name, value in made.recipe.parameters.items())
    tuned = f"Tuned by {made.tuned_by_trials} trials: {parameters}. " if made.tuned_by_trials else ""
    unstable = ", ".join(made.unstable_features)
    left_out = f"Left out because their PSI is too large: {unstable}. " if unstable else ""
    return (
        f"{tuned}{left_out}{_contacted(made)}The directions of {directions.features} features held in "
        f"{directions.steps:,} steps on {directions.rows} borrowers."
    )
