"""References: what the name of a model refers to.

A model is named by its folder, by `@alias` or version number, or as in MLflow by `models:/NAME@alias`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from risk_warning.errors import RegistryError

NAME = "risk_warning"
CHAMPION = "champion"
REGISTERED = "models:/"
"""Prefix of MLflow's names of models in the registry."""


@dataclass(frozen=True)
class Reference:
    """An entry of the registry."""

    registered: str
    """Name of the registered model."""
    alias: str
    """An alias, or a version number."""

    @classmethod
    def of(cls, name: str) -> Reference | None:
        """Return the entry that `name` refers to, None if it is a folder.

        Raises
        ------
        RegistryError
            A name that begins with `models:/` cannot be parsed.
        """
        if name.startswith(REGISTERED):
            match = re.fullmatch(r"models:/([^/@]+)(?:@([^/@]+)|/([0-9]+))", name)
            if match is None:
                raise RegistryError(
                    f"{name} does not name a model of the registry; give models:/{NAME}@{CHAMPION} or "
                    f"models:/{NAME}/VERSION."
                )
            return cls(match[1], match[2] or match[3])
        if Path(name).is_dir() or "/" in name:
            return None
        return cls(NAME, name.removeprefix("@"))
