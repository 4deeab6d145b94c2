"""The night's report: one page of HTML to look at, self-contained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet
from jinja2 import Environment, PackageLoader, StrictUndefined

from risk_warning.core.policy import BANDS, BANDS_ZH, Policy
from risk_warning.nightly.run import NightReport

_SHOWN = 25
_BARS = 60
_WIDTH, _HEIGHT = 1000, 200
_MEASURES = (
    ("auc", "AUC: chance that a bad scores below a good"),
    ("ks", "KS"),
    ("observed_over_expected", "bads observed over bads expected"),
    ("calibration_slope", "calibration slope (1 is ideal)"),
    ("capture_top_5pct", "share of bads among the riskiest 5 %"),
)


def write_report(
    path: Path, night: NightReport, rows: Sequence[Mapping[str, Any]], judged: Mapping[str, Any], policy: Policy
) -> None:
    """Nothing comes back; writes the page for a published night, its open warnings and its model's evaluation."""
    scores = pyarrow.parquet.read_table(Path(night.folder) / "scores", columns=["score"]).column(0)
    drawn = _drawn(scores.drop_null().to_numpy(), policy)
    environment = Environment(
        loader=PackageLoader("risk_warning.nightly", "."), autoescape=True, undefined=StrictUndefined
    )
    change = night.warnings
    cards = [
        ("borrowers scored", f"{night.scored:,}"),
        ("not scored", f"{night.borrowers - night.scored:,}"),
        ("warnings new", f"{change['opened']:,}"),
        ("kept", f"{change['kept']:,}"),
        ("closed", f"{change['closed']:,}"),
        ("handed over", f"{change['handed_over']:,}"),
    ]
    page = environment.get_template("report.html.j2").render(
        night=night,
        threshold=policy.threshold,
        cards=cards,
        rows=[row for row in rows if row["score"] is not None][:_SHOWN],
        judged=judged,
        measures=_MEASURES,
        zh=BANDS_ZH,
        **drawn,
    )
    path.write_text(page, encoding="utf-8")


def _drawn(scores: np.ndarray[Any, Any], policy: Policy) -> dict[str, Any]:
    """Bars, ticks and the threshold's place in the picture."""
    low, high = np.floor(scores.min() / 20) * 20, np.ceil(scores.max() / 20) * 20
    high = max(high, low + 20)
    count, edges = np.histogram(scores, _BARS, (low, high))
    wide = _WIDTH / _BARS

    def x(score: float) -> float:
        return round(float((score - low) / (high - low) * _WIDTH), 1)

    bars = [
        {
            "x": round(i * wide, 1),
            "y": round(_HEIGHT + 12 - _HEIGHT * value / count.max(), 1),
            "width": round(wide - 1, 1),
            "height": round(_HEIGHT * value / count.max(), 1),
            "band": BANDS[policy.bands(np.array([(left + right) / 2]))[0]],
            "title": f"{left:.0f}–{right:.0f}: {value:,}",
        }
        for i, (value, left, right) in enumerate(zip(count, edges[:-1], edges[1:], strict=True))
    ]
    step = 20 * max(1, round((high - low) / 160))
    ticks = [{"x": x(tick), "label": f"{tick:.0f}"} for tick in np.arange(low + step, high, step)]
    return {"bars": bars, "ticks": ticks, "threshold_x": x(policy.threshold)}
