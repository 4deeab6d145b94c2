"""The HTML page of a training: the verdict, ranking, calibration, stability over time, and the model's features."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_curve

from risk_warning.learning.recipe import SCORECARD
from risk_warning.learning.training import Trained
from risk_warning.model.evaluation import Evaluation, Performance
from risk_warning.model.headline import (
    WITH_INTERVAL,
    against_scorecard,
    calibration_in_words,
    cautions,
    figure,
    who_was_judged,
    with_interval,
)
from risk_warning.reports import (
    Bar,
    BarGroup,
    Block,
    Cards,
    Figure,
    Line,
    Note,
    Scale,
    Section,
    Table,
    bar_chart,
    line_chart,
    page,
)
from risk_warning.reports.numbers import measure_text
from risk_warning.stats.calibration import calibration
from risk_warning.stats.evaluation import MEASURES, calibration_bins, evaluate
from risk_warning.stats.rates import wilson
from risk_warning.stats.stability import MUCH_MOVED, SOME_MOVED, psi
from risk_warning.studies.training.attributes_section import attributes_section
from risk_warning.studies.training.features_section import features_section
from risk_warning.studies.training.rivals_section import rivals_section
from risk_warning.studies.training.windows_section import windows_section

_BINS = 10
_SHARES = np.array([0, 0.01, 0.02, 0.03, 0.05, 0.08, 0.12, 0.16, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0])
"""Shares at which a curve has marks, closest together where it bends; more marks would hide the line."""
_CUTS = 31
"""Number of scores at which the curves by score have marks."""
Floats = NDArray[np.float64]


def training_page(trained: Trained) -> str:
    """Return the page as HTML."""
    provenance, judged = trained.model.provenance, trained.model.provenance.evaluation
    sections = [_measures(judged), _ranking(trained), _calibration(trained), _months(trained)]
    sections.append(rivals_section(trained.model))
    if judged.horizons is not None:
        sections.append(windows_section(trained.model, judged.horizons))
    sections.append(features_section(trained))
    if trained.model.provenance.attributes:
        sections.append(attributes_section(trained.model.provenance.attributes))
    dates = provenance.as_of_dates
    basis = (
        f"Model {trained.model.version}: {provenance.rows:,} rows learnt from, {provenance.bads:,} bad; judged "
        f"{judged.scheme} on {judged.n:,} rows; as-of dates {dates[0]} to {dates[-1]}; data digest "
        f"{provenance.data_digest[:16]}, code {provenance.code_version}."
    )
    return page("Training report", verdict(judged), sections, basis=basis, top=_top(trained))


def verdict(judged: Evaluation) -> str:
    """Return the result of the training in one sentence."""
    return (
        f"Judged {judged.scheme}, {judged.capture_top_5pct:.0%} of the bads are among the riskiest 5 % "
        f"(AUC {with_interval(judged, 'auc')}), and {calibration_in_words(judged)}."
    )


def _top(trained: Trained) -> list[Block]:
    provenance, judged = trained.model.provenance, trained.model.provenance.evaluation
    items = [
        _card("AUC", judged, "auc"),
        _card("AUC, not past due", judged.dpd_0, "auc"),
        _card("bads observed over expected", judged, "observed_over_expected", 2),
        ("KS", measure_text(judged.ks)),
        ("Brier", measure_text(judged.brier)),
        ("bad borrowers that judge it", f"{judged.bad_borrowers:,}"),
        ("proposed threshold, points", f"{trained.model.policy.threshold:.1f}"),
    ]
    rival = judged.against.get(SCORECARD)
    comparison = against_scorecard(None if rival is None else rival.clustered)
    notes = [Note(sentence) for sentence in (who_was_judged(provenance), comparison) if sentence]
    return [
        Cards(tuple(items)),
        *notes,
        *(Note(caution, is_warning=caution.startswith("Leak")) for caution in cautions(provenance)),
    ]


def _card(label: str, judged: Performance, name: str, digits: int = 3) -> tuple[str, str]:
    """Return the label with the interval, and the value, which a card shows in large type."""
    value, _, interval = with_interval(judged, name, digits).partition(" ")
    return f"{label} {interval}".strip(), value


def _measures(judged: Evaluation) -> Section:
    apart: dict[str, Performance] = {"all": judged, "not past due": judged.dpd_0}
    if judged.openings is not None:
        apart["at loan openings"] = judged.openings
    names = ("n", "bads", "bad_borrowers", "bad_rate", *MEASURES)
    rows = [
        (
            name,
            *(with_interval(m, name) if name in WITH_INTERVAL else measure_text(m.value(name)) for m in apart.values()),
        )
        for name in names
    ]
    bands = tuple(
        (
            f"{band.from_months} or more" if band.to_months is None else f"{band.from_months} to {band.to_months}",
            *(measure_text(value) for value in (band.n, band.bads, band.predicted, band.observed)),
            measure_text(band.observed_over_expected),
        )
        for band in judged.by_history
    )
    head = ("months with a record", "rows", "bad", "predicted", "observed", "observed / expected")
    return Section(
        "Performance",
        (Table(("measure", *apart), tuple(rows)), Table(head, bands)),
        "On borrowers and months that the judged model did not learn from, with 95 % intervals clustered by borrower "
        "and by month; borrowers who are not past due are the harder task. Then by length of history, which shows how "
        "far the PD of a thin file can be trusted.",
    )


def _ranking(trained: Trained) -> Section:
    bad, pd = trained.judged.bad, trained.pd
    at_random = Line("at random", ((0.0, 0.0), (1.0, 1.0)))
    reached = np.concatenate(([0], np.cumsum(bad[np.argsort(-pd, kind="stable")]))) / bad.sum()
    called = np.interp(_SHARES, np.linspace(0, 1, len(reached)), reached)
    capture = line_chart(
        "Bads reached by calling the riskiest first",
        [Line("model", _places(_SHARES, called)), at_random],
        Scale.of_shares("share of borrowers called", 1.0),
        Scale.of_shares("share of bads reached", 1.0),
    )
    wrong, right, _ = roc_curve(bad, pd)
    roc = line_chart(
        "ROC",
        [Line("model", _places(_SHARES, np.interp(_SHARES, wrong, right))), at_random],
        Scale.of_shares("share of goods flagged", 1.0),
        Scale.of_shares("share of bads flagged", 1.0),
    )
    score = trained.model.scorecard.score(np.log(pd / (1 - pd)))
    cuts = np.linspace(score.min(), score.max(), _CUTS)
    below = [np.searchsorted(np.sort(score[kind]), cuts, side="right") / kind.sum() for kind in (bad, ~bad)]
    ks = line_chart(
        "Bads and goods with a lower score",
        [Line("bads", _places(cuts, below[0])), Line("goods", _places(cuts, below[1]))],
        Scale.of_range("score, points", float(cuts[0]), float(cuts[-1])),
        Scale.of_shares("share with a lower score", 1.0),
    )
    return Section(
        "How it ranks",
        (
            Figure(capture, "Capture: share of the bads that a team reaches by calling this share of the riskiest."),
            Figure(roc, "ROC: share of bads flagged against share of goods flagged; AUC is the area below the curve."),
            Figure(ks, "KS is the largest distance between the two."),
        ),
    )


def _calibration(trained: Trained) -> Section:
    predicted, observed, rows = calibration_bins(trained.judged.bad, trained.pd, _BINS)
    groups, cells, largest = [], [], 0.0
    for index, (expected, share, n) in enumerate(
        zip(predicted.tolist(), observed.tolist(), rows.tolist(), strict=True)
    ):
        low, high = wilson(round(share * n), n)
        largest = max(largest, expected, high)
        bars = (Bar(expected, f"{expected:.1%}"), Bar(share, f"{share:.1%}", (low, high)))
        groups.append(BarGroup(str(index + 1), bars))
        cells.append((str(index + 1), f"{n:,}", f"{expected:.2%}", f"{share:.2%}", f"{low:.2%} to {high:.2%}"))
    chart = bar_chart(
        "PD predicted and bads observed, by tenth of the borrowers",
        ("predicted", "observed"),
        groups,
        "tenth of the borrowers, the safest first",
        Scale.of_shares("share bad", largest),
    )
    head = ("tenth", "rows", "predicted", "observed", "95 % interval")
    return Section(
        "How far its PDs hold",
        (Figure(chart, "Whiskers are 95 % intervals (Wilson)."), Table(head, tuple(cells)), *_by_day(trained)),
        "The PDs are calibrated where the predicted share lies within the whiskers of the observed one.",
    )


def _by_day(trained: Trained) -> tuple[Block, ...]:
    """Return the calibration by day of the month, for books that are scored on any day."""
    rows = tuple(
        (
            f"{band.from_day} to {band.to_day}",
            f"{band.n:,}",
            f"{band.bads:,}",
            figure(band.observed_over_expected, band.interval, 2),
        )
        for band in trained.model.provenance.by_day_of_month
    )
    if len(rows) < 2:
        return ()
    note = Note(
        "By day of the month of the as-of date, on the training rows of the model in service, with PDs from models "
        "that did not see the borrower. A book can be scored on any day."
    )
    return note, Table(("day of the month", "rows", "bad", "observed / expected (95 %)"), rows)


def _months(trained: Trained) -> Section:
    judged, pd = trained.judged, trained.pd
    used = np.unique(judged.date_index)
    names = [judged.dates[index].isoformat() for index in used]
    group = np.searchsorted(used, judged.date_index)
    by_date = calibration(judged.bad, pd, group, names)
    aucs = [evaluate(judged.bad[group == k], pd[group == k]).auc for k in range(len(used))]
    score = trained.model.scorecard.score(np.log(pd / (1 - pd)))
    moved = [psi(score[group == 0], score[group == k]) for k in range(len(used))]
    rows = tuple(
        (
            part.group,
            f"{part.n:,}",
            f"{part.bads:,}",
            measure_text(auc),
            measure_text(part.observed_over_expected),
            "–" if part.low is None or part.high is None else f"{part.low:.2f} to {part.high:.2f}",
            f"{moved[k]:.3f}",
        )
        for k, (part, auc) in enumerate(zip(by_date, aucs, strict=True))
    )
    blocks: list[Block] = []
    seen = [(k, auc) for k, auc in enumerate(aucs) if auc is not None]
    if len(seen) > 1:
        lines = [Line("AUC", tuple((float(k), float(auc)) for k, auc in seen))]
        axis = Scale.of_names("as-of date", names)
        blocks.append(Figure(line_chart("AUC by as-of date", lines, axis, Scale.of_numbers("AUC", 1.0))))
    head = ("as-of date", "rows", "bad", "AUC", "observed / expected", "95 % interval", "PSI of scores")
    blocks.append(Table(head, rows))
    return Section(
        "How it holds over time",
        tuple(blocks),
        f"PSI of the scores against those of the first date: a small shift below {SOME_MOVED:g}, a large one "
        f"above {MUCH_MOVED:g}.",
    )


def _places(x: Floats, y: Floats) -> tuple[tuple[float, float], ...]:
    return tuple(zip(x.tolist(), y.tolist(), strict=True))
