"""The model card: one page of Markdown on the model's purpose, its training data and its performance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from risk_warning.core.features import FAMILIES
from risk_warning.core.protected_names import PROTECTED
from risk_warning.model.evaluation import DayBand, HorizonEvaluation, Performance
from risk_warning.model.headline import WITH_INTERVAL, cautions, figure, who_was_judged, with_interval
from risk_warning.model.provenance import OpeningRows
from risk_warning.reports.numbers import measure_text
from risk_warning.stats.evaluation import HistoryBand

if TYPE_CHECKING:
    from risk_warning.model.risk_model import RiskModel

_MEASURES = ("auc", "ks", "brier", "ece", "calibration_slope", "observed_over_expected", "capture_top_5pct")


def card(model: RiskModel) -> str:
    """Return the text of the card."""
    provenance, target, policy = model.provenance, model.target, model.policy
    dates, judged = provenance.as_of_dates, provenance.evaluation
    limit = (
        "any days past due" if target.eligible_max_dpd is None else f"at most {target.eligible_max_dpd} days past due"
    )
    count = Counter(feature.family for feature in model.features)
    rows = [f"| {name} | {_figure(judged, name)} | {_figure(judged.dpd_0, name)} |" for name in _MEASURES]
    families = [f"| {family} | {count[family]} |" for family in FAMILIES]
    return "\n".join(
        [
            f"# Model {model.version}",
            "",
            "Finds borrowers who are likely to fall behind, so that a person can offer help before the due date. It "
            "must not be used to refuse credit, set prices, or punish.",
            "",
            "## What it predicts",
            "",
            f"The probability that a borrower reaches {target.bad_dpd} days past due, or is written off, within "
            f"{target.horizon_months} month(s) of the as-of date (or what the table `outcomes` says). For borrowers "
            f"with an open loan, {limit}, and at least {target.min_history} months with a record.",
            "",
            "## Training data",
            "",
            f"{provenance.rows:,} rows ({provenance.bads:,} bad) of {provenance.borrowers:,} borrowers "
            f"({provenance.bad_borrowers:,} bad) on {len(dates)} as-of date(s), {dates[0]} to {dates[-1]}; data digest "
            f"`{provenance.data_digest[:16]}`, code {provenance.code_version}.",
            "",
            *(line for caution in cautions(provenance) for line in (caution, "")),
            *_attributes(model),
            "| family | features |",
            "| --- | --- |",
            *families,
            "",
            *_declared(model),
            f"## Performance ({judged.scheme})",
            "",
            who_was_judged(provenance),
            "",
            f"{judged.n:,} rows, {measure_text(judged.bad_rate)} bad, of {judged.bad_borrowers:,} bad borrowers; "
            f"{judged.dpd_0.n:,} rows were not past due at all ({measure_text(judged.dpd_0.bad_rate)} bad). In "
            "brackets: 95 % intervals, clustered by borrower and by month.",
            "",
            "| measure | all | not past due |",
            "| --- | --- | --- |",
            *rows,
            "",
            *_history(judged.by_history),
            *_by_day(provenance.by_day_of_month),
            *_horizons(model, judged.horizons),
            *_openings(provenance.openings, judged.openings),
            "## Its scale",
            "",
            f"{model.scorecard.base_score:g} points are odds of {model.scorecard.base_odds_good_bad:g}:1 good to bad; "
            f"{model.scorecard.pdo:g} more points double the odds. Proposed policy `{policy.version}`: red below "
            f"{policy.red_below:.1f}, safety threshold {policy.threshold:.1f}, green from {policy.yellow_below:.1f}.",
            "",
        ]
    )


def _attributes(model: RiskModel) -> list[str]:
    """Return lines on attributes the model reads, those allowed although they look protected, and those kept out."""
    use = model.provenance.attributes
    if use is None:
        return [f"Never entered: {', '.join(model.provenance.protected or PROTECTED)}.", ""]
    allowed = [one for one in use.used if one.allowed]
    return [
        f"Attributes used: {', '.join(one.column for one in use.used) or 'none'}. Never entered: "
        f"{', '.join(model.provenance.protected)}, nor, unless it is allowed with a reason, a column whose name or "
        "values look protected.",
        "",
        *(f"- `{one.column}` looks protected but is used: {one.allowed}" for one in allowed),
        *([""] if allowed else []),
        *(["| kept out | why |", "| --- | --- |"] if use.kept_out else ["Kept out of this book: nothing.", ""]),
        *(f"| `{one.column}` | {one.why} |" for one in use.kept_out),
        *([""] if use.kept_out else []),
    ]


def _declared(model: RiskModel) -> list[str]:
    """Return lines on the features that the lender declares."""
    rows = [f"| `{feature.name}` | {feature} |" for feature in model.observed.declared]
    return [*("| declared by the lender | computed from |", "| --- | --- |"), *rows, ""] if rows else []


def _history(bands: Sequence[HistoryBand]) -> list[str]:
    """Return lines on calibration by length of history."""
    return [
        "By length of history, months with a record:",
        "",
        "| months | rows | bad | predicted | observed | observed / expected |",
        "| --- | --- | --- | --- | --- | --- |",
        *(
            f"| {_months(band)} | {band.n:,} | {band.bads:,} | {measure_text(band.predicted)} | "
            f"{measure_text(band.observed)} | {measure_text(band.observed_over_expected)} |"
            for band in bands
        ),
        "",
    ]


def _by_day(bands: Sequence[DayBand]) -> list[str]:
    """Return lines on calibration by day of the month; empty for a book that is scored on a single day."""
    if len(bands) < 2:
        return []
    return [
        "By day of the month, on the training rows of the model in service, with PDs from models that did not see the "
        "borrower:",
        "",
        "| days | rows | bad | observed / expected |",
        "| --- | --- | --- | --- |",
        *(
            f"| {band.from_day}–{band.to_day} | {band.n:,} | {band.bads:,} | "
            f"{figure(band.observed_over_expected, band.interval, 2)} |"
            for band in bands
        ),
        "",
    ]


def _figure(judged: Performance, name: str) -> str:
    """Return a measure, with its interval if it has one."""
    return with_interval(judged, name) if name in WITH_INTERVAL else measure_text(judged.value(name))


def _horizons(model: RiskModel, judged: HorizonEvaluation | None) -> list[str]:
    """Return lines on the windows the model predicts; empty if it was not evaluated by them."""
    if judged is None:
        return []
    order = judged.order
    timing = (
        "Too few borrowers turned bad to compare the order in which they did with the expected order."
        if order is None
        else f"Among borrowers who turned bad, the rank correlation of the expected and the true time is "
        f"{order.correlation:.2f} "
        f"({order.low:.2f} to {order.high:.2f}, {order.n:,} rows)."
    )
    return [
        f"By window; the threshold is that of {model.target.horizon_months} month(s). {timing}",
        "",
        "| months | n | bad_rate | auc | calibration_slope | observed_over_expected |",
        "| --- | --- | --- | --- | --- | --- |",
        *(
            f"| {months} | {measures.n:,} | {measure_text(measures.bad_rate)} | {measure_text(measures.auc)} | "
            f"{measure_text(measures.calibration_slope)} | {measure_text(measures.observed_over_expected)} |"
            for months, measures in sorted(judged.windows.items())
        ),
        "",
    ]


def _months(band: HistoryBand) -> str:
    return f"{band.from_months} or more" if band.to_months is None else f"{band.from_months}–{band.to_months}"


def _openings(learnt: OpeningRows | None, judged: Performance | None) -> list[str]:
    """Return lines on loan openings; empty for a model that did not learn from them."""
    if learnt is None or judged is None:
        return []
    return [
        f"At loan review: {learnt.rows:,} of the training rows ({learnt.bads:,} bad) are borrowers the day "
        f"after they opened a loan. {judged.n:,} openings that it had not seen: {measure_text(judged.bad_rate)} "
        f"bad, auc {measure_text(judged.auc)}, ks {measure_text(judged.ks)}, calibration_slope "
        f"{measure_text(judged.calibration_slope)}, observed_over_expected "
        f"{measure_text(judged.observed_over_expected)}.",
        "",
    ]
