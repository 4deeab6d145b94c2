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

from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_json

from risk_warning.errors import SettingsError
from risk_warning.fault import first_fault
from risk_warning.learning.recipe import Recipe

_RECIPE = TypeAdapter(Recipe)


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
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        raise SettingsError(f"The recipe {path} cannot be read; name a TOML file.") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"The recipe {path} is not valid TOML: {error}.") from None
    try:
        # As JSON, whose arrays may become tuples although types are strict.
        return _RECIPE.validate_json(to_json(content))
    except ValidationError as error:
        fault = first_fault(error)
        if fault.is_unknown:
            known = ", ".join(field.name for field in fields(Recipe))
            raise SettingsError(f"The recipe {path}: there is no value {fault.place}; a recipe has {known}.") from None
        raise SettingsError(f"The recipe {path}: {fault.place}: {fault.message}.") from None
    except SettingsError as error:
        raise SettingsError(f"The recipe {path}: {error}") from None
