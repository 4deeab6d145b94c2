"""The retraining pipeline, end to end: each model passes the gate before it is proposed; a person promotes it."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from lender import Lender
from rich.progress import Progress

from risk_warning.nightly.run import run_night
from risk_warning.registry.aliases import named
from risk_warning.registry.connection import registry
from risk_warning.registry.reference import NAME
from risk_warning.settings import Settings
from risk_warning.studies.promotion.run import PromotionRequest, promote

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_a_model_is_trained_compared_gated_and_proposed(lender: Lender, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    environment = {**os.environ, "RISK_WARNING_HOME": str(settings.home)}

    def retrain(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(ROOT / "pipelines" / "retrain.py"), str(lender.book), *arguments]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    first = retrain()
    assert first.returncode == 0, first.stderr + first.stdout
    assert "met: observed over expected: " in first.stdout and "risk-warning promote 1 --book BOOK" in first.stdout
    assert named(settings).champion is None, "nothing becomes champion by itself"
    with Progress(disable=True) as progress:
        promote("1", lender.book, settings, PromotionRequest(by="li", reason="the first"), progress)
        run_night(lender.book, settings, date(2023, 9, 1), tmp_path / "nights", progress)
    later = retrain(str(tmp_path / "nights"))
    assert later.returncode == 0, later.stderr + later.stdout
    assert "met: features as they were known at the time: 0 of" in later.stdout
    for stage in ("build and train: ", "compare with the champion, and gate: ", "propose: "):
        assert stage in later.stdout
    with registry(settings) as client:
        aliases = client.get_registered_model(NAME).aliases
    assert {alias: str(number) for alias, number in aliases.items()} == {"champion": "1", "challenger": "2"}
    without_nights = retrain()
    assert without_nights.returncode == 17 and "NOT MET: features as they were known" in without_nights.stdout
    assert "is not proposed" in without_nights.stderr and "Traceback" not in without_nights.stderr
