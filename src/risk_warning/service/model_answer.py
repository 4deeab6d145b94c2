"""The model in service, as returned by GET /model."""

from __future__ import annotations

from risk_warning.service.champions.served import Served
from risk_warning.service.wire.answers import ModelAnswer, TrainingWindow


def model_answer(served: Served, challenger_version: str | None) -> ModelAnswer:
    """Return version, contract, training window, metrics and threshold."""
    model, policy, made = served.model, served.policy, served.model.provenance
    return ModelAnswer(
        model_version=model.version,
        policy_version=policy.version,
        source=served.source,
        serving_since=served.since.isoformat(timespec="seconds"),
        challenger_version=challenger_version,
        threshold=policy.threshold,
        policy=policy,
        scorecard=model.scorecard,
        target=model.target,
        horizons_months=model.horizons.months,
        contract={table: sorted(names) for table, names in sorted(model.observed.columns.items())},
        features=model.feature_names,
        training_window=TrainingWindow(
            train_dates=made.train_dates,
            test_dates=made.test_dates,
            data_through=made.data_through,
            rows=made.rows,
            bads=made.bads,
            data_digest=made.data_digest,
        ),
        metrics=made.evaluation,
        openings=made.openings,
    )
