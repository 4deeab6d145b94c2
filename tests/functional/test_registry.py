"""What a training stores in the registry, where it stores it, and how a model is fetched again."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from lender import Lender
from rich.progress import Progress

from risk_warning.core.outcomes.target import TargetSpec
from risk_warning.datasets.simulation.lender import simulate
from risk_warning.errors import RegistryError
from risk_warning.learning.request import Request
from risk_warning.model.folder import load
from risk_warning.registry.registry import fetch
from risk_warning.settings import Settings
from risk_warning.studies.training.run import train_model

PICTURES = {"calibration.png", "ks.png", "lift.png", "roc.png", "scores.png", "shap.png"}


@pytest.mark.slow
def test_everything_a_training_leaves_lies_under_home(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = tmp_path_factory.mktemp("small") / "book"
    simulate(3_000, 22, 3, book)
    monkeypatch.chdir(tmp_path)
    with Progress(disable=True) as progress:
        settings, request = Settings(home=Path("home")), Request(target=TargetSpec())
        train_model(book, settings, request, None, progress, register_anyway="a small book")
    assert [path.name for path in tmp_path.iterdir()] == ["home"]
    names = {path.name for path in (tmp_path / "home" / "mlartifacts").rglob("*") if path.is_file()}
    assert names >= {"model.txt", "model.json", "MODEL_CARD.md", "training.html", *PICTURES}
    assert "MLFLOW_TRACKING_URI" not in os.environ


@pytest.mark.slow
def test_the_champion_stays_at_hand_without_the_registry(lender: Lender, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(lender.home, home)
    settings = Settings(home=home)
    version = load(lender.model).version
    assert fetch("champion", settings).version == fetch("@champion", settings).version == version
    assert fetch("1", settings).version == version
    with pytest.raises(RegistryError, match="has no model 99"):
        fetch("99", settings)
    (home / "mlflow.db").unlink()
    assert fetch("champion", settings).version == version
    with pytest.raises(RegistryError, match="Train one with"):
        fetch("1", settings)
