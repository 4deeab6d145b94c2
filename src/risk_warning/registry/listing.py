"""The registered versions, with their aliases, dates and headline figures."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime

from risk_warning.registry.connection import registry
from risk_warning.registry.reference import NAME
from risk_warning.settings import Settings


@dataclass(frozen=True)
class RegisteredModel:
    """One version in the registry; the figures are those of its training run, None where the run has none."""

    version: int
    aliases: tuple[str, ...]
    model_version: str
    trained_on: date
    target: str
    """The target in words."""
    auc: float | None
    observed_over_expected: float | None
    judged_rows: int | None


def registered_models(settings: Settings) -> tuple[RegisteredModel, ...]:
    """Return all versions, the oldest first; none if there is no registry yet.

    Raises
    ------
    RegistryError
        The registry cannot be reached.
    """
    if settings.tracking_uri == settings.own_tracking_uri and not (settings.home / "mlflow.db").exists():
        return ()
    with registry(settings) as client:
        versions = client.search_model_versions(f"name = '{NAME}'")
        aliases = defaultdict(list)
        if versions:
            for alias, number in client.get_registered_model(NAME).aliases.items():
                aliases[str(number)].append(alias)
        entries = []
        for version in versions:
            metrics = client.get_run(version.run_id).data.metrics if version.run_id else {}
            rows = metrics.get("n")
            entries.append(
                RegisteredModel(
                    version=int(version.version),
                    aliases=tuple(sorted(aliases[str(version.version)])),
                    model_version=version.tags.get("model_version", "unknown"),
                    trained_on=datetime.fromtimestamp(version.creation_timestamp / 1000, UTC).date(),
                    target=(version.description or "").partition(": ")[2],
                    auc=metrics.get("auc"),
                    observed_over_expected=metrics.get("observed_over_expected"),
                    judged_rows=None if rows is None else int(rows),
                )
            )
    return tuple(sorted(entries, key=lambda entry: entry.version))
