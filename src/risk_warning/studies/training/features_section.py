"""The section of the training report on features: the weightiest, with direction and size of their points."""

from __future__ import annotations

import numpy as np

from risk_warning.learning.recipe import SEED
from risk_warning.learning.training import Trained
from risk_warning.reports import Heat, HeatCell, Section

_MAX_FEATURES = 20
_EXPLAINED_ROWS = 2_000
"""Number of rows explained. The error of a mean over this many rows is a few hundredths of the points' spread."""


def features_section(trained: Trained) -> Section:
    """Return the section of the page."""
    model = trained.model
    chosen = np.random.default_rng(SEED).permutation(len(trained.encoded))[:_EXPLAINED_ROWS]
    x = trained.encoded[np.sort(chosen)]
    points = model.points(x)[:, :-1]
    weight = np.abs(points).mean(axis=0)
    rows = []
    for column in np.argsort(-weight, kind="stable")[:_MAX_FEATURES]:
        feature, values = model.features[column], x[:, column]
        known = np.flatnonzero(~np.isnan(values))
        order = known[np.argsort(values[known], kind="stable")]
        fifth = max(len(order) // 5, 1)
        ends = [points[part, column].mean() if len(part) else np.nan for part in (order[:fifth], order[-fifth:])]
        riskier = {1: "higher", -1: "lower", 0: "either way"}[feature.monotone]
        rows.append(
            (
                f"{feature.name}: {feature.text_en}",
                (
                    HeatCell(f"{weight[column]:.1f}", float(weight[column] / max(weight.max(), 1e-9))),
                    HeatCell("category" if feature.is_category else riskier),
                    *(HeatCell("–" if np.isnan(end) else f"{end:+.1f}".replace("-", "−")) for end in ends),
                ),
            )
        )
    return Section(
        "What it rests on",
        (Heat("feature", ("mean points", "riskier when", "lowest fifth", "highest fifth"), tuple(rows)),),
        f"The {len(rows)} features that move the scores most, on {len(x):,} rows learnt from: mean size of the points "
        "(exact SHAP), the direction that the model must keep, and the mean points of the fifths of the rows with the "
        "lowest and the highest values. Points below 0 lower the score: riskier.",
    )
