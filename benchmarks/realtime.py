"""Compare real-time scoring with what a user would otherwise deploy, side by side in one run.

    python benchmarks/realtime.py [--rate 100] [--seconds 30] [--rounds 3] [--connections 64] [--model FOLDER] [--json]

`ours`: `bentoml serve` as it ships: key, rate limit, 24 months of a borrower's rows, score, reasons, and the answer
written to the audit trail (SQLite, inputs included) before it is sent. `bare`: FastAPI and LightGBM under uvicorn, on
ready features (`bare.py`). `mlflow`: `mlflow models serve` with the same booster and the same ready features. In each
round the servers run alone, one after the other, on the same cores as the load (`load.py`). The figures are medians
over the rounds.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import lightgbm
import numpy as np
import pandas
import psutil
from borrowers import BorrowerBodies, borrower_bodies
from load import Offered, answered, offer, request
from rich.console import Console
from rich.table import Table

from risk_warning.model.folder import load
from risk_warning.model.risk_model import RiskModel

ROOT = Path(__file__).resolve().parent.parent
BORROWERS = 300
_START_SECONDS = 180.0
_STOP_SECONDS = 15.0
_WARM_SECONDS = 3.0
_CHECKED = 20
_ONE_THREAD = {"OMP_NUM_THREADS": "1"}
"""The setting with which an expert in LightGBM starts the other two servers: with its threads, a single row takes ten
times as long on cores that also do other work. Our server starts as shipped, without this setting."""


@dataclass(frozen=True)
class ServerSpec:
    """One of the three servers: how to start it, and its requests."""

    name: str
    command: Callable[[int], list[str]]
    """Port → command line."""
    environment: dict[str, str]
    path: str
    headers: dict[str, str]
    bodies: list[bytes]
    holds: bytes
    """Pattern that a valid answer matches."""


@dataclass(frozen=True)
class Measured:
    """The measurements of one server under one load."""

    offered: Offered
    cpu_ms: float
    """Processor time of the server's processes per request, ms."""

    def figures(self) -> dict[str, Any]:
        """Return the figures of the round, ready for JSON."""
        return {
            "p50_ms": round(self.offered.percentile(50), 2),
            "p99_ms": round(self.offered.percentile(99), 2),
            "max_ms": round(self.offered.percentile(100), 2),
            "cpu_ms": round(self.cpu_ms, 2),
            "load_late_p99_ms": round(self.offered.late_ms, 2),
            "errors": self.offered.errors,
            "unsent": self.offered.unsent,
        }


def servers(model_folder: Path, model: RiskModel, borrowers: list[BorrowerBodies], scratch: Path) -> list[ServerSpec]:
    """Return the three servers, each with its files in `scratch`."""
    return [
        _ours(model_folder, [one.rows for one in borrowers], scratch / "home"),
        ServerSpec(
            name="bare",
            command=lambda port: [*_python("uvicorn"), "--app-dir", str(ROOT / "benchmarks"), *_at(port), "bare:app"],
            environment={"BARE_MODEL": str(model_folder / "model.txt")} | _ONE_THREAD,
            path="/predict",
            headers={},
            bodies=[one.ready for one in borrowers],
            holds=rb'"pd":\s*[\d.]+',
        ),
        _mlflow(model.fitted.booster, [one.split for one in borrowers], scratch),
    ]


def _ours(model_folder: Path, bodies: list[bytes], home: Path) -> ServerSpec:
    home.mkdir()
    settings = home / "risk_warning.toml"
    settings.write_text('[service]\nrate_limit = "100000/second"\n')
    url = f"sqlite:///{home / 'watchlist.db'}"
    environment = {
        # A separate folder: a second `bentoml serve` clears the folder in which the first keeps its metrics.
        "BENTOML_HOME": str(home / "bentoml"),
        "RISK_WARNING_HOME": str(home),
        "RISK_WARNING_DB": url,
        "RISK_WARNING_MODEL": str(model_folder),
        "RISK_WARNING_SETTINGS": str(settings),
    }
    # In a process of its own: the key is sealed with the key file of this home.
    verb = [str(Path(sys.executable).parent / "risk-warning"), "keys", "create", "--name", "benchmark"]
    created = subprocess.run(
        [*verb, "--role", "scorer"], env=os.environ | environment, capture_output=True, text=True, check=True
    )
    key = created.stdout.strip()
    return ServerSpec(
        name="ours",
        command=lambda port: [*_python("bentoml"), "serve", *_at(port), "."],
        environment=environment,
        path="/score",
        headers={"Authorization": f"Bearer {key}"},
        bodies=bodies,
        holds=rb'"score":\d.*"reasons":\[',
    )


def _mlflow(booster: lightgbm.Booster, bodies: list[bytes], scratch: Path) -> ServerSpec:
    import mlflow.lightgbm
    from mlflow.models import infer_signature

    logging.getLogger("mlflow").setLevel(logging.ERROR)
    logging.getLogger("alembic").setLevel(logging.ERROR)
    example = pandas.DataFrame(np.zeros((1, booster.num_feature())), columns=booster.feature_name())
    signature = infer_signature(example, booster.predict(example))
    mlflow.set_tracking_uri(f"sqlite:///{scratch / 'mlflow.db'}")
    mlflow.create_experiment("benchmark", artifact_location=str(scratch / "artifacts"))
    mlflow.set_experiment("benchmark")
    logged = mlflow.lightgbm.log_model(booster, name="booster", signature=signature, pip_requirements=["lightgbm"])
    return ServerSpec(
        name="mlflow",
        command=lambda port: [
            *(*_python("mlflow"), "models", "serve", "--env-manager", "local"),
            *("--model-uri", logged.model_uri, *_at(port)),
        ],
        environment={"MLFLOW_TRACKING_URI": f"sqlite:///{scratch / 'mlflow.db'}"} | _ONE_THREAD,
        path="/invocations",
        headers={},
        bodies=bodies,
        holds=rb'"predictions":\s*\[[\d.]+',
    )


def _python(module: str) -> list[str]:
    return [sys.executable, "-m", module]


def _at(port: int) -> list[str]:
    return ["--host", "127.0.0.1", "--port", str(port)]


def measured(server: ServerSpec, options: argparse.Namespace, scratch: Path) -> Measured:
    """Start the server, warm it up, measure it under the load, and stop it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    requests = [request(port, server.path, body, server.headers) for body in server.bodies]
    with _running(server, port, requests[0], scratch) as process:
        for sent in requests[:_CHECKED]:
            if not answered(port, sent, server.holds):
                raise SystemExit(f"{server.name} does not answer as it should: there is nothing to measure.")
        load = {"rate": options.rate, "connections": options.connections}
        offer(port, requests, server.holds, seconds=_WARM_SECONDS, **load)
        before = _cpu_seconds(process)
        offered = offer(port, requests, server.holds, seconds=options.seconds, **load)
        cpu_ms = (_cpu_seconds(process) - before) / len(offered.latencies_ms) * 1e3
    return Measured(offered, cpu_ms)


@contextmanager
def _running(server: ServerSpec, port: int, first: bytes, scratch: Path) -> Iterator[psutil.Process]:
    """Yield the server's process once it answers; afterwards, stop it and every process it started."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("RISK_WARNING_")}
    # Commands that a server starts by name come from the folder of this Python.
    inherited["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{inherited.get('PATH', '')}"
    log = scratch / f"{server.name}.log"
    with log.open("w") as out:
        started = subprocess.Popen(
            server.command(port), cwd=ROOT, env=inherited | server.environment, stdout=out, stderr=subprocess.STDOUT
        )
    process = psutil.Process(started.pid)
    try:
        limit = time.monotonic() + _START_SECONDS
        while not answered(port, first, server.holds):
            if started.poll() is not None or time.monotonic() > limit:
                raise SystemExit(f"{server.name} did not start; the end of its log:\n{log.read_text()[-2_000:]}")
            time.sleep(0.25)
        yield process
    finally:
        family = [process, *process.children(recursive=True)] if started.poll() is None else []
        started.terminate()
        _, alive = psutil.wait_procs(family, _STOP_SECONDS)
        for one in alive:
            with suppress(psutil.NoSuchProcess):
                one.kill()
        started.wait()


def _cpu_seconds(process: psutil.Process) -> float:
    used = [one.cpu_times() for one in (process, *process.children(recursive=True))]
    return float(sum(times.user + times.system for times in used))


def summary(
    rounds: list[dict[str, Measured]], options: argparse.Namespace, borrowers: list[BorrowerBodies]
) -> dict[str, Any]:
    """Return the figures over all rounds, ready for JSON."""
    figures: dict[str, Any] = {}
    for name in rounds[0]:
        for q in (50, 99):
            figures[f"{name}_p{q}_ms"] = round(median(of[name].offered.percentile(q) for of in rounds), 2)
        figures[f"{name}_cpu_ms"] = round(median(of[name].cpu_ms for of in rounds), 2)
    errors = {name: sum(sum(of[name].offered.errors.values()) for of in rounds) for name in rounds[0]}
    return {
        **figures,
        "ratio_bare": round(figures["ours_p99_ms"] / figures["bare_p99_ms"], 2),
        "errors": sum(errors.values()),
        "errors_by_server": errors,
        "unsent_by_server": {name: sum(of[name].offered.unsent for of in rounds) for name in rounds[0]},
        "rate": options.rate,
        "seconds": options.seconds,
        "connections": options.connections,
        "cores": os.cpu_count(),
        "bodies_mean_bytes": round(sum(len(one.rows) for one in borrowers) / len(borrowers)),
        "rounds": [{name: one.figures() for name, one in of.items()} for of in rounds],
    }


def main() -> None:
    """Run the benchmark and print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=float, default=100, help="requests a second (default 100)")
    parser.add_argument("--seconds", type=float, default=30, help="seconds of load a server and round (default 30)")
    parser.add_argument("--rounds", type=int, default=3, help="times all three are measured (default 3)")
    parser.add_argument("--connections", type=int, default=64, help="connections kept open (default 64)")
    parser.add_argument(
        "--model", type=Path, default=ROOT / "models" / "demo", help="model folder (default models/demo)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    # Exit on SIGTERM, so that the servers are stopped too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    console, progress = Console(), Console(stderr=True)
    with tempfile.TemporaryDirectory(prefix="risk-warning-benchmark-", ignore_cleanup_errors=True) as folder:
        scratch = Path(folder)
        model = load(options.model)
        borrowers = borrower_bodies(BORROWERS, model, scratch / "book")
        three = servers(options.model.resolve(), model, borrowers, scratch)
        rounds: list[dict[str, Measured]] = []
        for number in range(1, options.rounds + 1):
            rounds.append({})
            for server in three:
                rounds[-1][server.name] = one = measured(server, options, scratch)
                p50, p99 = one.offered.percentile(50), one.offered.percentile(99)
                progress.print(f"round {number} of {options.rounds}: {server.name} p50 {p50:.2f} ms, p99 {p99:.2f} ms")
    figures = summary(rounds, options, borrowers)
    if options.json:
        print(json.dumps(figures, indent=1))
        return
    title = f"{options.rate:g} requests/s, {figures['bodies_mean_bytes']:,} bytes a body, {figures['cores']} cores"
    table = Table("", "p50 ms", "p99 ms", "processor ms a request", "errors", "never sent", title=title)
    for name in rounds[0]:
        table.add_row(
            name,
            *(f"{figures[f'{name}_{what}_ms']:.2f}" for what in ("p50", "p99", "cpu")),
            str(figures["errors_by_server"][name]),
            str(figures["unsent_by_server"][name]),
        )
    console.print(table)
    print(f"p99: ours / bare {figures['ratio_bare']}")


if __name__ == "__main__":
    main()
