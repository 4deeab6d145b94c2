"""The registered version is an MLflow model, and MLflow's own loaders load it from another process."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from lender import Lender, on_record
from rich.progress import Progress

from risk_warning.core.outcomes.target import TargetSpec
from risk_warning.datasets.simulation.lender import simulate
from risk_warning.learning.request import Request
from risk_warning.model.folder import load
from risk_warning.registry.aliases import Named, rename
from risk_warning.registry.registry import fetch
from risk_warning.settings import Settings
from risk_warning.studies.training.run import train_model

LOADED = """
import json, logging, sys, warnings
warnings.simplefilter("ignore")
import mlflow, mlflow.lightgbm
mlflow.set_tracking_uri(sys.argv[1])
mlflow.set_registry_uri(sys.argv[1])
name = "models:/risk_warning@champion"
model = mlflow.pyfunc.load_model(name)
booster = mlflow.lightgbm.load_model(name)
example = model.input_example
print(json.dumps({
    "example": example.to_numpy().tolist(),
    "columns": list(example.columns),
    "signed": model.metadata.signature is not None,
    "pyfunc": list(map(float, model.predict(example))),
    "booster": list(map(float, booster.predict(example))),
}))
"""


def check_loaded(uri: str, settings: Settings) -> None:
    """Load the champion with MLflow in a separate process, and compare it with the booster of our folder."""
    environment = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false"}
    ran = subprocess.run(
        [sys.executable, "-c", LOADED, uri], capture_output=True, text=True, check=False, env=environment
    )
    assert ran.returncode == 0, ran.stderr
    answer = json.loads(ran.stdout.splitlines()[-1])
    ours = fetch("champion", settings)
    expected = np.asarray(ours.fitted.booster.predict(np.array(answer["example"], np.float64)))
    assert answer["signed"] and answer["columns"] == list(ours.feature_names)
    assert answer["pyfunc"] == answer["booster"] == expected.tolist()


@pytest.mark.slow
def test_mlflow_loads_the_champion_from_sqlite(lender: Lender) -> None:
    settings = Settings(home=lender.home)
    check_loaded(settings.own_tracking_uri, settings)
    assert fetch("champion", settings).version == load(lender.model).version


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """Run a separate tracking server, which stores artifacts for its clients, and yield its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    store = [f"--backend-store-uri=sqlite:///{tmp_path / 'server.db'}", f"--artifacts-destination={tmp_path / 'store'}"]
    command = [sys.executable, "-m", "mlflow", "server", "--host=127.0.0.1", f"--port={port}", "--workers=1", *store]
    with (tmp_path / "server.log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, "MLFLOW_DISABLE_TELEMETRY": "1"})
    try:
        address, deadline = f"http://127.0.0.1:{port}", time.monotonic() + 120
        while True:
            try:
                urllib.request.urlopen(f"{address}/health", timeout=2).close()
                break
            except OSError:
                assert process.poll() is None and time.monotonic() < deadline, (tmp_path / "server.log").read_text()
                time.sleep(0.3)
        yield address
    finally:
        process.terminate()
        process.wait(30)


@pytest.mark.slow
def test_mlflow_loads_the_champion_from_a_served_registry(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server)
    settings = Settings(home=tmp_path / "home")
    simulate(1_500, 18, 3, tmp_path / "book")
    with Progress(disable=True) as progress:
        request = Request(target=TargetSpec(), folds=2)
        trained = train_model(tmp_path / "book", settings, request, None, progress, register_anyway="a test")
    rename(Named(None, None), Named("1", None), settings)
    on_record(settings)
    check_loaded(server, settings)
    assert fetch("champion", settings).version == trained.model.version
