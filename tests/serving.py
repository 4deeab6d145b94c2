"""A real process of the service: `bentoml serve` on a free port, as an operator starts it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

ROOT = Path(__file__).parents[1]
START_SECONDS = 90


@dataclass(frozen=True)
class Server:
    """A running service."""

    url: str
    port: int
    home: Path
    log: Path
    process: subprocess.Popen[bytes]

    def stop(self, *, everybody: bool = False) -> int:
        """Send SIGTERM to the process, or also to its children, as systemd does by default; return the exit code."""
        started = psutil.Process(self.process.pid).children(recursive=True) if everybody else []
        for process in (self.process, *started):
            process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


@contextmanager
def serving(
    home: Path,
    *,
    model: str,
    cwd: Path = ROOT,
    target: str = ".",
    python: Path = Path(sys.executable),
    bentos: Path | None = None,
    **settings: str,
) -> Iterator[Server]:
    """Run the service, which must stop cleanly; `settings` are further RISK_WARNING_ variables."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home.mkdir(parents=True, exist_ok=True)
    kept = "RISK_WARNING_AUDIT__KEY_FILE"
    environment = {k: v for k, v in os.environ.items() if k == kept or not k.startswith("RISK_WARNING_")}
    environment |= {
        "RISK_WARNING_HOME": str(home),
        "RISK_WARNING_MODEL": model,
        "BENTOML_HOME": str(bentos or home / "bentoml"),
        **{f"RISK_WARNING_{name.upper()}": value for name, value in settings.items()},
    }
    bentoml = str(python.parent / "bentoml")
    log = home / f"serve-{port}.log"
    with log.open("wb") as written:
        command = [bentoml, "serve", target, "--host", "127.0.0.1", "--port", str(port)]
        process = subprocess.Popen(
            command, cwd=cwd, env=environment, stdout=written, stderr=subprocess.STDOUT, start_new_session=True
        )
        server = Server(f"http://127.0.0.1:{port}", port, home, log, process)
        try:
            _wait_until_ready(server)
            yield server
            if process.poll() is None:
                assert server.stop() == 0, log.read_text()
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _wait_until_ready(server: Server) -> None:
    for _ in range(START_SECONDS * 5):
        try:
            if httpx.get(f"{server.url}/readyz", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            pass
        assert server.process.poll() is None, server.log.read_text()
        time.sleep(0.2)
    raise AssertionError(f"not ready after {START_SECONDS} s:\n{server.log.read_text()}")
