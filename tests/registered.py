"""Models in a registry of their own, named as a lender would."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

from lender import on_record

from risk_warning.core.policy import Policy
from risk_warning.model.folder import assemble
from risk_warning.model.risk_model import RiskModel
from risk_warning.registry.connection import registry
from risk_warning.registry.reference import CHAMPION, NAME
from risk_warning.registry.registry import FOLDER
from risk_warning.settings import Settings


def another(model: RiskModel, slope: float) -> RiskModel:
    """Return a model with another calibration."""
    return assemble(
        replace(model.fitted, slope=model.fitted.slope * slope),
        horizons=model.horizons,
        names=model.feature_names,
        observed=model.observed,
        scorecard=model.scorecard,
        policy=Policy(threshold=540.0, red_below=500.0, yellow_below=600.0),
        target=model.target,
        provenance=replace(model.provenance, judged_twin=None),
        trained_on=date(2023, 12, 1),
    )


def register(settings: Settings, models: Mapping[Path, str]) -> None:
    """Register the models, folder → version, from number 1 on; the first is the champion on record."""
    with registry(settings) as client:
        experiment = client.create_experiment("tests", artifact_location=(settings.home / "artifacts").as_uri())
        client.create_registered_model(NAME)
        for folder, version in models.items():
            run = client.create_run(experiment)
            client.log_artifacts(run.info.run_id, str(folder), f"model/{FOLDER}")
            source = f"runs:/{run.info.run_id}/model"
            client.create_model_version(NAME, source=source, run_id=run.info.run_id, tags={"model_version": version})
        client.set_registered_model_alias(NAME, CHAMPION, "1")
    on_record(settings)
