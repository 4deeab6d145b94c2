"""Recording of a training in MLflow: logs figures, pictures and model folder, and registers the model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas
from pydantic import TypeAdapter

from risk_warning.model.evaluation import Evaluation
from risk_warning.model.provenance import RecordedRecipe
from risk_warning.model.risk_model import RiskModel
from risk_warning.registry.connection import registry
from risk_warning.registry.reference import NAME
from risk_warning.registry.registry import FOLDER
from risk_warning.settings import Settings
from risk_warning.stats.evaluation import MEASURES

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from risk_warning.learning.training import Trained


def record(trained: Trained, folder: Path, settings: Settings, page: str, weak_because: str | None = None) -> int:
    """Record the training, register the model in `folder`, and return its version number in the registry.

    A model becomes champion only by `promote`. `page` is the training's report as HTML, which is logged beside the
    figures. `weak_because` is the reason for registering a model that is surely bad, stored as a tag of its run.

    Raises
    ------
    RegistryError
        The tracking server cannot be reached or refuses.
    """
    with registry(settings, patient=True) as client:
        import mlflow
        import mlflow.data.pandas_dataset
        from mlflow.models import infer_signature

        from risk_warning.studies.training.pictures import pictures

        model, provenance = trained.model, trained.model.provenance
        with mlflow.start_run(run_name=_run_name(model), experiment_id=_experiment(client, settings)) as run:
            mlflow.log_params(_parameters(model))
            mlflow.log_metrics(_metrics(provenance.evaluation))
            mlflow.set_tags(
                {
                    "model_version": model.version,
                    "policy_version": model.policy.version,
                    "data_digest": provenance.data_digest,
                    "mlflow.source.git.commit": provenance.code_version.rpartition("+")[2],
                    **({} if weak_because is None else {"registered_anyway": weak_because}),
                }
            )
            example = pandas.DataFrame(trained.encoded[:5].astype(np.float64), columns=list(model.feature_names))
            output = np.asarray(model.fitted.booster.predict(example))
            dataset = mlflow.data.pandas_dataset.from_pandas(example, name="book", digest=provenance.data_digest[:36])
            mlflow.log_input(dataset, context="training")
            logged = mlflow.lightgbm.log_model(
                model.fitted.booster,
                name="booster",
                signature=infer_signature(example, output),
                input_example=example,
                pip_requirements=["lightgbm", "numpy", "pandas"],
            )
            client.log_model_artifacts(logged.model_id, str(folder), FOLDER)
            for name, figure in pictures(trained):
                mlflow.log_figure(figure, f"pictures/{name}")
            mlflow.log_text(page, "training.html")
        return _register(client, run.info.run_id, logged.model_id, model)


def _experiment(client: MlflowClient, settings: Settings) -> str:
    known = client.get_experiment_by_name(NAME)
    if known is not None:
        return str(known.experiment_id)
    # The lender's own server stores artifacts where it is configured to; ours stores them beside its database.
    is_own = settings.tracking_uri == settings.own_tracking_uri
    location = (settings.home / "mlartifacts").absolute().as_uri() if is_own else None
    return str(client.create_experiment(NAME, artifact_location=location))


def _register(client: MlflowClient, run_id: str, model_id: str, model: RiskModel) -> int:
    """Register the logged MLflow model, which holds our folder, and return the number of the version."""
    from mlflow.exceptions import MlflowException

    try:
        client.get_registered_model(NAME)
    except MlflowException:
        client.create_registered_model(NAME, description="Early warning of overdue payments.")
    version = client.create_model_version(
        NAME,
        source=f"models:/{model_id}",
        run_id=run_id,
        model_id=model_id,
        tags={"model_version": model.version},
        description=f"{model.version}: {model.target.bad_dpd} DPD within {model.target.horizon_months} month(s)",
    )
    return int(version.version)


def _run_name(model: RiskModel) -> str:
    target = model.target
    return f"{model.version} · {target.bad_dpd} DPD in {target.horizon_months} m · {model.provenance.as_of_dates[-1]}"


def _parameters(model: RiskModel) -> dict[str, object]:
    """Return parameter → value, which MLflow stores as text."""
    from risk_warning.learning.fit import parameters_of
    from risk_warning.learning.recipe import Recipe

    recipe = model.provenance.made.recipe
    fitted_with = parameters_of(Recipe(**vars(recipe)), ())
    fitted_with.pop("monotone_constraints")
    content = TypeAdapter(RecordedRecipe).dump_python(recipe, mode="json", exclude={"parameters"})
    own = {f"recipe.{name}": value for name, value in content.items()}
    target = {f"target.{name}": value for name, value in vars(model.target).items()}
    trees = {"trees": model.fitted.booster.num_trees(), "features": len(model.features)}
    return {**fitted_with, **own, **target, **trees, "as_of_dates": len(model.provenance.as_of_dates)}


def _metrics(evaluation: Evaluation) -> dict[str, float]:
    """Return measure → value, of all rows and of those not past due; measures that are None are left out."""
    names = ("n", "bads", "borrowers", "bad_borrowers", "bad_rate", *MEASURES)
    parts = {"": evaluation, "dpd_0.": evaluation.dpd_0}
    measures = {f"{prefix}{name}": part.value(name) for prefix, part in parts.items() for name in names}
    return {name: float(value) for name, value in measures.items() if value is not None}
