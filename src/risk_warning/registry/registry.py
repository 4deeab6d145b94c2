"""The model registry: MLflow stores each training with its figures, pictures and model folder.

We always load our own folder and check it file by file. We never use MLflow's own loaders, since they run code named
in the artifact.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from risk_warning.errors import ModelError, RegistryError
from risk_warning.model.content import VERSION
from risk_warning.model.folder import load
from risk_warning.model.risk_model import RiskModel
from risk_warning.output import whole_folder
from risk_warning.registry.connection import registry
from risk_warning.registry.on_record import check_on_record
from risk_warning.registry.reference import CHAMPION, NAME, Reference
from risk_warning.settings import Settings

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion


FOLDER = "model_folder"
"""Folder of ours inside the registered MLflow model; the only part of it that the product reads."""


def fetch(name: str, settings: Settings) -> RiskModel:
    """Load the model `name`: a folder, `@alias` (or a bare alias), a version number, or `models:/NAME@alias`.

    The champion must be the one that the audit trail names. A verified copy of it stays on disk, so that a nightly run
    without a registry still has a model.

    Raises
    ------
    RegistryError
        The registry cannot be reached or does not know the name, or the champion is not on record.
    ModelError
        The model is damaged, or is not signed although the settings require it.
    """
    reference = Reference.of(name)
    if reference is None:
        return load(Path(name), settings.signing.trusted_keys)
    is_champion = reference == Reference(NAME, CHAMPION)
    cached = settings.home / "champion"
    with tempfile.TemporaryDirectory(prefix="risk-warning-model-") as scratch:
        try:
            _must_exist(reference.alias, settings)
            with registry(settings) as client:
                folder = _download(_version(client, reference), Path(scratch))
        except RegistryError:
            if not (is_champion and cached.is_dir()):
                raise
            folder = cached
        model = load(folder, settings.signing.trusted_keys)
        if is_champion:
            check_on_record(model, settings)
            if folder != cached:
                with whole_folder(cached, "RISK_WARNING_HOME", replace=True) as whole:
                    shutil.copytree(folder, whole, dirs_exist_ok=True)
        return model


def kept(client: MlflowClient, reference: Reference, settings: Settings) -> Path:
    """Return the verified folder of a registered model, which stays under `home/models` from the first call on.

    Raises
    ------
    RegistryError
        The registry cannot be reached or does not know the name.
    ModelError
        The model is damaged, or is another than the registry says.
    """
    version = _version(client, reference)
    model_version = version.tags.get("model_version", "")
    if not re.fullmatch(VERSION, model_version):  # it becomes the name of a folder
        raise RegistryError(
            f"Version {version.version} of {reference.registered} was not registered by this program: its tag "
            "model_version is no version of a model. Train it again, or name its folder."
        )
    folder = settings.home / "models" / model_version
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".fetching-") as scratch:
            downloaded = _download(version, Path(scratch))
            if (loaded := load(downloaded, settings.signing.trusted_keys).version) != model_version:
                raise ModelError(f"Version {version.version} holds {loaded}, but is registered as {model_version}.")
            # Another worker may have been faster; a folder that exists is complete.
            with suppress(OSError):
                downloaded.rename(folder)
    return folder


def keep(folder: Path, model_version: str, settings: Settings) -> None:
    """Copy the model's folder to `home/models`, for replays of its decisions."""
    kept_at = settings.home / "models" / model_version
    if not kept_at.is_dir():
        kept_at.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept_at.parent, prefix=".keeping-") as scratch, suppress(OSError):
            shutil.copytree(folder, Path(scratch) / "model").rename(kept_at)


def versions(registered: str, settings: Settings) -> tuple[int, ...]:
    """Return the version numbers of a registered model, ascending.

    Raises
    ------
    RegistryError
        The registry does not know the model.
    """
    _must_exist(registered, settings)
    with registry(settings) as client:
        numbers(client, registered)
        entries = client.search_model_versions(f"name = '{registered}'")
        return tuple(sorted(int(version.version) for version in entries))


def with_version(model_version: str, settings: Settings) -> Path:
    """Return the folder of the model with this version, kept under `home/models`.

    Raises
    ------
    RegistryError
        The registry has no such model.
    """
    _must_exist(model_version, settings)
    with registry(settings) as client:
        entries = client.search_model_versions(f"tags.model_version = '{model_version}'")
        if not entries:
            raise RegistryError(f"The registry has no model of version {model_version}; name its folder with --model.")
        return kept(client, Reference(entries[0].name, str(entries[0].version)), settings)


def must_hold(reference: Reference, settings: Settings) -> None:
    """Raise `RegistryError` if the registry cannot be reached or does not know the name."""
    _must_exist(reference.alias, settings)
    with registry(settings) as client:
        _version(client, reference)


def numbers(client: MlflowClient, registered: str) -> dict[str, str]:
    """Return alias → version number of a registered model.

    Raises
    ------
    RegistryError
        The registry does not know the model.
    """
    from mlflow.exceptions import MlflowException

    try:
        return {alias: str(number) for alias, number in client.get_registered_model(registered).aliases.items()}
    except MlflowException as error:
        if error.error_code not in _UNKNOWN:
            raise
        raise RegistryError(f"The registry has no model named {registered}; train one, or correct the name.") from None


def run_of(name: str, settings: Settings) -> str | None:
    """Return the id of the MLflow run that recorded the model `name`; None if it is a folder.

    Raises
    ------
    RegistryError
        The registry cannot be reached or does not know the name.
    """
    reference = Reference.of(name)
    if reference is None:
        return None
    _must_exist(reference.alias, settings)
    with registry(settings) as client:
        return str(_version(client, reference).run_id)


def log_to_run(
    run_id: str, metrics: Mapping[str, float], texts: Mapping[str, str], tags: Mapping[str, str], settings: Settings
) -> None:
    """Log the metrics, the texts as artifacts by path, and the tags to the run.

    Raises
    ------
    RegistryError
        The registry cannot be reached or refuses the data.
    """
    with registry(settings, patient=True) as client:
        for path, text in texts.items():
            client.log_text(run_id, text, path)
        for name, value in metrics.items():
            client.log_metric(run_id, name, value)
        for name, tag in tags.items():
            client.set_tag(run_id, name, tag)


def _must_exist(alias: str, settings: Settings) -> None:
    if settings.tracking_uri == settings.own_tracking_uri and not (settings.home / "mlflow.db").exists():
        raise RegistryError(
            f"There is no model {alias} yet: {settings.home} holds no registry. Train one with "
            "`risk-warning train BOOK`, or name a model folder with --model."
        )


def _version(client: MlflowClient, reference: Reference) -> ModelVersion:
    from mlflow.exceptions import MlflowException

    name, alias = reference.registered, reference.alias
    try:
        return (
            client.get_model_version(name, alias) if alias.isdigit() else client.get_model_version_by_alias(name, alias)
        )
    except MlflowException as error:
        if error.error_code not in _UNKNOWN:
            raise
        raise RegistryError(
            f"The registry has no model {alias} of {name}; name @champion, a version number, or a model folder."
        ) from None


_UNKNOWN = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")
"""MLflow's error codes for a model, a version or an alias that does not exist."""


def _download(version: ModelVersion, into: Path) -> Path:
    from mlflow.artifacts import download_artifacts

    uri = f"models:/{version.name}/{version.version}/{FOLDER}"
    return Path(download_artifacts(artifact_uri=uri, dst_path=str(into)))
