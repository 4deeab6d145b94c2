"""References: what the name of a model means.

A model is named by folder, `@alias` or version number, or MLflow's way, `models:/NAME@alias`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from risk_warning.errors import RegistryError

NAME = "risk_warning"
CHAMPION = "champion"
REGISTERED = "models:/"
"""What the name of a model in the registry begins with, in MLflow's way."""


@dataclass(frozen=True)
class Reference:
    """Which entry of the registry is meant."""

    registered: str
    """Name of the registered model."""
    alias: str
    """An alias, or a version number."""

    @classmethod
    def of(cls, name: str) -> Reference | None:
        """What `name` refers to, None where it names a folder; `RegistryError` where `models:/…` cannot be read."""
        if name.startswith(REGISTERED):
            found = re.fullmatch(r"models:/([^/@]+)(?:@([^/@]+)|/([0-9]+))", name)
            if found is None:
                raise RegistryError(
                    f"{name} names no model of the registry; give models:/{NAME}@{CHAMPION} or models:/{NAME}/VERSION."
                )
            return cls(found[1], found[2] or found[3])
        if Path(name).is_dir() or "/" in name:
            return None
        return cls(NAME, name.removeprefix("@"))
