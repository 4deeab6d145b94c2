"""Every example in a docstring runs and gives the output that it shows."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
from collections.abc import Iterator

import risk_warning

NOT_IMPORTED = ("risk_warning.database.migrations", "risk_warning.service.bento")
"""Modules that only Alembic and BentoML run."""


def modules() -> Iterator[str]:
    for module in pkgutil.walk_packages(risk_warning.__path__, "risk_warning."):
        if not module.name.startswith(NOT_IMPORTED) and module.name != "risk_warning.service":
            yield module.name


def test_the_examples_of_docstrings_run() -> None:
    results = {name: doctest.testmod(importlib.import_module(name)) for name in modules()}
    assert [name for name, result in results.items() if result.failed] == []
    assert sum(result.attempted for result in results.values()) >= 40
