"""Families: all versions of a registered model, or all model folders in a folder, under one name."""

from __future__ import annotations

import re
from pathlib import Path

from risk_warning.errors import RegistryError
from risk_warning.model.folder import FILES
from risk_warning.registry.reference import REGISTERED
from risk_warning.registry.registry import versions
from risk_warning.settings import Settings


def members(name: str, settings: Settings) -> tuple[str, ...] | None:
    """Return the names of the models of a family, in order of versions or folder names; None if `name` is one model.

    A family is `models:/NAME`, or a folder that contains model folders and is not one itself.

    Raises
    ------
    RegistryError
        The registry cannot be reached, does not know the name, or has no version of it.
    """
    registered = re.fullmatch(rf"{REGISTERED}([\w.-]+)", name)
    if registered:
        numbers = versions(registered[1], settings)
        if not numbers:
            raise RegistryError(f"{name} has no version yet; train one, or correct the name.")
        return tuple(f"{name}/{version}" for version in numbers)
    folder = Path(name)
    if not folder.is_dir() or _is_model(folder):
        return None
    return tuple(str(inner) for inner in sorted(folder.iterdir()) if _is_model(inner)) or None


def _is_model(folder: Path) -> bool:
    """Whether the folder is a model folder, or was one before it was damaged."""
    return any((folder / file).is_file() for file in FILES)
