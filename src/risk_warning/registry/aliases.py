"""Aliases: the registered versions that are champion and previous champion, changed together or not at all."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from risk_warning.errors import RegistryError
from risk_warning.registry.connection import registry
from risk_warning.registry.reference import CHAMPION, NAME, Reference
from risk_warning.registry.registry import numbers
from risk_warning.settings import Settings

if TYPE_CHECKING:
    from mlflow import MlflowClient

PREVIOUS = "previous"


@dataclass(frozen=True)
class Named:
    """The version numbers of the two aliases, as text; None if an alias is not set."""

    champion: str | None
    previous: str | None


def named(settings: Settings) -> Named:
    """Return the current versions of the aliases.

    Raises
    ------
    RegistryError
        The registry cannot be queried.
    """
    with registry(settings) as client:
        known = numbers(client, NAME)
    return Named(known.get(CHAMPION), known.get(PREVIOUS))


def number_of(name: str, settings: Settings) -> str:
    """Return the number of the registered version `name`: a number, an alias, or `models:/NAME@alias`.

    Raises
    ------
    RegistryError
        The name is a folder, another registered model, or unknown to the registry.
    """
    reference = Reference.of(name)
    if reference is None or reference.registered != NAME:
        raise RegistryError(
            f"{name} is not a version of {NAME} in the registry; give its number, as printed by `train`."
        )
    with registry(settings) as client:
        if reference.alias.isdigit():
            matches = [v for v in client.search_model_versions(f"name = '{NAME}'") if str(v.version) == reference.alias]
            if not matches:
                raise RegistryError(f"The registry has no version {reference.alias} of {NAME}.")
            return reference.alias
        known = numbers(client, NAME)
        if reference.alias not in known:
            raise RegistryError(f"The registry has no alias {reference.alias} of {NAME}; give a version number.")
        return known[reference.alias]


def rename(before: Named, after: Named, settings: Settings) -> None:
    """Set the aliases to `after`; if that fails halfway, set them back.

    Raises
    ------
    RegistryError
        The aliases are no longer those of `before`, or the registry cannot be changed.
    """
    with registry(settings) as client:
        known = numbers(client, NAME)
        if Named(known.get(CHAMPION), known.get(PREVIOUS)) != before:
            raise RegistryError(
                "Another promotion came first: the champion is no longer the model compared with. Start again."
            )
        try:
            _set(client, after)
        except BaseException:
            with suppress(Exception):
                _set(client, before)
            raise


def _set(client: MlflowClient, names: Named) -> None:
    for alias, number in ((PREVIOUS, names.previous), (CHAMPION, names.champion)):
        if number is None:
            client.delete_registered_model_alias(NAME, alias)
        else:
            client.set_registered_model_alias(NAME, alias, number)
