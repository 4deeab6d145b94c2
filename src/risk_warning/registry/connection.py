"""The connection to MLflow's tracking server and registry, with all its failures as one error."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from risk_warning.errors import RegistryError, RiskWarningError
from risk_warning.settings import Settings
from risk_warning.shown import shown_url

if TYPE_CHECKING:
    from mlflow import MlflowClient

_DEFAULTS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "GIT_PYTHON_REFRESH": "quiet",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}
_IMPATIENT = {"MLFLOW_HTTP_REQUEST_TIMEOUT": "4", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}
"""MLflow waits for two minutes and tries seven times; whoever waits for a model wants to know within five seconds."""
_TRIES = 3
"""How often MLflow tries to open a database; its own ten tries take three minutes."""


@contextmanager
def registry(settings: Settings, *, patient: bool = False) -> Iterator[MlflowClient]:
    """Provide a client of the tracking server; its failures are raised as `RegistryError`.

    `patient`: wait as long as MLflow does by default, as for the upload of a model.
    """
    for name, value in _DEFAULTS.items():
        os.environ.setdefault(name, value)
    limits = {} if patient else {name: value for name, value in _IMPATIENT.items() if name not in os.environ}
    os.environ.update(limits)
    settings.home.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mlflow
        import mlflow.lightgbm
        import mlflow.store.db.utils

        for noisy in ("mlflow", "alembic"):
            logging.getLogger(noisy).setLevel(logging.ERROR)
        logging.getLogger("mlflow.store.db.utils").setLevel(logging.CRITICAL)
        mlflow.store.db.utils.MAX_RETRY_COUNT = _TRIES
        uri, named = settings.tracking_uri, os.environ.get("MLFLOW_TRACKING_URI")
        mlflow.set_tracking_uri(uri)
        mlflow.set_registry_uri(uri)
        try:
            yield mlflow.MlflowClient()
        except RiskWarningError:
            raise
        except Exception as error:  # of MLflow, of the database behind it, or of the network
            raise RegistryError(
                f"The model registry at {shown_url(uri)} cannot be used ({type(error).__name__}); check "
                "MLFLOW_TRACKING_URI and that the server runs."
            ) from error
        finally:
            # MLflow sets the variable itself; if it stayed, it would override the home of the next settings.
            for name in ("MLFLOW_TRACKING_URI", *limits):
                os.environ.pop(name, None)
            if named is not None:
                os.environ["MLFLOW_TRACKING_URI"] = named
