"""The model in service, as returned by GET /model."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from risk_warning.service.champions.served import Served

_WINDOW = ("train_dates", "test_dates", "data_through", "rows", "bads", "data_digest")


def model_shown(served: Served, challenger_version: str | None) -> dict[str, Any]:
    """Return version, contract, training window, metrics and threshold as plain data."""
    model, policy = served.model, served.policy
    return {
        "model_version": model.version,
        "policy_version": policy.version,
        "source": served.source,
        "serving_since": served.since.isoformat(timespec="seconds"),
        "challenger_version": challenger_version,
        "threshold": policy.threshold,
        "policy": asdict(policy),
        "scorecard": asdict(model.scorecard),
        "target": asdict(model.target),
        "horizons_months": list(model.horizons.months),
        "contract": {table: sorted(names) for table, names in sorted(model.observed.columns.items())},
        "features": list(model.feature_names),
        "training_window": {name: model.about[name] for name in _WINDOW},
        "metrics": dict(model.about["evaluation"]),
        "openings": model.about["openings"],
    }
