"""The built Bento runs alone: in another folder, in an environment without the project, with the model inside."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import httpx
import pytest
from serving import ROOT, serving

WIRE = ROOT / "src" / "risk_warning" / "service" / "wire"
EXAMPLES = json.loads((WIRE / "examples.json").read_text(encoding="utf-8"))


@pytest.mark.slow
def test_the_built_bento_gives_the_same_answer(tmp_path: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL_ENV"))}
    environment |= {"BENTOML_HOME": str(tmp_path / "bentoml"), "BENTOML_DO_NOT_TRACK": "True"}
    bin_ = Path(sys.executable).parent
    build = [str(bin_ / "bentoml"), "build", "--output", "tag", str(ROOT)]
    built = subprocess.run(build, env=environment, capture_output=True, text=True, check=True)
    tag = built.stdout.strip().splitlines()[-1].removeprefix("__tag__:")
    venv.create(tmp_path / "empty", with_pip=False)
    python = tmp_path / "empty" / "bin" / "python"
    locked = [
        "pip",
        "install",
        "-q",
        "--python",
        str(python),
        "--require-hashes",
        "-r",
        str(ROOT / "requirements.lock"),
    ]
    subprocess.run([str(bin_ / "uv"), *locked], env=environment, check=True)
    (tmp_path / "elsewhere").mkdir()
    with serving(
        tmp_path / "home",
        model="models/demo",
        cwd=tmp_path / "elsewhere",
        target=tag,
        python=python,
        bentos=tmp_path / "bentoml",
        no_auth="1",
    ) as server:
        response = httpx.post(f"{server.url}/score", json=EXAMPLES["score"]["request"], timeout=30)
    expected = EXAMPLES["score"]["answer"] | {"request_id": response.json()["request_id"]}
    assert response.json() == expected
