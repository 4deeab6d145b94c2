"""Pictures of an evaluated model: the charts that a risk team looks at before it trusts a number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_curve

from risk_warning.core.policy import BANDS
from risk_warning.stats.evaluation import calibration_bins

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from risk_warning.learning.training import Trained

_BLUE, _GREY, _RED = "#1f5a99", "#9aa5b1", "#b3261e"
BAND_COLOURS = {"red": "#b3261e", "orange": "#e07b00", "yellow": "#d9b300", "green": "#2e7d32"}
_EXPLAINED_ROWS = 2000


def pictures(trained: Trained) -> Iterator[tuple[str, Figure]]:
    """Yield (file name, figure) of ROC, KS, calibration, lift, score distribution by band, and SHAP summary."""
    judged = trained.model.provenance.evaluation
    bad, pd = trained.judged.bad, trained.pd
    wrong, right, _ = roc_curve(bad, pd)

    figure, axes = _axes(f"ROC, AUC {judged.auc:.3f} ({judged.scheme})", "goods called", "bads called")
    axes.plot([0, 1], [0, 1], color=_GREY, linewidth=1)
    axes.plot(wrong, right, color=_BLUE)
    yield "roc.png", figure

    figure, axes = _axes(f"KS {judged.ks:.3f}", "score, points", "share with a lower score")
    log_odds = np.log(pd / (1 - pd))
    scores = trained.model.scorecard.score(log_odds)
    for kind, name, colour in ((~bad, "good", _BLUE), (bad, "bad", _RED)):
        ordered = np.sort(scores[kind])
        axes.plot(ordered, np.arange(1, len(ordered) + 1) / len(ordered), color=colour, label=name)
    axes.legend(frameon=False)
    yield "ks.png", figure

    predicted, observed, rows = calibration_bins(bad, pd, 20)
    figure, axes = _axes(f"Calibration, ECE {judged.ece:.4f}", "predicted PD", "observed bad rate")
    # Use Wilson's interval, because a twentieth of the borrowers may have no bads at all.
    low, high = _wilson(observed, rows)
    ends = [float(min(predicted.min(), observed[observed > 0].min())) / 2, 1.0]
    axes.plot(ends, ends, color=_GREY, linewidth=1)
    axes.vlines(predicted, np.maximum(low, ends[0]), high, color=_BLUE, linewidth=1, alpha=0.5, label="95 % interval")
    axes.plot(predicted, observed, "o", markersize=4, color=_BLUE, label="a twentieth of the borrowers")
    axes.set(xscale="log", yscale="log", xlim=ends, ylim=ends)
    axes.legend(frameon=False, loc="upper left")
    yield "calibration.png", figure

    figure, axes = _axes("Bads reached by calling the riskiest first", "share of borrowers called", "share of bads")
    reached = np.cumsum(bad[np.argsort(-pd, kind="stable")]) / bad.sum()
    axes.plot([0, 1], [0, 1], color=_GREY, linewidth=1)
    axes.plot(np.arange(1, len(bad) + 1) / len(bad), reached, color=_BLUE)
    yield "lift.png", figure

    figure, axes = _axes("Scores by band", "score, points", "borrowers a point")
    policy = trained.model.policy
    cuts = [
        cut for cut in (policy.red_below, policy.threshold, policy.yellow_below) if scores.min() < cut < scores.max()
    ]
    edges = np.union1d(np.linspace(scores.min(), scores.max(), 60), cuts).tolist()
    bands = policy.bands(scores)
    for code, band in enumerate(BANDS):
        own = scores[bands == code]
        # Divide by the width of the bar, so that a bar cut in two by a band's border is as high as its neighbours.
        axes.hist(own, bins=edges, weights=_per_point(own, edges), color=BAND_COLOURS[band], label=band)
    axes.axvline(policy.threshold, color="black", linewidth=1, linestyle="--", label="safety threshold")
    axes.legend(frameon=False)
    yield "scores.png", figure

    yield "shap.png", _shap(trained)


def _wilson(share: NDArray[np.float64], rows: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the 95 % interval of a share (Wilson 1927)."""
    z = 1.96
    centre = (share + z**2 / (2 * rows)) / (1 + z**2 / rows)
    half = z * np.sqrt(share * (1 - share) / rows + z**2 / (4 * rows**2)) / (1 + z**2 / rows)
    return centre - half, centre + half


def _per_point(values: NDArray[np.float64], edges: list[float]) -> NDArray[np.float64]:
    """Return one over the width of each value's bin."""
    bin_of = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2)
    return np.asarray(1 / np.diff(edges)[bin_of])


def _axes(title: str, x: str, y: str) -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4.5), layout="constrained")
    axes = figure.subplots()
    axes.set(title=title, xlabel=x, ylabel=y)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _shap(trained: Trained) -> Figure:
    import matplotlib

    matplotlib.use("Agg")
    import shap
    from matplotlib import pyplot

    rows = np.random.default_rng(0).permutation(len(trained.encoded))[:_EXPLAINED_ROWS]
    x = trained.encoded[np.sort(rows)]
    points = trained.model.points(x)[:, :-1]
    shap.summary_plot(
        points, x, feature_names=list(trained.model.feature_names), show=False, rng=np.random.default_rng(0)
    )
    figure = pyplot.gcf()
    figure.axes[0].set_xlabel("points added to the score")
    pyplot.close(figure)
    return figure
