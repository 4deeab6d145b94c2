"""Recipe files: a recipe as TOML, named after its file.

without_families = ["behaviour events"]
history_months = 12

[parameters]
num_leaves = 8
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from risk_warning.errors import SettingsError
from risk_warning.learning.recipe import Recipe

_TYPES: dict[str, tuple[type, ...]] = {
    "parameters": (dict,),
    "without_families": (list,),
    "without_features": (list,),
    "horizon_months": (int,),
    "history_months": (int,),
    "half_life_months": (int, float),
    "good_share": (int, float),
    "max_feature_psi": (int, float),
    "contacted": (str,),
    "learner": (str,),
    "threads": (int,),
    "seed": (int,),
}


@dataclass(frozen=True)
class NamedRecipe:
    """A recipe and the name of its file."""

    name: str
    recipe: Recipe


def read_recipes(paths: Sequence[Path]) -> tuple[NamedRecipe, ...]:
    """Read the recipes of the files, in the given order.

    Raises
    ------
    SettingsError
        A file cannot be read or has an entry that recipes do not have, or two files have the same name.
    """
    recipes = tuple(NamedRecipe(path.stem, _read(path)) for path in paths)
    names = [one.name for one in recipes]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise SettingsError(f"Two recipes are named {twice}; rename one of the files.")
    return recipes


def _read(path: Path) -> Recipe:
    try:
        arguments: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        raise SettingsError(f"The recipe {path} cannot be read; name a TOML file.") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"The recipe {path} is not valid TOML: {error}.") from None
    known = [field.name for field in fields(Recipe)]
    for name, value in arguments.items():
        if name not in known:
            raise SettingsError(f"The recipe {path} has {name}, which is none of {', '.join(known)}.")
        if not isinstance(value, _TYPES[name]) or isinstance(value, bool):
            raise SettingsError(f"The recipe {path}: {name} cannot be {value!r}.")
        entries = value.values() if isinstance(value, dict) else ()
        if any(isinstance(entry, bool) or not isinstance(entry, int | float) for entry in entries):
            raise SettingsError(f"The recipe {path}: every entry of [{name}] is a number.")
        if isinstance(value, list):
            if not all(isinstance(entry, str) for entry in value):
                raise SettingsError(f"The recipe {path}: every entry of {name} is a text.")
            arguments[name] = tuple(value)
    try:
        return Recipe(**arguments)
    except SettingsError as error:
        raise SettingsError(f"The recipe {path}: {error}") from None
