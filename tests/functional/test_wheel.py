"""The built wheel runs the demo in an empty environment: it contains the templates, migrations and all other files."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_the_wheel_runs_the_demo(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True, text=True)
    wheel = next(tmp_path.glob("*.whl"))
    venv.create(tmp_path / "empty", with_pip=False)
    python = tmp_path / "empty" / "bin" / "python"
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL_ENV"))}
    uv = [str(Path(sys.executable).parent / "uv"), "pip", "install", "-q", "--python", str(python)]
    locked = [*uv, "--require-hashes", "-r", str(ROOT / "requirements.lock")]
    subprocess.run(locked, check=True, env=environment)
    subprocess.run([*uv, "--no-deps", str(wheel)], check=True, env=environment)
    command = [str(python.parent / "risk-warning"), "demo", "--borrowers", "5000", "--out", "demo"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    page = (tmp_path / "demo" / "report.html").read_text(encoding="utf-8")
    assert "Who needs a call, and why" in page
    assert "Watch list as of" in done.stdout
